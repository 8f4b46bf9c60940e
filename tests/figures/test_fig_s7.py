"""Figure S7: strengths under both optimisers and the slopes of the loss are those of the tables."""

import numpy as np
import pytest
from support.drawn_marks import assert_band, assert_line, legend, panels, texts
from synthetic.random_tables import random_table

from emergence.analysis.select import select
from emergence.figures import fig_s7
from emergence.schemas.parity import CURVES, ENTROPY, ENTROPY_SLOPES, SWEEP

STEPS = [1, 10, 100]
SGD = random_table(
    CURVES, axis=["step", "width"], skill=[1, 2], x=[0.0, *map(float, STEPS)], source="network", law=None
)
ADAM = random_table(SWEEP, sweep="adam", skill=[1, 2], seed=[1, 2, 3], step=[0, *STEPS])
LOSSES = random_table(ENTROPY, seed=[1, 2], step=[0, *STEPS])
SLOPES = random_table(ENTROPY_SLOPES, value=-0.4, predicted=-0.3, published=-0.45, start=10.0, end=100.0)


@pytest.mark.parametrize("skill", [1, 2])
def test_strengths_are_means_and_standard_deviations(skill: int) -> None:
    axes, _ = panels(fig_s7.plot(SGD, ADAM, LOSSES, SLOPES))
    sgd = select(SGD, axis="step", skill=skill).query("x > 0")
    assert_line(axes, STEPS, sgd["strength"])
    assert_band(axes, STEPS, sgd["strength"] - sgd["spread"], sgd["strength"] + sgd["spread"])
    adam = np.array([select(ADAM, skill=skill, step=step)["strength"] for step in STEPS], dtype=float)
    mean, deviation = adam.mean(axis=1), adam.std(axis=1, ddof=1)
    assert_line(axes, STEPS, mean)
    assert_band(axes, STEPS, mean - deviation, mean + deviation)


def test_slopes_go_through_the_mean_loss_where_the_fit_starts() -> None:
    _, axes = panels(fig_s7.plot(SGD, ADAM, LOSSES, SLOPES))
    for seed in (1, 2):
        rows = select(LOSSES, seed=seed).query("step > 0")
        assert_line(axes, STEPS, rows["infinite"])
    steps, start = np.geomspace(10, 100, 20), select(LOSSES, step=10)["infinite"].mean()
    for slope in (-0.4, -0.3, -0.45):
        assert_line(axes, steps, start * (steps / 10) ** slope)


def test_sweeps_that_were_not_run_are_left_out_or_say_so() -> None:
    axes, losses = panels(fig_s7.plot(SGD, ADAM.head(0), LOSSES.head(0), SLOPES.head(0)))
    assert legend(axes) == ["skill 1", "skill 2", "SGD"]
    assert texts(losses) == ["not run"]


def test_one_seed_without_a_slope_has_neither_band_nor_lines() -> None:
    one = select(ADAM, seed=1)
    axes, losses = panels(fig_s7.plot(SGD, one, LOSSES, SLOPES.assign(value=np.nan)))
    assert_line(axes, STEPS, select(one, skill=1)["strength"][1:])
    assert len(losses.lines) == 2
