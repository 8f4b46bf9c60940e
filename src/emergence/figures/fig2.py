"""Figure 2. RankMe of the last layer over training, and its floors against parameters."""

from pathlib import Path

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure, SubFigure

from emergence.analysis.anatomy.floors import constant_floor, equivalence_bounds
from emergence.analysis.select import last_layer, seed_summary, select, without_control
from emergence.figures import panels, style
from emergence.io import tables
from emergence.schemas.analysis import COLLAPSE
from emergence.schemas.anatomy import FLOORS
from emergence.schemas.trajectories import MEASURE

TITLE = "Collapse and recovery"
STUDY = "anatomy"
NEEDS = ("anatomy.measures.rankme",)
READS = {"variant": "protocol.variant", "equivalence": "protocol.statistics.equivalence"}
INPUTS = {"measures": "anatomy/measures/rankme/{runs}.parquet"}
COLUMNS = 5  # of panel a
FLOOR_TICKS = (1, 2, 3, 4, 5, 6, 8, 10, 12, 16, 20, 30)


def draw(
    dpi: int,
    variant: str,
    equivalence: float,
    measures: list[Path],
    collapse: Path,
    floors: Path,
    pdf: Path,
    png: Path,
) -> None:
    """Draw figure 2 from tables."""
    read = tables.read(MEASURE, *measures), tables.read(COLLAPSE, collapse), tables.read(FLOORS, floors)
    style.save(plot(*read, variant, equivalence), pdf, png, dpi)


def plot(
    measures: pd.DataFrame, collapse: pd.DataFrame, floors: pd.DataFrame, variant: str, equivalence: float
) -> Figure:
    """RankMe over training (a), its floors against parameters (b), and the slopes of those (c).

    Args:
        measures: Table ``measure`` of RankMe, all runs.
        collapse: Table ``collapse``.
        floors: Table ``floors``.
        variant: Variant of RankMe that is drawn.
        equivalence: Relative change per decade of parameters that counts as none.
    """
    ranks = last_layer(select(measures, variant=variant))
    rows = -(-ranks["task"].nunique() // COLUMNS)
    figure = style.page(1.35 * rows + 2.6)
    upper, lower = style.rows(figure, [1.35 * rows, 2.4])
    first = _recoveries(upper, ranks, rows)
    left, right = lower.subplots(1, 2, width_ratios=[1.25, 1])
    _floors(left, without_control(last_layer(select(collapse, variant=variant))), equivalence)
    _slopes(right, select(floors, quantity="floor"), equivalence)
    style.panel_letters([first, left, right])
    return figure


def _recoveries(figure: SubFigure, ranks: pd.DataFrame, rows: int) -> Axes:
    """A panel per task, a band per size (mean and range over seeds and levels)."""
    tasks, colours = list(ranks["task"].unique()), style.size_colours(ranks)
    curves = seed_summary(ranks, "value", ["task", "size", "step"])
    grid = figure.subplots(rows, COLUMNS, sharex=True, sharey=True, squeeze=False)
    for axes in grid.flat[len(tasks) :]:
        axes.set_axis_off()
    for task, axes in zip(tasks, grid.flat, strict=False):
        of_task = select(curves, task=task)
        panels.size_bands(axes, of_task, colours, alpha=0.15)
        style.step_axis(axes, 0, of_task["step"].max())
        axes.set_title(task, pad=2)
    for axes in grid.flat[max(0, len(tasks) - COLUMNS) : len(tasks)]:  # nothing below them
        axes.tick_params(labelbottom=True)
    for axes in grid[:, 0]:
        axes.set_ylabel("RankMe, last layer")
    first: Axes = grid[0, 0]
    first.set_yscale("log", base=2)
    style.plain_ticks(first, [1, 2, 4, 8, 16, 32, 64], on="y")
    first.set_ylim(0.8 * ranks["value"].min(), 1.25 * ranks["value"].max())
    figure.supxlabel("optimiser steps", fontsize=style.TEXT)
    keys = style.size_keys(ranks)
    figure.legend(handles=keys, loc="outside upper center", ncols=len(keys), title="size (parameters)")
    return first


def _floors(axes: Axes, floors: pd.DataFrame, equivalence: float) -> None:
    """A dot per run and level, a line through each task's geometric means, and the wedge that counts as no change."""
    means = seed_summary(floors, "floor", ["task", "parameters"], geometric=True)
    colours = style.task_colours(floors["task"])
    for place, (task, colour) in enumerate(colours.items()):
        spread = 1.045 ** (place - (len(colours) - 1) / 2)
        dots, line = select(floors, task=task), select(means, task=task)
        axes.plot(dots["parameters"] * spread, dots["floor"], ".", color=colour, markersize=2.5, alpha=0.5)
        axes.plot(line["parameters"] * spread, line["mean"], "-", color=colour, label=task)
    wedge = constant_floor(floors, equivalence)
    axes.set(xscale="log", yscale="log", xlabel="parameters", ylabel="floor of RankMe")
    axes.fill_between(
        wedge["parameters"], wedge["low"], wedge["high"], color=style.NULL_COLOUR, alpha=0.5,
        linewidth=0, zorder=0, label=f"±{equivalence:.0%} per decade",
    )  # fmt: skip
    axes.set_xticks(wedge["parameters"], labels=[style.thousands(size) for size in wedge["parameters"]])
    axes.minorticks_off()
    low, high = axes.get_ylim()
    style.plain_ticks(axes, [tick for tick in FLOOR_TICKS if low <= tick <= high], on="y")
    axes.legend(ncols=1, loc="center left", bbox_to_anchor=(1, 0.5), handlelength=1.2)


def _slopes(axes: Axes, slopes: pd.DataFrame, equivalence: float) -> None:
    """Slope of each task and of all, with its interval, against the zone that counts as no change."""
    names = [f"all, {row.method}" if row.task == "all" else row.task for row in slopes.itertuples()]
    colours = {**style.task_colours(slopes["task"]), "all": "black"}
    axes.axvspan(*equivalence_bounds(equivalence), color=style.NULL_COLOUR, alpha=0.5, linewidth=0)
    style.guide(axes, x=0, colour="0.5")
    for place, task in enumerate(slopes["task"]):
        row = slopes.iloc[[place]]
        panels.intervals(axes, [place], row, columns=("slope", "low", "high"), colour=colours[task])
    style.named_rows(axes, names)
    axes.set(xlabel="slope of log floor on log parameters")
    axes.annotate(
        "scale-invariant", (0, 1), xycoords=("data", "axes fraction"), xytext=(0, 3), textcoords="offset points",
        ha="center", fontsize=style.SMALL, color="0.35",
    )  # fmt: skip
