"""Figure 16: curves of the largest size and ratios of steps are those of the tables."""

from functools import cache

import numpy as np
from matplotlib.axes import Axes
from support.drawn_marks import (
    assert_band,
    assert_guides,
    assert_intervals,
    assert_line,
    assert_points,
    names,
    panels,
)  # fmt: skip
from synthetic.random_tables import random_table

from emergence.analysis.select import select
from emergence.figures import fig16
from emergence.schemas.interventions import LANGUAGE_ARM_EFFECTS, LANGUAGE_ARM_RUNS

STEPS, SIZES = [0, 10, 20], ["all", "small", "large"]
RUNS = random_table(
    LANGUAGE_ARM_RUNS, run=["small-s1", "large-s1", "large-s2"], arm=["plain", "prevent"], step=STEPS,
    quantity=["rank", "loss"],
)  # fmt: skip
EFFECTS = random_table(LANGUAGE_ARM_EFFECTS, size=SIZES)


@cache
def drawn() -> list[Axes]:
    return panels(fig16.plot(RUNS, EFFECTS))


def test_curves_are_means_and_ranges_over_seeds_at_the_largest_size() -> None:
    largest = RUNS.sort_values("parameters")["size"].iloc[-1]
    for place, quantity in enumerate(fig16.LABELS):
        for arm in fig16.COLOURS:
            rows = select(RUNS, size=largest, arm=arm, quantity=quantity)
            values = np.array([select(rows, step=step)["value"] for step in STEPS], dtype=float)
            assert_line(drawn()[place], STEPS, values.mean(axis=1))
            assert_band(drawn()[place], STEPS, values.min(axis=1), values.max(axis=1))


def test_ratios_stand_by_size() -> None:
    assert names(drawn()[2].yaxis) == ["all sizes", "small", "large"]
    for place, size in enumerate(SIZES):
        row = select(EFFECTS, size=size)
        assert_points(drawn()[2], row["ratio"], [place])
        assert_intervals(drawn()[2], [place], row["low"], row["high"])
    assert_guides(drawn()[2], [1.0])
