"""Figure 2: collapse and recovery. RankMe over training, and floors against parameters."""

from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from emergence import tables
from emergence.figures import style
from emergence.schemas.analysis import COLLAPSE, FLOORS
from emergence.schemas.trajectories import MEASURE
from emergence.settings.figures import Figure2Settings
from emergence.tasks.symbols import CONTROL


def make(settings: Figure2Settings, measures: list[Path], collapses: Path, floors: Path, pdf: Path, png: Path) -> None:
    """Draw figure 2: RankMe of the last layer over training (a), its floors against size (b), their slopes (c)."""
    style.start()
    curves = _last_layer(tables.read(MEASURE, *measures), settings.variant)
    lowest = _last_layer(tables.read(COLLAPSE, collapses), settings.variant)
    lowest = lowest[lowest["task"] != CONTROL]
    slopes = tables.read(FLOORS, floors).query("quantity == 'floor'")
    tasks = list(curves["task"].unique())
    colours, labels = style.size_colours(curves), style.size_labels(curves)
    columns = 5
    rows = -(-len(tasks) // columns)
    figure = plt.figure(figsize=(style.FULL_WIDTH, 1.35 * rows + 2.6))
    upper, lower = figure.subfigures(2, 1, height_ratios=[1.35 * rows, 2.4])  # type: ignore[misc]
    grid = upper.subplots(rows, columns, sharex=True, sharey=True, squeeze=False)
    for axes in grid.flat[len(tasks) :]:
        axes.set_axis_off()
    for task, axes in zip(tasks, grid.flat, strict=False):
        _recovery(axes, curves[curves["task"] == task], colours)
        axes.set_title(task, pad=2)
    for axes in grid.flat[max(0, len(tasks) - columns) : len(tasks)]:  # nothing below them
        axes.tick_params(labelbottom=True)
    for row in grid:
        row[0].set_ylabel("RankMe, last layer")
    grid[0][0].set_yscale("log", base=2)
    grid[0][0].set_yticks([1, 2, 4, 8, 16, 32, 64], labels=["1", "2", "4", "8", "16", "32", "64"])
    grid[0][0].set_ylim(0.8 * curves["value"].min(), 1.25 * curves["value"].max())
    upper.supxlabel("optimiser step", fontsize=7)
    handles = [Line2D([], [], color=colour, label=labels[size]) for size, colour in colours.items()]
    upper.legend(handles=handles, loc="outside upper center", ncols=len(handles), title="size (parameters)")
    left, right = lower.subplots(1, 2, width_ratios=[1.25, 1])
    _floors(left, lowest, settings.equivalence)
    _slopes(right, slopes, settings.equivalence)
    style.panel_letters([grid[0][0], left, right])
    style.save(figure, pdf, png, settings.dpi)


def _last_layer(frame: pd.DataFrame, variant: str) -> pd.DataFrame:
    frame = frame[frame["variant"] == variant]
    return frame[frame["layer"] == frame.groupby("run")["layer"].transform("max")]


def _recovery(axes: Axes, curves: pd.DataFrame, colours: style.Colours) -> None:
    """A line a size (mean over seeds and levels), a band from the lowest to the highest of them."""
    style.band(axes, curves, "value", colours, alpha=0.15)
    style.step_axis(axes, 0, curves["step"].max())


def _floors(axes: Axes, lowest: pd.DataFrame, margin: float) -> None:
    """Floors of each task at each size: a dot a run and level, a line through the geometric means."""
    tasks = [task for task in style.TASK_COLOURS if task in set(lowest["task"])]
    for place, task in enumerate(tasks):
        dots = lowest[lowest["task"] == task]
        spread = 1.045 ** (place - (len(tasks) - 1) / 2)
        colour = style.TASK_COLOURS[task]
        axes.plot(dots["parameters"] * spread, dots["floor"], ".", color=colour, markersize=2.5, alpha=0.5)
        means = dots.groupby("parameters")["floor"].agg(lambda floors: np.exp(np.log(floors).mean()))
        axes.plot(means.index * spread, means, "-", color=colour, label=task)
    axes.set(xscale="log", yscale="log", xlabel="parameters", ylabel="floor of RankMe")
    sizes = np.array(sorted(lowest["parameters"].unique()), dtype=float)
    decades = np.log10(sizes / sizes.min())
    middle = np.exp(np.log(lowest["floor"]).mean())
    axes.fill_between(
        sizes, middle * (1 - margin) ** decades, middle * (1 + margin) ** decades, color=style.NULL_COLOUR, alpha=0.5,
        linewidth=0, zorder=0, label=f"±{margin:.0%} a decade",
    )  # fmt: skip
    axes.set_xticks(sizes, labels=[style.thousands(size) for size in sizes])
    axes.minorticks_off()
    ticks = [tick for tick in (1, 2, 3, 4, 5, 6, 8, 10, 12, 16, 20, 30) if _inside(axes, tick)]
    axes.set_yticks(ticks, labels=[str(tick) for tick in ticks])
    axes.legend(ncols=1, loc="center left", bbox_to_anchor=(1, 0.5), handlelength=1.2)


def _inside(axes: Axes, tick: float) -> bool:
    low, high = axes.get_ylim()
    return low <= tick <= high


def _slopes(axes: Axes, slopes: pd.DataFrame, margin: float) -> None:
    """Slope of each task and of all, with its interval, against the zone that counts as no change."""
    names = [f"all, {row.method}" if row.task == "all" else row.task for row in slopes.itertuples()]
    places = np.arange(len(slopes))[::-1]
    axes.axvspan(np.log10(1 - margin), np.log10(1 + margin), color=style.NULL_COLOUR, alpha=0.5, linewidth=0)
    axes.axvline(0, color="0.5", linewidth=0.6)
    colours = [style.TASK_COLOURS.get(task, "black") for task in slopes["task"]]
    axes.hlines(places, slopes["low"], slopes["high"], colors=colours, linewidth=1)
    axes.scatter(slopes["slope"], places, c=colours, s=10, zorder=3)
    axes.set_yticks(places, labels=names)
    axes.set(xlabel="slope of log floor on log parameters")
    axes.annotate(
        "scale-invariant", (0, 1), xycoords=("data", "axes fraction"), xytext=(0, 3), textcoords="offset points",
        ha="center", fontsize=6, color="0.35",
    )  # fmt: skip
