"""Figure 6. Networks with five skills over theory."""

from pathlib import Path
from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from emergence.analysis.parity.curves import over_theory
from emergence.analysis.select import select
from emergence.figures import panels, style
from emergence.io import tables
from emergence.schemas.parity import CROSSINGS, CURVES

TITLE = "Emergence in time, data and width"
STUDY = "parity"
NEEDS = ("parity",)
SHARE = 0.5  # of R/S at which networks are held against theory
MARKERS = {"fitted": "o", "published": "x"}


def draw(dpi: int, curves: Path, crossings: Path, pdf: Path, png: Path) -> None:
    """Draw figure 6 from tables."""
    style.save(plot(tables.read(CURVES, curves), tables.read(CROSSINGS, crossings)), pdf, png, dpi)


def plot(curves: pd.DataFrame, crossings: pd.DataFrame) -> Figure:
    """Strengths on each axis (a to c), and where they pass one half, over where theory says (d to f).

    Args:
        curves: Table ``curves``.
        crossings: Table ``crossings``.
    """
    skills = sorted(curves["skill"].unique())
    ratios = select(over_theory(crossings), share=SHARE)
    figure = style.page(3.9)
    upper, lower = figure.subplots(2, 3, height_ratios=[1.5, 1])
    for (axis, label), top, bottom in zip(style.AXIS_LABELS.items(), upper, lower, strict=True):
        of_axis = select(curves, axis=axis)
        for skill in skills:
            _strength(top, select(of_axis, skill=skill), style.skill_colour(skill))
        _ratios(bottom, select(ratios, axis=axis))
        top.set(xlabel=label, ylim=(-0.04, 1.08))
        bottom.set(xlabel="skill", xlim=(0.5, skills[-1] + 0.5), xticks=range(1, skills[-1] + 1))
    upper[0].set_xscale("log")
    upper[1].set_xscale("log")
    last = select(curves, axis="step")["x"].max()
    upper[0].set_xlim(last / 100, last)  # nothing has begun before
    upper[0].set_ylabel("skill strength R/S")
    lower[0].set_ylabel(f"R/S = {SHARE:g} reached at,\nnetworks over theory")
    figure.legend(handles=_keys(skills), loc="outside upper center", ncols=5)
    style.panel_letters([*upper, *lower])
    return figure


def _strength(axes: Axes, curves: pd.DataFrame, colour: str) -> None:
    """One skill: networks as a band of one s.d. about their mean, theory as lines."""
    panels.strengths(axes, select(curves, source="network"), colour)
    for (source, law), line in panels.LAW_LINES.items():
        theory, fitted = select(curves, source=source, law=law), source == "fitted"
        look: dict[str, Any] = (
            {"color": colour, "linewidth": 0.9} if fitted else {"color": "0.6", "linewidth": 0.7, "zorder": 1}
        )
        if len(theory):
            axes.plot(theory["x"], theory["strength"], linestyle=line, **look)


def _ratios(axes: Axes, ratios: pd.DataFrame) -> None:
    """Networks over theory, with constants fitted to single skills and with those published."""
    kinds = [kind for kind in sorted(panels.LAW_LINES) if len(select(ratios, source=kind[0], law=kind[1]))]
    style.guide(axes, y=1)
    for number, (source, law) in enumerate(kinds):
        shift = 0.16 * (number - (len(kinds) - 1) / 2)
        face: dict[str, Any] = (
            {"markerfacecolor": "white"} if law == "linear" and source == "fitted" and len(kinds) > 2 else {}
        )
        for skill in ratios["skill"].unique():
            row = select(ratios, source=source, law=law, skill=skill)
            colour = style.skill_colour(skill) if source == "fitted" else "0.6"
            panels.intervals(axes, row["skill"] + shift, row, columns=("ratio", "low", "high"), vertical=True,
                             colour=colour, marker=MARKERS[source], **face)  # fmt: skip
    axes.set_yscale("log")
    style.plain_ticks(axes, [0.5, 0.7, 1, 1.4, 2], on="y")
    axes.set_ylim(0.45, 2.2)


def _keys(skills: list[int]) -> list[Line2D]:
    return [
        *(style.key(f"skill {skill}", style.skill_colour(skill), linewidth=2.2, alpha=0.7) for skill in skills),
        style.key("networks, mean ± s.d.", "0.5", linewidth=4, alpha=0.4),
        style.key("theory, constants of one skill", "black", linewidth=0.9),
        style.key("linear law of data", "black", panels.LAW_LINES["fitted", "linear"], linewidth=0.9),
        style.key("published constants", "0.6", panels.LAW_LINES["published", "sigmoid"], linewidth=0.7),
    ]
