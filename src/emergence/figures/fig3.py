"""Figure 3. RankMe by layer over the first steps, and who falls first."""

from pathlib import Path
from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import LogNorm
from matplotlib.figure import Figure, SubFigure

from emergence.analysis.collapse import change_of_rank
from emergence.analysis.select import select, without_control
from emergence.figures import panels, style
from emergence.io import tables
from emergence.schemas.analysis import DIRECTION, DIRECTION_SHARES
from emergence.schemas.trajectories import MEASURE

TITLE = "Where the collapse starts"
STUDY = "anatomy"
NEEDS = ("anatomy.measures.rankme",)
READS = {"variant": "protocol.variant", "floor_until": "protocol.collapse.floor_until"}
INPUTS = {"measures": "anatomy/measures/rankme/{runs}.parquet"}
STATISTICS = {
    "last_first": ("last layer first", style.BLUE, -0.12),
    "downward": ("earlier with depth", style.ORANGE, 0.12),
}
"""Of table ``direction_shares``: label, colour, place beside the tick."""


def draw(
    dpi: int,
    variant: str,
    floor_until: int,
    measures: list[Path],
    direction: Path,
    direction_shares: Path,
    pdf: Path,
    png: Path,
) -> None:
    """Draw figure 3 from tables."""
    read = (
        tables.read(MEASURE, *measures),
        tables.read(DIRECTION, direction),
        tables.read(DIRECTION_SHARES, direction_shares),
    )
    style.save(plot(*read, variant, floor_until), pdf, png, dpi)


def plot(
    measures: pd.DataFrame, direction: pd.DataFrame, direction_shares: pd.DataFrame, variant: str, floor_until: int
) -> Figure:
    """RankMe by layer and step (a), collapse step by layer (b), share of tasks whose last layer is first (c).

    Args:
        measures: Table ``measure`` of RankMe, all runs.
        direction: Table ``direction``.
        direction_shares: Table ``direction_shares``.
        variant: Variant of RankMe that is drawn.
        floor_until: Last optimiser step that is drawn.
    """
    ranks = without_control(select(measures, variant=variant))
    ranks = ranks[ranks["step"] <= floor_until]
    labels, sizes = style.size_labels(ranks), list(style.size_colours(ranks))
    figure = style.page(4.6)
    upper, lower = style.rows(figure, [1, 1.25])
    first_map = _maps(upper, ranks, sizes, labels)
    *grid, last = lower.subplots(1, len(sizes) + 1, width_ratios=[1] * len(sizes) + [1.15])
    for axes, size in zip(grid, sizes, strict=True):
        if axes is not grid[0]:
            axes.sharey(grid[0])
            axes.tick_params(labelleft=False)
        _collapse_steps(axes, select(direction, size=size))
        axes.set_title(labels[size], pad=2)
    grid[0].set_ylabel("step of half collapse")
    style.legend(lower, *grid, loc="outside lower center", ncols=8, handlelength=1.2)
    _first_layers(last, direction_shares, sizes)
    style.panel_letters([first_map, grid[0], last])
    return figure


def _maps(figure: SubFigure, ranks: pd.DataFrame, sizes: list[str], labels: dict[str, str]) -> Axes:
    """A map of layer and step for each size, with one bar of colours."""
    maps = figure.subplots(1, len(sizes), sharey=True, squeeze=False)[0]
    changes = change_of_rank(ranks)
    for size, axes in zip(sizes, maps, strict=True):
        image = _map(axes, select(changes, size=size))
        axes.set_title(labels[size], pad=2)
    maps[0].set_ylabel("layer")
    figure.supxlabel("optimiser steps", fontsize=style.TEXT)
    bar = figure.colorbar(image, ax=maps, pad=0.01, aspect=12)
    bar.set_label("RankMe / value at step 0")
    bar.set_ticks([0.25, 0.5, 1, 2], labels=["¼", "½", "1", "2"])
    bar.minorticks_off()
    first: Axes = maps[0]
    return first


def _map(axes: Axes, changes: pd.DataFrame) -> ScalarMappable:
    """Change of RankMe since step 0 as colour."""
    grid = changes.set_index(["layer", "step"])["mean"].unstack()
    image = axes.pcolormesh(
        grid.columns, grid.index, grid, cmap="RdBu", norm=LogNorm(0.25, 4), shading="nearest", rasterized=True
    )
    style.step_axis(axes, 1, changes["step"].max())
    axes.set_yticks(grid.index)
    axes.spines[["left", "bottom"]].set_visible(False)
    return image


def _collapse_steps(axes: Axes, units: pd.DataFrame) -> None:
    """Median collapse step of each task by layer, with quartiles over levels and seeds."""
    colours, tasks = style.task_colours(units["task"]), list(units["task"].unique())
    for place, task in enumerate(tasks):
        rows = select(units, task=task)
        panels.intervals(
            axes, rows["layer"] + 0.05 * (place - (len(tasks) - 1) / 2), rows, columns=("collapse_step", "low", "high"),
            vertical=True, colour=colours[task], marker=".", markersize=3, linewidth=0.5, linestyle="-", label=task,
        )  # fmt: skip
    axes.set(xlabel="layer", yscale="log", xticks=sorted(units["layer"].unique()))
    axes.yaxis.set_major_formatter(lambda step, _: f"{step:g}")
    axes.yaxis.set_minor_formatter(lambda step, _: f"{step:g}" if f"{step:g}"[0] in "25" else "")


def _first_layers(axes: Axes, top_down: pd.DataFrame, sizes: list[str]) -> None:
    """Shares of tasks with exact intervals, beside chance (dashed)."""
    for statistic, (label, colour, shift) in STATISTICS.items():
        rows = select(top_down, statistic=statistic, size=sizes)
        places = [sizes.index(size) + shift for size in rows["size"]]
        look: dict[str, Any] = {"columns": ("share", "low", "high"), "vertical": True, "colour": colour}
        panels.intervals(axes, places, rows, label=label, **look)
        style.guide(axes, y=rows["chance"].iloc[0], line=style.DASHED, colour=colour)
    axes.set_xticks(range(len(sizes)), labels=sizes, rotation=30)
    axes.set(ylim=(-0.03, 1.03), xlim=(-0.5, len(sizes) - 0.5), ylabel="share of tasks")
    axes.legend(loc="lower center", bbox_to_anchor=(0.5, 1.0))
