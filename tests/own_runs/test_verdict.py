"""Words follow from the numbers: what moves before its rivals, and what may be concluded."""

from dataclasses import replace
from functools import cache

import pytest
from synthetic import own_run
from synthetic.own_run import AHEAD, CHECKPOINTS, SHUFFLED, WITH_CONTROL

from emergence.own_runs.findings import Findings, analyse_tables
from emergence.own_runs.verdict import Conclusion, as_text, conclude

pytestmark = pytest.mark.long


@cache
def analysed(groups: tuple[str, ...] = (), at: int = CHECKPOINTS) -> Findings:
    """A run with planted precursors; or with these groups alone, which jump at one checkpoint."""
    jumps = dict.fromkeys(groups, at) or WITH_CONTROL
    control = [SHUFFLED] if SHUFFLED in jumps else []
    return analyse_tables(own_run.measures(jumps), own_run.scores(jumps), control=control)


@cache
def several(runs: int) -> Findings:
    """The planted run with so many seeds."""
    seeds = {f"seed{seed}": seed for seed in range(runs)}
    measures, scores = own_run.measures(WITH_CONTROL, seeds), own_run.scores(WITH_CONTROL, list(seeds))
    return analyse_tables(measures, scores, control=[SHUFFLED])


def conclusions(findings: Findings) -> dict[str, Conclusion]:
    return {one.measure: one for one in conclude(findings)}


@pytest.mark.parametrize("runs", [1, 6])
def test_what_moves_at_one_time_in_all_groups_announces_none(runs: int) -> None:
    common = conclusions(several(runs))["hessian"]
    assert (common.leads, common.events, common.ahead["placebo"]) == (3 * runs, 3 * runs, 0.0)
    assert not common.announces
    assert "but moves together with the curves of groups that emerge later (needed: 2 before)" in common.text
    assert common.text.endswith(": no evidence of announcement.")


@pytest.mark.parametrize(("runs", "announces"), [(1, False), (5, False), (6, True)])
def test_a_true_precursor_is_one_in_enough_runs_and_not_before(runs: int, announces: bool) -> None:
    own = conclusions(several(runs))["rankme"]
    assert (own.leads, own.events) == (3 * runs, 3 * runs)
    assert set(own.ahead) == {"placebo", "control", "own score", "own loss"}
    assert min(own.ahead.values()) == pytest.approx(AHEAD, abs=1)
    assert own.announces == announces, own.text
    said = "it announces emergence." if announces else "at least 6 are needed."
    assert own.text.endswith(said)


@pytest.mark.parametrize(
    ("mean", "half", "said"), [(5.0, 20.0, "undecided"), (1.0, 0.5, "it does not announce emergence")]
)
def test_a_verdict_is_that_of_the_interval_over_runs(mean: float, half: float, said: str) -> None:
    findings = several(6)
    columns = {"difference": mean, "difference_low": mean - half, "difference_high": mean + half}
    own = conclusions(replace(findings, differences=findings.differences.assign(**columns)))["rankme"]
    assert not own.announces
    assert f"{mean} [{mean - half}, {mean + half}] evaluations before" in own.text
    assert own.text.endswith(f": {said}.")


def test_without_another_curve_nothing_tells_what_is_the_groups_own() -> None:
    own = conclusions(analysed(("add",), 30))["rankme"]
    assert own.text.endswith("there is no curve of another group or of a control to compare that with.")


def test_what_leads_nothing_is_said_to() -> None:
    assert conclusions(analysed())["loss"].text == "Own loss leads 0 of 3 events."
    nothing = conclusions(analysed(("add", "copy")))
    assert {one.text for one in nothing.values()} == {
        f"{label} could lead no event." for label in ("RankMe", "Hessian, top", "Own loss")
    }


def test_the_text_names_events_conclusions_and_limits() -> None:
    text = as_text(analysed())
    assert text.startswith("3 of 3 score curves emerge in run mine, between steps 0 and 5900:\n")
    assert "  copy (mine): at step 2950, between 2900 and 3000, 80 steps wide" in text
    assert "  shuffled (mine): no event; last score 0.00" in text
    assert "  RankMe leads 3 of 3 events, and moves 5" in text
    assert "One run: rates have no interval" in text


def test_what_is_learned_at_the_start_has_no_event_between_evaluations() -> None:
    assert "  add (mine): learned at the first evaluation, step 0" in as_text(analysed(("add",), 0))


def test_the_text_is_short_and_harmless_whatever_the_names() -> None:
    names = [f"\x1b[31mgroup\n{'x' * 200}{number}" for number in range(30)]
    text = as_text(analysed(tuple(names), 20))
    assert len(text.splitlines()) <= 25
    assert "… and 24 more score curves" in text
    assert all(letter.isprintable() for line in text.splitlines() for letter in line)
