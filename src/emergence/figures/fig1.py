"""Figure 1. Score of every task-level over training at every size, with its emergence events."""

from pathlib import Path

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from emergence.analysis.select import seed_summary, select
from emergence.figures import panels, style
from emergence.io import tables
from emergence.schemas.analysis import EVENTS, SCORES

TITLE = "Learning curves"
STUDY = "anatomy"
READS = {"metric": "anatomy.metric", "threshold": "protocol.events.threshold"}


def draw(dpi: int, metric: str, threshold: float, scores: Path, events: Path, pdf: Path, png: Path) -> None:
    """Draw figure 1 from tables."""
    figure = plot(tables.read(SCORES, scores), tables.read(EVENTS, events), metric, threshold)
    style.save(figure, pdf, png, dpi)


def plot(scores: pd.DataFrame, events: pd.DataFrame, metric: str, threshold: float) -> Figure:
    """Score over training, a column per task and a row per level.

    Args:
        scores: Table ``scores``.
        events: Table ``events``.
        metric: Score that is drawn.
        threshold: Score at which an event is dated.
    """
    scores, events = select(scores, metric=metric), select(events, metric=metric, emerged=True)
    curves = seed_summary(scores, "score", ["task", "level", "size", "step"])
    levels = {task: list(select(scores, task=task)["level"].unique()) for task in scores["task"].unique()}
    rows = max(map(len, levels.values()))
    figure = style.page(0.5 + 1.1 * rows)
    grid = figure.subplots(rows, len(levels), sharex=True, sharey=True, squeeze=False)
    for axes in grid.flat:
        axes.set_axis_off()
    for column, (task, names) in enumerate(levels.items()):
        for axes, level in zip(grid[:, column], names, strict=False):
            axes.set_axis_on()
            axes.set_title(f"{task} {level}", pad=2)
            unit = {"task": task, "level": level}
            _panel(axes, select(curves, **unit), select(events, **unit), threshold, style.size_colours(scores))
    for axes in grid[:, 0]:
        axes.set_ylabel("score")
    figure.supxlabel("optimiser steps", fontsize=style.TEXT)
    handles = [
        *style.size_keys(scores),
        style.key("event, one per seed", "0.35", "none", marker="|", markersize=5),
        style.key("threshold", "0.6", style.DASHED, linewidth=0.6),
    ]
    figure.legend(handles=handles, loc="outside upper center", ncols=len(handles), title="size (parameters)")
    return figure


def _panel(axes: Axes, curves: pd.DataFrame, events: pd.DataFrame, threshold: float, colours: style.Colours) -> None:
    panels.size_bands(axes, curves, colours)
    panels.event_ticks(axes, events, colours, lowest=1.12, spacing=0.09)
    style.guide(axes, y=threshold, line=style.DASHED)
    style.step_axis(axes, 10, curves["step"].max())
    axes.set(ylim=(-0.25, 1.45), yticks=[0, 0.5, 1])
