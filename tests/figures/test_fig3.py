"""Figure 3: maps, collapse steps and shares are those of the tables."""

from functools import cache

import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.collections import QuadMesh
from support.drawn_marks import assert_guides, assert_intervals, assert_line, assert_points, panels
from synthetic.random_tables import random_table

from emergence.analysis.select import select
from emergence.figures import fig3
from emergence.schemas.analysis import DIRECTION, DIRECTION_SHARES
from emergence.schemas.trajectories import MEASURE

STEPS, SIZES, TASKS = [0, 10, 100], ["small", "large"], ["ADD", "MOD"]
TITLES = ["small (14K)", "large (203K)"]
MEASURES = random_table(
    MEASURE, task=[*TASKS, "CTL"], run=["small-s1", "small-s2", "large-s1"], layer=[0, 1, 2], step=[*STEPS, 1000],
    variant="drawn",
)  # fmt: skip
MEASURES["value"] = 1 + 9 * MEASURES["value"]
UNITS = random_table(DIRECTION, task=TASKS, size=SIZES, layer=[0, 1, 2])
SHARES = random_table(DIRECTION_SHARES, size=["all", *SIZES], statistic=["last_first", "downward"])


@cache
def drawn() -> list[Axes]:
    return panels(fig3.plot(MEASURES, UNITS, SHARES, "drawn", 100))


@pytest.mark.parametrize("place", range(len(SIZES)))
def test_maps_are_geometric_means_relative_to_step_0(place: int) -> None:
    (mesh,) = [part for part in drawn()[place].collections if isinstance(part, QuadMesh)]
    rows = select(MEASURES, size=SIZES[place], task=TASKS)
    curves = np.array([[select(rows, layer=layer, step=step)["value"] for step in STEPS] for layer in range(3)])
    expected = np.exp((np.log(curves.astype(float)) - np.log(curves[:, :1].astype(float))).mean(axis=-1))
    assert np.asarray(mesh.get_array()) == pytest.approx(expected)
    edges = np.asarray(mesh.get_coordinates())
    assert edges[0, 1:-1, 0] == pytest.approx([5, 55]), "half-way between steps"
    assert edges[:, 0, 1] == pytest.approx([-0.5, 0.5, 1.5, 2.5])
    assert drawn()[place].get_title() == TITLES[place]


@pytest.mark.parametrize("place", range(len(SIZES)))
def test_collapse_steps_have_their_quartiles(place: int) -> None:
    axes = drawn()[len(SIZES) + 1 + place]  # the bar of colours is between
    for number, task in enumerate(TASKS):
        rows = select(UNITS, size=SIZES[place], task=task)
        layers = rows["layer"] + 0.05 * (number - 0.5)
        assert_line(axes, layers, rows["collapse_step"])
        assert_intervals(axes, layers, rows["low"], rows["high"], vertical=True)
    assert axes.get_title() == TITLES[place]


def test_shares_stand_beside_chance() -> None:
    for statistic, shift in (("last_first", -0.12), ("downward", 0.12)):
        rows = select(SHARES, statistic=statistic, size=SIZES)
        assert_points(drawn()[-1], np.arange(2) + shift, rows["share"])
        assert_intervals(drawn()[-1], np.arange(2) + shift, rows["low"], rows["high"], vertical=True)
        assert_guides(drawn()[-1], [rows["chance"].iloc[0]], on="y")
