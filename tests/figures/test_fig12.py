"""Figure 12: curves of arms, paired events and ratios are those of the tables."""

from functools import cache

import numpy as np
from matplotlib.axes import Axes
from support.drawn_marks import (
    assert_band,
    assert_diagonal,
    assert_guides,
    assert_intervals,
    assert_line,
    assert_points,
    assert_zone,
    names,
    panels,
    texts,
)  # fmt: skip
from synthetic.random_tables import random_table

from emergence.analysis.select import select
from emergence.figures import fig12
from emergence.schemas.interventions import ARM_EFFECTS, ARM_EVENTS, ARM_RUNS

STEPS, PAIRS, ARMS = [0, 10, 20], ["small-s1", "small-s2"], ["plain", "prevent", "deepen", "sham", "late", "later"]
RUNS = random_table(ARM_RUNS, run=[*PAIRS, "large-s1"], arm=ARMS, step=STEPS, quantity=["rank", "loss", "exact_match"])
EVENTS = random_table(ARM_EVENTS, run=PAIRS, arm=ARMS, task=["COPY", "REV"])
EFFECTS = random_table(ARM_EFFECTS, arm=ARMS[1:], against=["plain", "sham"], size=["all", "small", "large"])


@cache
def drawn() -> list[Axes]:
    return panels(fig12.plot(RUNS, EVENTS, EFFECTS, 1.1))


def test_curves_are_means_and_ranges_over_seeds_at_the_smallest_size() -> None:
    for place, quantity in enumerate(("rank", "loss", "exact_match")):
        for arm in ARMS[:-1]:
            rows = select(RUNS, size="small", arm=arm, quantity=quantity)
            values = np.array([select(rows, step=step)["value"] for step in STEPS], dtype=float)
            assert_line(drawn()[place], STEPS, values.mean(axis=1))
            assert_band(drawn()[place], STEPS, values.min(axis=1), values.max(axis=1))


def test_events_are_paired() -> None:
    for run in PAIRS:
        for task in ("COPY", "REV"):
            plain, prevented = (select(EVENTS, run=run, task=task, arm=arm)["step"] for arm in ("plain", "prevent"))
            assert_points(drawn()[3], plain, prevented)
    steps = select(EVENTS, arm=["plain", "prevent"])["step"]
    assert_diagonal(drawn()[3], steps.min(), steps.max())


def test_ratios_are_against_the_plain_arm_over_all_and_by_size() -> None:
    assert names(drawn()[4].yaxis) == [fig12.NAMES[arm] for arm in ARMS[1:]]
    for place, arm in enumerate(ARMS[1:]):
        for shift, size in ((0, "all"), (0.2, "small"), (0.4, "large")):
            row = select(EFFECTS, arm=arm, against="plain", size=size)
            assert_points(drawn()[4], row["ratio"], [place + shift])
            assert_intervals(drawn()[4], [place + shift], row["low"], row["high"])
    assert_zone(drawn()[4], 1 / 1.1, 1.1)
    assert_guides(drawn()[4], [1.0])


def test_without_events_a_panel_says_so() -> None:
    axes = panels(fig12.plot(RUNS, EVENTS.assign(emerged=False), EFFECTS, 1.1))
    assert texts(axes[3]) == ["no events"]
