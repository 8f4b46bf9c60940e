"""Figure S10: losses, ratios, shots, seeds and weights are those of the tables; what was not run says so."""

import numpy as np
import pytest
from matplotlib.axes import Axes
from support.drawn_marks import (
    assert_band,
    assert_guides,
    assert_intervals,
    assert_line,
    assert_points,
    legend,
    panels,
    texts,
)  # fmt: skip
from synthetic.random_tables import random_table

from emergence.analysis.select import select
from emergence.figures import fig_s10
from emergence.schemas.parity import COMPARISONS, NETWORK_EXPONENTS, NETWORK_LOSSES, SHOTS, SWEEP
from emergence.schemas.trajectories import MEASURE

AXES, STEPS = ["step", "samples"], [0, 100, 200]
LOSSES = random_table(NETWORK_LOSSES, axis=AXES, skills=[5, 10], x=[10.0, 100.0, 1000.0])
LOSSES[["low", "high"]] = np.sort(LOSSES[["low", "high"]], axis=1)  # a band has a lower and an upper edge
FITS = random_table(NETWORK_EXPONENTS, axis=AXES, skills=[5, 10], part="all", start=20.0, end=500.0, expected=-0.375)
RATIOS = random_table(COMPARISONS, quantity="crossing", axis=["step", "width"], law="sigmoid", skill=[1, 2, 3])
DC = random_table(SHOTS, law=["published", "linear"], width=[250, 500])
SEEDS = random_table(SWEEP, seed=[1, 2], width=10, step=[0, 10], skill=[1, 2, 3], samples=None)
BALANCE = random_table(MEASURE, run=["small-s1", "small-s2"], step=STEPS, variant=["norm", "difference", "imbalance"])


def drawn(shots: object = DC, seeds: object = SEEDS) -> list[Axes]:
    return panels(fig_s10.plot(LOSSES, FITS, RATIOS, shots, seeds, BALANCE, 10))  # type: ignore[arg-type]


@pytest.mark.long
@pytest.mark.parametrize("place", [0, 1])
def test_losses_stand_beside_theory_and_law(place: int) -> None:
    axes = drawn()[place]
    assert {"5 skills", "10 skills", "closed form"} <= {*legend(axes)}
    for skills in (5, 10):
        rows = select(LOSSES, axis=AXES[place], skills=skills)
        assert_line(axes, rows["x"], rows["value"])
        assert_line(axes, rows["x"], rows["closed"])
        assert_band(axes, rows["x"], rows["low"], rows["high"])
        x = np.geomspace(20.0, 500.0, 20)
        assert_line(axes, x, np.interp(20.0, rows["x"], rows["closed"]) * (x / 20.0) ** -0.375)


def test_ratios_and_shots_have_intervals() -> None:
    of_time, published = select(RATIOS, axis="step"), select(DC, law="published")
    _, _, ratios, shots, *_ = drawn()
    assert_points(ratios, of_time["skill"], of_time["value"])
    assert_intervals(ratios, of_time["skill"], of_time["low"], of_time["high"], vertical=True)
    assert_guides(ratios, [1.0], on="y")
    assert_points(shots, published["value"], range(2))
    assert_intervals(shots, range(2), published["low"], published["high"])


def test_each_seed_is_a_line_at_the_last_step() -> None:
    for seed in (1, 2):
        rows = select(SEEDS, seed=seed, step=10)
        assert_line(drawn()[4], rows["skill"], rows["strength"])


@pytest.mark.long
def test_weights_have_their_range_over_runs() -> None:
    for variant in ("norm", "difference"):
        rows = select(BALANCE, variant=variant)
        values = np.array([select(rows, step=step)["value"] for step in STEPS], dtype=float)
        assert_line(drawn()[5], STEPS, values.mean(axis=1))
        assert_band(drawn()[5], STEPS, values.min(axis=1), values.max(axis=1))
    assert_guides(drawn()[5], [0.0], on="y")


def test_what_was_not_run_says_so() -> None:
    axes = drawn(DC.head(0), SEEDS.head(0))
    assert texts(axes[3]) == ["not run"]
    assert texts(axes[4]) == ["no networks of width 10"]
