"""Figure S8. Two-layer networks and a transformer."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from emergence.analysis.parity.law_lines import expected_times
from emergence.analysis.select import select
from emergence.figures import panels, style
from emergence.io import tables
from emergence.schemas.parity import EMERGENCE_TIMES, POWER_LAWS, SWEEP

TITLE = "Power law of emergence times"
STUDY = "parity"
READS = {"shares": "parity.powers.shares"}
INPUTS = {"transformers": "parity/analysis/transformers/{transformers}.parquet"}
LOOKS = {
    "MLP, SGD": (style.BLUE, "o"),
    "MLP, Adam": (style.ORANGE, "s"),
    "transformer, SGD": ("#000000", "D"),
}


def draw(
    dpi: int,
    shares: list[float],
    transformers: list[Path],
    emergence_times: Path,
    power_laws: Path,
    pdf: Path,
    png: Path,
) -> None:
    """Draw figure S8 from tables."""
    times, fits = tables.read(EMERGENCE_TIMES, emergence_times), tables.read(POWER_LAWS, power_laws)
    style.save(plot(tables.read(SWEEP, *transformers), times, fits, shares), pdf, png, dpi)


def plot(
    transformers: pd.DataFrame, emergence_times: pd.DataFrame, power_laws: pd.DataFrame, shares: list[float]
) -> Figure:
    """Strengths of a transformer (a), emergence times at two shares of strength against rank (b, c).

    Args:
        transformers: Table ``sweep`` of transformers.
        emergence_times: Table ``emergence_times``.
        power_laws: Table ``power_laws``.
        shares: Shares of R/S at which skills are dated.
    """
    figure = style.page(2.6)
    left, *right = figure.subplots(1, 3, width_ratios=[1.1, 1, 1])
    _strengths(left, transformers.query("step > 0"), shares)
    for axes, share in zip(right, shares, strict=True):
        _times(axes, select(emergence_times, share=share), select(power_laws, share=share, against="k"))
        axes.set_title(f"R/S = {share:g}")
    right[0].set_ylabel("emergence time (steps)")
    style.legend(figure, left, right[0], loc="outside upper center", ncols=10)
    style.panel_letters([left, *right])
    return figure


def _strengths(axes: Axes, curves: pd.DataFrame, shares: list[float]) -> None:
    """A line per seed and skill, with the shares at which skills are dated."""
    if curves.empty:
        style.not_run(axes)
        return
    for skill in sorted(curves["skill"].unique()):
        for seed in curves["seed"].unique():
            run = select(curves, skill=skill, seed=seed)
            look: dict[str, Any] = {"color": style.skill_colour(skill), "linewidth": 0.7}
            axes.plot(run["step"], run["strength"], label=f"skill {skill}", **look)
    for share in shares:
        style.guide(axes, y=share, line=style.DOTTED)
    axes.set(xscale="log", xlim=(curves["step"].min(), curves["step"].max()), xlabel="optimiser steps")
    axes.set_ylabel("skill strength R/S, transformer")


def _times(axes: Axes, times: pd.DataFrame, fits: pd.DataFrame) -> None:
    """Means with intervals, and the line of the expected slope; open and with an arrow where a skill came too late."""
    for number, (network, (colour, marker)) in enumerate(LOOKS.items()):
        rows = select(times, network=network).sort_values("skill", kind="stable")
        if rows.empty:
            continue
        (fit,) = select(fits, network=network).to_dict("records")
        panels.intervals(axes, rows["skill"], rows, vertical=True, colour=colour, marker=marker, label=network)
        axes.annotate(_exponent(fit), (0.03, 0.98 - 0.07 * number), xycoords="axes fraction", va="top",
                      fontsize=style.SMALL, color=colour)  # fmt: skip
        expected = expected_times(rows, fit)
        axes.plot(rows["skill"], expected, color=colour, linewidth=0.8, linestyle=style.DASHED)
        for row in rows[rows["value"].isna()].to_dict("records"):
            _late(axes, row, colour, marker)
    skills = sorted(times["skill"].unique())
    axes.set(xscale="log", yscale="log", xlabel="skill k", xlim=(0.85, skills[-1] * 1.2))
    style.plain_ticks(axes, skills, on="x")
    axes.minorticks_off()
    low = np.nanmin([*times["low"], *times["value"], *times["earliest"], times["until"].min()])
    axes.set_ylim(low / 1.5, times["until"].max() * 20)  # room for the exponents above


def _late(axes: Axes, row: dict[str, float], colour: str, marker: str) -> None:
    """The last step as a bound, how many runs came in time, and the earliest of them."""
    skill, until = row["skill"], row["until"]
    axes.plot(skill, row["earliest"], marker, color=colour, markersize=3.5, markerfacecolor="white")
    axes.annotate("", (skill, until * 1.8), (skill, until), arrowprops={"arrowstyle": "->", "color": colour, "lw": 0.8})
    reached = f"{row['reached']}/{row['seeds']}"
    axes.annotate(reached, (skill, until * 2), ha="center", fontsize=style.TINY, color=colour)


def _exponent(fit: dict[str, float]) -> str:
    """The slope with its interval, beside the one that is expected."""
    expected = f"α+1 = {fit['expected']:g}"
    if np.isnan(fit["slope"]):
        return f"too few skills ({expected})"
    spread = "" if np.isnan(fit["low"]) else f" [{fit['low']:.2f}, {fit['high']:.2f}]"
    return f"slope {fit['slope']:.2f}{spread} ({expected})"
