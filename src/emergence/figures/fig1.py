"""Figure 1: what is learned when. Behaviour of every task-level at every size, with its emergence events."""

from pathlib import Path

import matplotlib.pyplot as plt
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from emergence import tables
from emergence.figures import style
from emergence.schemas.analysis import EVENTS, SCORES
from emergence.settings.figures import Figure1Settings


def make(settings: Figure1Settings, scores: Path, events: Path, pdf: Path, png: Path) -> None:
    """Draw figure 1: a row a level, a column a task; score over training, a line a size, events marked above."""
    style.start()
    scored = tables.read(SCORES, scores).query("metric == @settings.metric")
    found = tables.read(EVENTS, events).query("metric == @settings.metric")
    levels = scored[["task", "level"]].drop_duplicates().groupby("task", sort=False)["level"].agg(list)
    colours, labels = style.size_colours(scored), style.size_labels(scored)
    rows = max(map(len, levels))
    figure, grid = plt.subplots(
        rows, len(levels), figsize=(style.FULL_WIDTH, 0.5 + 1.1 * rows), sharex=True, sharey=True, squeeze=False
    )
    for column, (task, names) in enumerate(levels.items()):
        for row in range(rows):
            axes = grid[row][column]
            if row >= len(names):
                axes.set_axis_off()
                continue
            name = names[row]
            _panel(axes, scored.query("task == @task and level == @name"), settings.threshold, colours)
            _marks(axes, found.query("task == @task and level == @name"), colours)
            axes.set_title(f"{task} {name}", pad=2)
    for row in grid:
        row[0].set_ylabel("score")
    figure.supxlabel("optimiser step", fontsize=7)
    handles = [Line2D([], [], color=colour, label=labels[size]) for size, colour in colours.items()]
    handles.append(Line2D([], [], color="0.35", marker="|", linestyle="none", markersize=5, label="event, one a seed"))
    handles.append(Line2D([], [], color="0.6", linestyle=(0, (2, 2)), linewidth=0.6, label="threshold"))
    figure.legend(handles=handles, loc="outside upper center", ncols=len(handles), title="size (parameters)")
    style.save(figure, pdf, png, settings.dpi)


def _panel(axes: Axes, curves: pd.DataFrame, threshold: float, colours: style.Colours) -> None:
    style.band(axes, curves, "score", colours, alpha=0.2)
    axes.axhline(threshold, color="0.6", linestyle=(0, (2, 2)), linewidth=0.6, zorder=0)
    style.step_axis(axes, 10, curves["step"].max())
    axes.set(ylim=(-0.25, 1.45), yticks=[0, 0.5, 1])


def _marks(axes: Axes, events: pd.DataFrame, colours: style.Colours) -> None:
    """A tick an event, a line of them a size, above the curves."""
    for place, (size, colour) in enumerate(colours.items()):
        steps = events.loc[(events["size"] == size) & events["emerged"], "step"]
        axes.plot(steps, [1.12 + 0.09 * place] * len(steps), "|", color=colour, markersize=4, markeredgewidth=1)
