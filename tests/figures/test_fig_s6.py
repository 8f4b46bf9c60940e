"""Figure S6: strengths of both models and the ratios of stage-like training are those of the tables."""

import numpy as np
import pandas as pd
import pytest
from support.drawn_marks import (
    assert_band,
    assert_guides,
    assert_intervals,
    assert_line,
    assert_points,
    assert_zone,
    legend,
    panels,
    texts,
)  # fmt: skip
from synthetic.random_tables import random_table

from emergence.analysis.select import select
from emergence.figures import fig_s6
from emergence.schemas.parity import MODEL_STRENGTHS, STAGING

STEPS = [1, 10, 100]
TRAINED = random_table(
    MODEL_STRENGTHS, model=["multilinear", "linear"], slower=[1, 10], samples=None, seed=[1, 2, 3], skill=[1, 2],
    step=[0, *STEPS],
)  # fmt: skip
TRAINED["closed"] = TRAINED["skill"] / (1.0 + TRAINED["step"])  # the same for all seeds
BEGUN = random_table(STAGING, source=["multilinear", "linear", "network"], skill=[1, 2, 3])


@pytest.mark.parametrize(("place", "model"), [(0, "multilinear"), (1, "linear")])
def test_strengths_are_ranges_over_seeds_and_closed_forms(place: int, model: str) -> None:
    axes = panels(fig_s6.plot(TRAINED, BEGUN))[place]
    assert model in axes.get_title().split()
    for skill in (1, 2):
        rows = select(TRAINED, model=model, slower=1, skill=skill)
        values = np.array([select(rows, step=step)["strength"] for step in STEPS], dtype=float)
        assert_line(axes, STEPS, values.mean(axis=1))
        assert_band(axes, STEPS, values.min(axis=1), values.max(axis=1))
        assert_line(axes, STEPS, skill / (1.0 + np.array(STEPS)))


def test_ratios_have_intervals_of_networks() -> None:
    axes = panels(fig_s6.plot(TRAINED, BEGUN))[2]
    for source in ("multilinear", "linear", "network"):
        rows = select(BEGUN, source=source)
        assert_points(axes, rows["skill"], rows["ratio"])
        assert_intervals(axes, rows["skill"], rows["low"], rows["high"], vertical=True)


@pytest.mark.parametrize("factor", [1, 10], ids=["highest below 1", "highest above 2"])
def test_training_is_stage_like_from_one_to_the_top_of_the_panel(factor: int) -> None:
    ends = {name: BEGUN[name] * factor for name in ("ratio", "low", "high")}
    axes = panels(fig_s6.plot(TRAINED, BEGUN.assign(**ends)))[2]
    assert_zone(axes, 1, axes.get_ylim()[1], on="y")
    assert_guides(axes, [1.0], on="y")
    assert texts(axes) == ["stage-like"]


def test_without_networks_theory_stands_alone() -> None:
    theory = select(BEGUN, source=["multilinear", "linear"]).assign(low=np.nan, high=np.nan)
    axes = panels(fig_s6.plot(TRAINED, pd.DataFrame(theory)))[2]
    assert legend(axes) == ["multilinear, theory", "linear, theory"]
