"""Figure S6. Strengths over steps, and when the next skill begins."""

from pathlib import Path
from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, NullFormatter

from emergence.analysis.select import seed_summary, select
from emergence.figures import panels, style
from emergence.io import tables
from emergence.schemas.parity import MODEL_STRENGTHS, STAGING

TITLE = "Solvable models and stage-like training"
STUDY = "parity"
NEEDS = ("parity",)
TITLES = {"multilinear": "multilinear model", "linear": "linear model"}
SOURCES: dict[str, tuple[str, dict[str, Any]]] = {
    "multilinear": ("multilinear, theory", {"colour": "black", "marker": "o", "markersize": 2.5}),
    "linear": ("linear, theory", {"colour": "0.6", "marker": "s", "markersize": 2.5}),
    "network": ("networks", {"colour": style.PINK, "marker": "D", "markersize": 3}),
}


def draw(dpi: int, model_strengths: Path, staging: Path, pdf: Path, png: Path) -> None:
    """Draw figure S6 from tables."""
    style.save(plot(tables.read(MODEL_STRENGTHS, model_strengths), tables.read(STAGING, staging)), pdf, png, dpi)


def plot(model_strengths: pd.DataFrame, staging: pd.DataFrame) -> Figure:
    """Strengths of both models over steps (a, b), and when the next skill begins (c).

    Args:
        model_strengths: Table ``model_strengths``.
        staging: Table ``staging``.
    """
    trained = select(model_strengths, slower=1, samples=None).query("step > 0")
    figure = style.page(2.3)
    grid = figure.subplots(1, 3, width_ratios=[1, 1, 1.1])
    grid[1].sharey(grid[0])
    for axes, (model, title) in zip(grid, TITLES.items(), strict=False):
        _strengths(axes, select(trained, model=model))
        axes.set_title(title, pad=3)
    grid[0].set_ylabel("skill strength R/S")
    _stages(grid[2], staging)
    skills = sorted(trained["skill"].unique())
    keys = [style.key(f"skill {skill}", style.skill_colour(skill), linewidth=2.2, alpha=0.7) for skill in skills]
    keys.append(style.key("closed form", "black", linewidth=0.6))
    figure.legend(handles=keys, loc="outside upper center", ncols=len(keys))
    style.panel_letters(grid)
    return figure


def _strengths(axes: Axes, trained: pd.DataFrame) -> None:
    """Seeds from lowest to highest as a band about their mean, closed forms as lines."""
    summary = seed_summary(trained, "strength", ["skill", "step"])
    for skill in summary["skill"].unique():
        of_skill, colour = select(summary, skill=skill), style.skill_colour(skill)
        axes.fill_between(of_skill["step"], of_skill["low"], of_skill["high"], color=colour, alpha=0.3, linewidth=0)
        axes.plot(of_skill["step"], of_skill["mean"], color=colour, linewidth=2.2, alpha=0.6)
        closed = select(trained, skill=skill).drop_duplicates("step").sort_values("step", kind="stable")
        axes.plot(closed["step"], closed["closed"], color="black", linewidth=0.6)
    axes.set(xscale="log", xlabel="optimiser steps", xlim=(1, trained["step"].max()), ylim=(-0.04, 1.08))


def _stages(axes: Axes, stages: pd.DataFrame) -> None:
    """Stage-like above the line: the next skill begins when this one has saturated, or later."""
    low, high = stages[["ratio", "low"]].min(axis=None) / 1.4, 2 * stages[["ratio", "high"]].max(axis=None)
    axes.axhspan(1, max(high, 2), color="0.95", zorder=0)
    style.guide(axes, y=1)
    for source, (label, look) in SOURCES.items():
        rows = select(stages, source=source).sort_values("skill", kind="stable")
        if len(rows):
            line = "none" if source == "network" else "-"
            columns = ("ratio", "low", "high")
            panels.intervals(
                axes, rows["skill"], rows, columns=columns, vertical=True, label=label, linestyle=line, **look
            )
    last = int(stages["skill"].max())
    axes.set(yscale="log", ylim=(min(low, 0.5), max(high, 2)), xlim=(0.5, last + 0.5), xlabel="skill k")
    axes.set_ylabel("start of skill k + 1 over\nsaturation of skill k")
    axes.yaxis.set_minor_formatter(NullFormatter())
    axes.yaxis.set_major_locator(FixedLocator([0.03, 0.1, 0.3, 1, 3]))
    axes.yaxis.set_major_formatter("{x:g}")
    axes.xaxis.set_major_locator(FixedLocator(range(1, last + 1)))
    axes.text(last + 0.4, 1.05, "stage-like", ha="right", va="bottom", fontsize=style.SMALL, color="0.4")
    axes.legend(loc="center right")
