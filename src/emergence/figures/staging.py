"""Figure S6: the models that theory solves, in time, and stage-like training."""

from pathlib import Path
from typing import Any

import matplotlib.pyplot as plt
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FixedLocator, NullFormatter

from emergence import tables
from emergence.figures import style
from emergence.schemas.scaling import MODELS, STAGES
from emergence.settings.scaling import FigureS6Settings

TITLES = {"multilinear": "multilinear model", "linear": "linear model"}
SOURCES: dict[str, tuple[str, dict[str, Any]]] = {
    "multilinear": ("multilinear, theory", {"color": "black", "marker": "o", "markersize": 2.5}),
    "linear": ("linear, theory", {"color": "0.6", "marker": "s", "markersize": 2.5}),
    "network": ("networks", {"color": style.SKILL_COLOURS[-1], "marker": "D", "markersize": 3, "linestyle": "none"}),
}


def make(settings: FigureS6Settings, models: Path, stages: Path, pdf: Path, png: Path) -> None:
    """Draw figure S6: strengths of both models over steps (a, b), and when skills begin (c)."""
    style.start()
    trained, begun = tables.read(MODELS, models), tables.read(STAGES, stages)
    own = trained[(trained["slower"] == 1) & trained["samples"].isna() & (trained["step"] > 0)]
    figure, panels = plt.subplots(1, 3, figsize=(style.FULL_WIDTH, 2.3), width_ratios=[1, 1, 1.1])
    panels[1].sharey(panels[0])
    for axes, (model, title) in zip(panels, TITLES.items(), strict=False):
        _strengths(axes, own[own["model"] == model])
        axes.set_title(title, pad=3)
    panels[0].set_ylabel("skill strength R/S")
    _ratios(panels[2], begun)
    _legend(figure, sorted(own["skill"].unique()))
    style.panel_letters(panels)
    style.save(figure, pdf, png, settings.dpi)


def _strengths(axes: Axes, trained: pd.DataFrame) -> None:
    """Seeds from lowest to highest as a band about their mean, closed forms as lines."""
    for skill, colour in zip(sorted(trained["skill"].unique()), style.SKILL_COLOURS, strict=False):
        by_step = trained[trained["skill"] == skill].groupby("step")
        strength = by_step["strength"].agg(["mean", "min", "max"])
        axes.fill_between(strength.index, strength["min"], strength["max"], color=colour, alpha=0.3, linewidth=0)
        axes.plot(strength.index, strength["mean"], color=colour, linewidth=2.2, alpha=0.6)
        closed = by_step["closed"].first()
        axes.plot(closed.index, closed, color="black", linewidth=0.6)
    axes.set(xscale="log", xlabel="optimiser steps", xlim=(1, trained["step"].max()), ylim=(-0.04, 1.08))


def _ratios(axes: Axes, stages: pd.DataFrame) -> None:
    """Stage-like above the line: the next skill begins when this one has saturated, or later."""
    low, high = stages[["ratio", "low"]].min().min() / 1.4, 2 * stages[["ratio", "high"]].max().max()
    axes.axhspan(1, max(high, 2), color="0.95", zorder=0)
    axes.axhline(1, color="0.6", linewidth=0.7)
    for source, (label, look) in SOURCES.items():
        rows = stages[stages["source"] == source].sort_values("skill")
        if rows.empty:
            continue
        axes.plot(rows["skill"], rows["ratio"], linewidth=0.9, label=label, zorder=3, **look)
        axes.vlines(rows["skill"], rows["low"], rows["high"], color=look["color"], linewidth=1.0)
    last = int(stages["skill"].max())
    axes.set(yscale="log", ylim=(min(low, 0.5), max(high, 2)), xlim=(0.5, last + 0.5), xlabel="skill k")
    axes.set_ylabel("skill k + 1 begins over\nskill k has saturated")
    axes.yaxis.set_minor_formatter(NullFormatter())
    axes.yaxis.set_major_locator(FixedLocator([0.03, 0.1, 0.3, 1, 3]))
    axes.yaxis.set_major_formatter("{x:g}")
    axes.xaxis.set_major_locator(FixedLocator(range(1, last + 1)))
    axes.text(last + 0.4, 1.05, "stage-like", ha="right", va="bottom", fontsize=6, color="0.4")
    axes.legend(loc="center right")


def _legend(figure: Figure, skills: list[int]) -> None:
    lines = [
        Line2D([], [], color=colour, linewidth=2.2, alpha=0.7, label=f"skill {skill}")
        for skill, colour in zip(skills, style.SKILL_COLOURS, strict=False)
    ]
    lines.append(Line2D([], [], color="black", linewidth=0.6, label="closed form"))
    figure.legend(handles=lines, loc="outside upper center", ncols=len(lines))
