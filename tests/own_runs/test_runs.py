"""Names, replicates, steps and series of one's own runs."""

import numpy as np
import pytest
from synthetic import own_run
from synthetic.own_run import CHECKPOINTS, EVERY, SEEDS, STEPS

from emergence.config.defaults import default_protocol
from emergence.io.tables import TableError
from emergence.own_runs.runs import FLOOR_SHARE, choose_signals, prepare_runs
from emergence.own_runs.scores import ScoreError
from emergence.tasks.symbols import CONTROL


def test_runs_of_one_seed_are_replicates() -> None:
    runs = dict.fromkeys(SEEDS, 0)
    prepared = prepare_runs(own_run.measures(runs=runs), own_run.scores(runs=list(runs)))
    assert prepared.scores.groupby("run")["seed"].first().to_dict() == {"one": 1, "two": 2, "three": 3}
    assert prepared.measures.groupby("run")["seed"].first().to_dict() == {"one": 1, "two": 2, "three": 3}
    assert prepared.numbered == ["one", "two", "three"]


def test_runs_of_other_seeds_or_sizes_keep_theirs() -> None:
    measures = own_run.measures(runs={"one": 7, "two": 9, "large": 7})
    measures.loc[measures["run"] == "large", "size"] = "GPT2-large"
    prepared = prepare_runs(measures, own_run.scores(runs=["one", "two", "large"]))
    assert prepared.scores.groupby("run")["seed"].first().to_dict() == {"one": 7, "two": 9, "large": 7}
    assert prepared.numbered == []


def test_evaluations_count_where_all_groups_have_a_score() -> None:
    scores = own_run.scores()
    few = scores[(scores["task"] != "add") | (scores["step"] % 200 == 0)]
    prepared = prepare_runs(own_run.measures(), few)
    assert prepared.unused["mine"] == list(range(100, CHECKPOINTS * EVERY, 200))
    assert sorted(set(prepared.scores["step"])) == list(range(0, CHECKPOINTS * EVERY, 200))


def test_the_floor_is_sought_in_a_share_of_the_run_or_where_the_user_says() -> None:
    late = own_run.measures(only=["rankme"]).assign(step=lambda rows: rows["step"] + 10_000)
    scores = own_run.scores().assign(step=lambda rows: rows["step"] + 10_000)
    last = STEPS[-1]
    assert prepare_runs(late, scores).protocol.collapse.floor_until == 10_000 + FLOOR_SHARE * last
    assert prepare_runs(late, scores, floor_until=10_500).protocol.collapse.floor_until == 10_500


def test_the_protocol_is_that_of_the_studies_but_for_the_floor() -> None:
    prepared = prepare_runs(own_run.measures(), own_run.scores())
    until = prepared.protocol.collapse.floor_until
    expected = default_protocol()
    assert prepared.protocol == expected.model_copy(
        update={"collapse": expected.collapse.model_copy(update={"floor_until": until})}
    )


def test_a_series_is_chosen_by_the_variants_that_exist() -> None:
    rows = own_run.measures()
    own = rows.assign(
        variant=rows["variant"].replace({"known": "own"}), measure=rows["measure"].replace({"hessian": "mine"})
    )
    signals = choose_signals(own)
    assert (signals["loss"].variant, signals["loss"].scale) == ("own", "falling")
    assert (signals["mine"].variant, signals["mine"].scale) == ("top", "linear")
    assert list(signals) == ["rankme", "loss", "mine"]


@pytest.mark.parametrize(
    ("control", "tasks", "message"),
    [
        (["none"], {}, "control 'none': .*add, copy, sort"),
        ([], {"add": CONTROL}, rf"\b{CONTROL}\b.*controls"),
    ],
)
def test_groups_that_cannot_be_told_apart_are_refused(control: list[str], tasks: dict[str, str], message: str) -> None:
    measures, scores = (
        table.assign(task=table["task"].replace(tasks)) for table in (own_run.measures(), own_run.scores())
    )
    with pytest.raises(ScoreError, match=message):
        prepare_runs(measures, scores, control)


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_measures_without_a_value_are_refused(value: float) -> None:
    with pytest.raises(TableError, match=r"^measures: .*finite"):
        prepare_runs(own_run.measures().assign(value=value), own_run.scores())


def test_an_infinite_value_is_unknown() -> None:
    measures = own_run.measures()
    measures.loc[measures["step"] == 1200, "value"] = np.inf
    rows = prepare_runs(measures, own_run.scores()).measures
    assert set(rows.loc[rows["value"].isna(), "step"]) == {1200}


def test_scores_of_each_run_are_asked_for() -> None:
    measures = own_run.measures(runs=SEEDS)
    with pytest.raises(ScoreError, match=r"no column run\b.*\b3\b"):
        prepare_runs(measures, own_run.scores())
    with pytest.raises(ScoreError, match=r"run 'four' .*measured"):
        prepare_runs(measures, own_run.scores(runs=[*SEEDS, "four"]))
    with pytest.raises(ScoreError, match="scores of run 'three'"):
        prepare_runs(measures, own_run.scores(runs=["one", "two"]))
