"""Paired arms on synthetic learners whose events a rank causes, or does not."""

import numpy as np
import pandas as pd
import pytest
from synthetic.arm_tables import CAUSED, arm_runs

from emergence.analysis.intervals import student_mean
from emergence.analysis.interventions.arms import (
    compare_arms,
    emerged_in_both,
    find_arm_events,
    lowest_ranks,
    mean_curves,
    pair_ratios,
)
from emergence.config.protocol import Events, Statistics

EVENTS = Events(detector="threshold", threshold=0.5, persistence=3, smoothing=3, penalty=3.0, width=[0.1, 0.9])


def effects(runs: pd.DataFrame, statistics: Statistics) -> pd.DataFrame:
    every = compare_arms(runs, find_arm_events(runs, EVENTS), statistics)
    return every[every["size"] == "all"].set_index(["arm", "against"])


@pytest.mark.long
@pytest.mark.parametrize("planted", [{}, CAUSED])
def test_ratios_are_those_that_were_planted(planted: dict[str, float], statistics: Statistics) -> None:
    table = effects(arm_runs(planted), statistics)
    for arm in ("prevent", "deepen", "earlier", "later", "sham"):
        row = table.loc[arm, "plain"]
        assert row["ratio"] == pytest.approx(planted.get(arm, 1.0), rel=0.06)
        assert row["low"] < row["ratio"] < row["high"]
        assert (row["pairs"], row["censored"]) == (5, 0)
    between = table.loc["prevent", "sham"]["ratio"]
    assert between == pytest.approx(planted.get("prevent", 1.0) / planted.get("sham", 1.0), rel=0.06)


def test_events_of_both_arms_are_those_of_the_same_run_task_and_level() -> None:
    events = pd.DataFrame(
        [
            {"run": "a", "task": "COPY", "level": "1", "arm": "plain", "emerged": True, "step": 10.0},
            {"run": "a", "task": "COPY", "level": "1", "arm": "late", "emerged": True, "step": 20.0},
            {"run": "a", "task": "REV", "level": "1", "arm": "plain", "emerged": True, "step": 30.0},
            {"run": "a", "task": "REV", "level": "1", "arm": "late", "emerged": False, "step": 90.0},
            {"run": "b", "task": "COPY", "level": "1", "arm": "late", "emerged": True, "step": 40.0},
        ]
    )
    joined = emerged_in_both(events, "late", "plain")
    assert joined[["run", "task", "step", "step_in_arm"]].values.tolist() == [["a", "COPY", 10.0, 20.0]]


def test_curves_of_a_run_are_means_over_task_levels() -> None:
    runs = pd.DataFrame(
        {"arm": "plain", "seed": [1, 1, 2], "step": 5, "task": ["A", "B", "A"], "value": [1.0, 2.0, 4.0]}
    )
    assert mean_curves(runs)[["seed", "value"]].values.tolist() == [[1, 1.5], [2, 4.0]]


@pytest.mark.long
def test_an_interval_covers_the_planted_ratio_as_often_as_it_says(statistics: Statistics) -> None:
    """Student's interval over three pairs, in thirty studies."""
    rng, hits = np.random.default_rng(3), 0
    for _ in range(30):
        rows = [
            {"run": f"a-s{seed}", "size": "a", "task": task, "level": "1", "emerged": True, "arm": arm,
             "step": 100 * ratio * np.exp(rng.normal(0, 0.1))}
            for seed in range(3) for task in ("COPY", "REV") for arm, ratio in (("plain", 1.0), ("prevent", 0.8))
        ]  # fmt: skip
        mean = student_mean(pair_ratios(pd.DataFrame(rows), "prevent", "plain")["log_ratio"], statistics.confidence)
        hits += mean.low <= np.log(0.8) <= mean.high
    assert 25 <= hits <= 30


@pytest.mark.long
def test_an_event_in_one_arm_alone_enters_with_the_last_step(statistics: Statistics) -> None:
    runs = arm_runs({"deepen": 10.0}, noise=0.0)
    events = find_arm_events(runs, EVENTS)
    assert not events[events["arm"] == "deepen"]["emerged"].any()
    assert (events[events["arm"] == "deepen"]["step"] == 300).all()
    pairs = pair_ratios(events, "deepen", "plain")
    expected = np.log(300 / events[events["arm"] == "plain"].groupby("task")["step"].first()).mean()
    np.testing.assert_allclose(pairs["log_ratio"], expected, rtol=1e-6)
    assert (pairs["censored"] == 2).all()
    assert effects(runs, statistics).loc["deepen", "plain"]["censored"] == 10


def test_what_emerges_in_neither_arm_is_left_out() -> None:
    runs = arm_runs({})
    never = runs.assign(value=runs["value"].where((runs["task"] != "SORT") | (runs["quantity"] == "baseline"), 0.0))
    pairs = pair_ratios(find_arm_events(never, EVENTS), "prevent", "plain")
    assert (pairs["events"] == 1).all()


@pytest.mark.long
def test_an_arm_that_diverged_is_counted(statistics: Statistics) -> None:
    runs = arm_runs({})
    end = runs.head(1).assign(arm="deepen", quantity="diverged", value=np.nan, step=30)
    table = effects(pd.concat([runs, end], ignore_index=True), statistics)
    assert table.loc["deepen", "plain"]["diverged"] == 1
    assert table.loc["prevent", "plain"]["diverged"] == 0


def test_the_lowest_rank_is_relative_to_the_first() -> None:
    lowest = lowest_ranks(arm_runs({})).groupby("arm")["lowest"].mean()
    assert (lowest["prevent"], lowest["deepen"], lowest["plain"]) == pytest.approx((0.9, 0.2, 0.5))
