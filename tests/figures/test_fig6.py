"""Figure 6: strengths of networks and theory, and the ratios of their crossings, are those of the tables."""

from functools import cache

import numpy as np
import pandas as pd
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
)  # fmt: skip
from synthetic.random_tables import random_table

from emergence.analysis.select import select
from emergence.figures import fig6
from emergence.schemas.parity import CROSSINGS, CURVES

AXES = ["step", "samples", "width"]
LAWS = {
    "step": [("fitted", "sigmoid"), ("published", "sigmoid")],
    "samples": [("fitted", "linear"), ("fitted", "published"), ("published", "published")],
    "width": [("fitted", "linear"), ("published", "linear")],
}


def curves(skills: list[int]) -> pd.DataFrame:
    """Strengths of networks and of every law of an axis."""
    kinds = [(axis, kind) for axis in AXES for kind in [("network", None), *LAWS[axis]]]
    rows = [
        random_table(CURVES, axis=axis, skill=skills, x=[1.0, 10.0, 100.0], source=source, law=law)
        for axis, (source, law) in kinds
    ]
    apart = [table.assign(strength=table["strength"] * 1.1**number) for number, table in enumerate(rows)]
    return pd.concat(apart, ignore_index=True)  # random tables of one schema are the same


def crossings(skills: list[int]) -> pd.DataFrame:
    """Crossings of networks and of every law of an axis."""
    kinds = [(axis, kind) for axis in AXES for kind in [("network", None), *LAWS[axis]]]
    rows = [
        random_table(CROSSINGS, axis=axis, skill=skills, share=[0.5, 0.05], source=source, law=law)
        for axis, (source, law) in kinds
    ]
    apart = [table.assign(value=table["value"] * 1.1**number) for number, table in enumerate(rows)]
    return pd.concat(apart, ignore_index=True)


CURVE_ROWS, CROSSING_ROWS = curves([1, 2]), crossings([1, 2])


@cache
def drawn() -> list[Axes]:
    return panels(fig6.plot(CURVE_ROWS, CROSSING_ROWS))


@pytest.mark.long
@pytest.mark.parametrize("place", range(3))
def test_networks_are_bands_and_laws_lines(place: int) -> None:
    axes = drawn()[place]
    for skill in (1, 2):
        of_skill = select(CURVE_ROWS, axis=AXES[place], skill=skill)
        network = select(of_skill, source="network")
        assert_line(axes, network["x"], network["strength"])
        edges = network["strength"] - network["spread"], network["strength"] + network["spread"]
        assert_band(axes, network["x"], *edges)
        for source, law in LAWS[AXES[place]]:
            rows = select(of_skill, source=source, law=law)
            assert_line(axes, rows["x"], rows["strength"])


@pytest.mark.parametrize("place", range(3))
def test_crossings_are_over_those_of_each_law(place: int) -> None:
    axes, rows, laws = drawn()[3 + place], select(CROSSING_ROWS, share=0.5), LAWS[AXES[place]]
    network = select(rows, axis=AXES[place], source="network")
    for number, (source, law) in enumerate(laws):
        theory = select(rows, axis=AXES[place], source=source, law=law)["value"].to_numpy()
        x = np.array([1, 2]) + 0.16 * (number - (len(laws) - 1) / 2)
        assert_points(axes, x, network["value"] / theory)
        assert_intervals(axes, x, network["low"] / theory, network["high"] / theory, vertical=True)
    assert_guides(axes, [1.0], on="y")


def test_networks_without_spread_or_fit_are_drawn_with_the_published_laws() -> None:
    unfitted = CURVE_ROWS[CURVE_ROWS["source"] != "fitted"].assign(spread=np.nan)
    passed = CROSSING_ROWS[CROSSING_ROWS["source"] != "fitted"].assign(low=np.nan, high=np.nan)
    axes, *_ = panels(fig6.plot(unfitted, passed))
    assert len(axes.lines) == 4


@pytest.mark.long
def test_every_skill_is_in_the_legend() -> None:
    many = list(range(1, 8))
    assert [f"skill {skill}" for skill in many] == legend(fig6.plot(curves(many), crossings(many)))[:7]
