"""Figure 3: where the collapse starts. RankMe by layer over the first steps, collapse steps, and who falls first."""

from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import LogNorm

from emergence import tables
from emergence.figures import style
from emergence.schemas.analysis import DIRECTION, TOP_DOWN
from emergence.schemas.trajectories import MEASURE
from emergence.settings.figures import Figure3Settings
from emergence.tasks.symbols import CONTROL


def make(settings: Figure3Settings, measures: list[Path], direction: Path, shares: Path, pdf: Path, png: Path) -> None:
    """Draw figure 3: maps of RankMe, layer x step (a); collapse step by layer (b); which layer is first (c)."""
    style.start()
    curves = tables.read(MEASURE, *measures)
    curves = curves[(curves["variant"] == settings.variant) & (curves["step"] <= settings.floor_until)]
    curves = curves[curves["task"] != CONTROL]
    units, top_down = tables.read(DIRECTION, direction), tables.read(TOP_DOWN, shares)
    sizes = list(style.size_colours(curves))
    labels = style.size_labels(curves)
    figure = plt.figure(figsize=(style.FULL_WIDTH, 4.6))
    upper, lower = figure.subfigures(2, 1, height_ratios=[1, 1.25])  # type: ignore[misc]
    maps = upper.subplots(1, len(sizes), sharey=True, squeeze=False)[0]
    for size, axes in zip(sizes, maps, strict=True):
        image = _map(axes, curves[curves["size"] == size])
        axes.set_title(labels[size], pad=2)
    maps[0].set_ylabel("layer")
    upper.supxlabel("optimiser step", fontsize=7)
    bar = upper.colorbar(image, ax=maps, pad=0.01, aspect=12)
    bar.set_label("RankMe / value at step 0")
    bar.set_ticks([0.25, 0.5, 1, 2], labels=["¼", "½", "1", "2"])
    bar.minorticks_off()
    panels = lower.subplots(1, len(sizes) + 1, width_ratios=[1] * len(sizes) + [1.15])
    for axes in panels[1 : len(sizes)]:
        axes.sharey(panels[0])
        axes.tick_params(labelleft=False)
    for size, axes in zip(sizes, panels, strict=False):
        _steps(axes, units[units["size"] == size])
        axes.set_title(labels[size], pad=2)
    panels[0].set_ylabel("step of half collapse")
    lower.legend(*panels[0].get_legend_handles_labels(), loc="outside lower center", ncols=8, handlelength=1.2)
    _first(panels[-1], top_down, sizes)
    style.panel_letters([maps[0], panels[0], panels[-1]])
    style.save(figure, pdf, png, settings.dpi)


def _map(axes: Axes, curves: pd.DataFrame) -> plt.cm.ScalarMappable:
    """RankMe relative to step 0, geometric mean over task-levels and seeds."""
    keys = ["run", "task", "level", "layer"]
    logs = curves.assign(log=np.log(curves["value"].clip(lower=1)))
    start = logs[logs["step"] == 0].set_index(keys)["log"].rename("start")
    relative = logs.join(start, on=keys).assign(change=lambda frame: frame["log"] - frame["start"])
    grid = np.exp(relative.pivot_table(index="layer", columns="step", values="change"))
    image = axes.pcolormesh(
        grid.columns, grid.index, grid, cmap="RdBu", norm=LogNorm(0.25, 4), shading="nearest", rasterized=True
    )
    style.step_axis(axes, 1, curves["step"].max())
    axes.set_yticks(grid.index)
    axes.spines[["left", "bottom"]].set_visible(False)
    return image


def _steps(axes: Axes, units: pd.DataFrame) -> None:
    """Median collapse step of each task by layer; bars are quartiles over levels and seeds."""
    for place, (task, rows) in enumerate(units.groupby("task", sort=False)):
        layers = rows["layer"] + 0.05 * (place - 3.5)
        below, above = rows["collapse_step"] - rows["low"], rows["high"] - rows["collapse_step"]
        axes.errorbar(
            layers, rows["collapse_step"], [below, above], color=style.TASK_COLOURS.get(str(task)), label=task,
            marker=".", markersize=3, linewidth=0.8, elinewidth=0.5,
        )  # fmt: skip
    axes.set(xlabel="layer", yscale="log", xticks=sorted(units["layer"].unique()))
    axes.yaxis.set_major_formatter(lambda step, _: f"{step:g}")
    axes.yaxis.set_minor_formatter(lambda step, _: f"{step:g}" if str(f"{step:g}")[0] in "25" else "")


def _first(axes: Axes, top_down: pd.DataFrame, sizes: list[str]) -> None:
    """Shares of tasks with exact intervals, beside chance (dashed)."""
    looks = {"last_first": ("last layer first", "#0072B2", -0.12), "downward": ("earlier with depth", "#E69F00", 0.12)}
    places = np.arange(len(sizes))
    for statistic, (label, colour, shift) in looks.items():
        rows = top_down[top_down["statistic"] == statistic].set_index("size").loc[sizes]
        error = [rows["share"] - rows["low"], rows["high"] - rows["share"]]
        axes.errorbar(places + shift, rows["share"], error, fmt="o", color=colour, markersize=3.5, label=label)
        axes.axhline(rows["chance"].iloc[0], color=colour, linewidth=0.8, linestyle=(0, (2, 2)), zorder=0)
    axes.set_xticks(places, labels=sizes, rotation=30)
    axes.set(ylim=(-0.03, 1.03), xlim=(-0.5, len(sizes) - 0.5), ylabel="share of tasks")
    axes.legend(loc="lower center", bbox_to_anchor=(0.5, 1.0))
