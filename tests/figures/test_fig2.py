"""Figure 2: recovery curves, floors with their geometric means, and slopes with intervals are those of the tables."""

from functools import cache

import numpy as np
import pytest
from matplotlib.axes import Axes
from support.drawn_marks import (
    assert_band,
    assert_guides,
    assert_intervals,
    assert_line,
    assert_points,
    assert_zone,
    legend,
    names,
    panels,
    texts,
)  # fmt: skip
from synthetic.random_tables import PARAMETERS, random_table

from emergence.analysis.select import select
from emergence.figures import fig2, style
from emergence.schemas.analysis import COLLAPSE
from emergence.schemas.anatomy import FLOORS
from emergence.schemas.trajectories import MEASURE

STEPS, RUNS, TASKS = [0, 10, 100], ["small-s1", "small-s2", "small-s3", "large-s1"], ["ADD", "CTL", "NEW"]
MEASURES = random_table(MEASURE, task=TASKS, run=RUNS, layer=[0, 1], step=STEPS, variant=["drawn", "other"])
COLLAPSES = random_table(COLLAPSE, task=TASKS, run=RUNS, layer=[0, 1], variant=["drawn", "other"])
SLOPES = random_table(FLOORS, quantity=["floor", "depth"], task=["ADD", "NEW", "all"], method="run means")


@cache
def drawn() -> list[Axes]:
    return panels(fig2.plot(MEASURES, COLLAPSES, SLOPES, "drawn", 0.1))


@pytest.mark.parametrize("place", range(len(TASKS)))
def test_curves_are_of_the_last_layer_and_the_variant(place: int) -> None:
    axes, task = drawn()[place], TASKS[place]
    assert axes.get_title() == task
    for size in ("small", "large"):
        rows = select(MEASURES, task=task, size=size, layer=1, variant="drawn")
        values = np.array([select(rows, step=step)["value"] for step in STEPS], dtype=float)
        assert_line(axes, STEPS, values.mean(axis=1))
        assert_band(axes, STEPS, values.min(axis=1), values.max(axis=1))


def test_floors_are_of_all_tasks_but_the_control() -> None:
    axes, floors = drawn()[-2], select(COLLAPSES, layer=1, variant="drawn")
    for place, task in enumerate(["ADD", "NEW"]):
        spread = 1.045 ** (place - 0.5)
        rows = select(floors, task=task)
        assert_points(axes, rows["parameters"] * spread, rows["floor"])
        means = [np.exp(np.log(select(rows, size=size)["floor"]).mean()) for size in ("small", "large")]
        assert_line(axes, np.array([PARAMETERS["small"], PARAMETERS["large"]]) * spread, means)
    assert legend(axes) == ["ADD", "NEW", "±10% per decade"]


def test_the_wedge_changes_by_the_margin_a_decade() -> None:
    sizes = np.array([PARAMETERS["small"], PARAMETERS["large"]])
    decades = np.log10(sizes / sizes[0])
    every = select(COLLAPSES, layer=1, variant="drawn", task=["ADD", "NEW"])["floor"]
    mean = np.exp(np.log(every).mean())
    assert_band(drawn()[-2], sizes, mean * 0.9**decades, mean * 1.1**decades)


def test_slopes_have_their_intervals() -> None:
    axes, rows = drawn()[-1], select(SLOPES, quantity="floor")
    assert names(axes.yaxis) == ["ADD", "NEW", "all, run means"]
    assert_points(axes, rows["slope"], range(3))
    assert_intervals(axes, range(3), rows["low"], rows["high"])


def test_slopes_stand_in_the_zone_of_the_margin_about_none() -> None:
    axes = drawn()[-1]
    assert_zone(axes, np.log10(0.9), np.log10(1.1))
    assert_guides(axes, [0.0])
    assert texts(axes) == ["scale-invariant"]


def test_a_task_without_a_colour_gets_one() -> None:
    colours = style.task_colours(["ADD", "NEW", "NEWER"])
    assert len(set(colours.values())) == 3
    assert colours["ADD"] == style.TASK_COLOURS["ADD"]
