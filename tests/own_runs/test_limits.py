"""What cannot be said is said, with the reason; and nothing is where it can be."""

import numpy as np
import pandas as pd
import pytest
from synthetic import own_run
from synthetic.own_run import CHECKPOINTS, JUMPS, SHUFFLED

from emergence.own_runs.limits import group_name, limits_of
from emergence.own_runs.runs import prepare_runs

NONE = {"add": CHECKPOINTS, "copy": CHECKPOINTS}
SIX = {f"seed{seed}": seed for seed in range(6)}


def limits(measures: pd.DataFrame, scores: pd.DataFrame, control: tuple[str, ...] = ()) -> str:
    return "\n".join(limits_of(prepare_runs(measures, scores, control)))


@pytest.mark.long
def test_enough_runs_with_a_control_and_losses_have_no_limits() -> None:
    jumps = {**JUMPS, SHUFFLED: CHECKPOINTS}
    assert limits(own_run.measures(jumps, SIX), own_run.scores(jumps, list(SIX)), (SHUFFLED,)) == ""


@pytest.mark.parametrize(
    ("jumps", "sentence"),
    [
        (NONE, "No group has an event, so nothing can lead one."),
        ({"add": 15, "copy": CHECKPOINTS}, "No event, hence no lead, where the score does not stay above 0.5: copy."),
        ({"add": 15, "copy": 57}, "Above 0.5 at the end, but for fewer than 6 evaluations: copy; train on."),
        ({"add": 15, "copy": 0}, "Above 0.5 from the first evaluation on, so nothing can precede it: copy."),
        ({"add": 15, "copy": 2}, "Less than 2 evaluations after the first, so nothing can lead it by that much: copy;"),
        ({"add": 15}, "One group, so there are no curves of others to compare with."),
        (JUMPS, "One run: rates have no interval"),
        (JUMPS, "No control to compare with."),
    ],
)
def test_events_that_are_not_there(jumps: dict[str, int], sentence: str) -> None:
    assert sentence in limits(own_run.measures(jumps), own_run.scores(jumps))


def test_few_checkpoints() -> None:
    measures, scores = own_run.measures(), own_run.scores()
    few = [scores["step"] % 1500 == 0, measures["step"] % 1500 == 0]
    said = limits(measures[few[1]], scores[few[0]])
    assert "mine has 4 evaluations of every group; an event must last for 6, so none can be found." in said
    assert (
        "Known at fewer than the 5 checkpoints that an onset must last for: RankMe (4), Hessian, top (4), own loss (4)."
        in said
    )
    single = limits(measures[measures["step"] == 1500], scores)
    assert "RankMe (1)" in single


def test_several_runs_share_a_sentence() -> None:
    runs = {"one": 1, "two": 2}
    scores = own_run.scores(runs=list(runs))
    scores.loc[(scores["task"] == "sort") & (scores["run"] == "two"), "score"] = 0.0
    said = limits(own_run.measures(runs=runs), scores)
    assert "where the score does not stay above 0.5: sort (1 of 2 runs)." in said
    assert "2 runs: intervals over fewer than 6 runs decide nothing." in said


def test_groups_and_steps_without_a_partner() -> None:
    scores = own_run.scores({"add": 15, "copy": 30, "other": 40})
    scores = scores[(scores["task"] != "add") | (scores["step"] != 300)]
    said = limits(own_run.measures(), scores[scores["step"] >= 200])
    assert "mine: scored but not measured, so nothing of their own can lead them: other." in said
    assert "mine: measured but not scored, so without events: sort." in said
    assert "mine: not all groups have a score at step 300; these evaluations do not count." in said
    assert "mine: 2 checkpoints lie before the first evaluation or after the last" in said


def test_missing_values_copies_and_curves_of_the_whole_network() -> None:
    measures = own_run.measures()
    rng = np.random.default_rng(0)
    measures["value"] += rng.normal(0, 0.01, len(measures))
    assert "copies" not in limits(measures, own_run.scores())
    first, second = measures["step"] == 700, measures["step"] == 800
    measures.loc[second, "value"] = measures.loc[first, "value"].to_numpy()
    measures.loc[(measures["measure"] == "hessian") & (measures["step"] == 900), "value"] = np.nan
    measures.loc[measures["measure"] == "hessian", "task"] = measures["task"].where(measures["task"] != "add")
    said = limits(measures, own_run.scores())
    assert "mine: the checkpoints of steps 700, 800 have the same values to the digit; are they copies?" in said
    assert "Values that are missing, and interpolated: Hessian, top (step 900)." in said


def test_the_loss_is_asked_for_and_a_whole_network_is_its_own_placebo() -> None:
    whole = own_run.measures(only=["hessian"])
    said = limits(whole[whole["task"] == "add"].assign(task=None), own_run.scores())
    assert "The loss was not measured, so nothing is compared with it." in said
    assert "One curve for the whole network, which can announce no single group: Hessian, top." in said


def test_groups_have_the_names_that_the_user_gave() -> None:
    assert [group_name("CTL", "shuffled/2"), group_name("add", "all"), group_name("add", "2")] == [
        "shuffled/2",
        "add",
        "add/2",
    ]
