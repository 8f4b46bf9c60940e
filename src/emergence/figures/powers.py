"""Figure S8: the power law of emergence times in two-layer networks and in a transformer."""

from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from emergence import tables
from emergence.figures import style
from emergence.schemas.powers import EMERGENCES, POWERS
from emergence.schemas.solvable import SWEEP
from emergence.settings.figures import FigureS8Settings

LOOKS = {
    "MLP, SGD": ("#0072B2", "o"),
    "MLP, Adam": ("#E69F00", "s"),
    "transformer, SGD": ("#000000", "D"),
}


def make(
    settings: FigureS8Settings, transformers: list[Path], emergences: Path, powers: Path, pdf: Path, png: Path
) -> None:
    """Draw figure S8: strengths of a transformer (a), emergence times at two shares against rank (b, c)."""
    style.start()
    curves = tables.read(SWEEP, *transformers)
    times, fits = tables.read(EMERGENCES, emergences), tables.read(POWERS, powers)
    figure, (left, *right) = plt.subplots(1, 3, figsize=(style.FULL_WIDTH, 2.6), width_ratios=[1.1, 1, 1])
    _strengths(left, curves, settings.shares)
    for axes, share in zip(right, settings.shares, strict=True):
        _times(axes, times[times["share"] == share], fits[(fits["share"] == share) & (fits["against"] == "k")])
        axes.set_title(f"R/S = {share:g}")
    right[0].set_ylabel("emergence time, steps")
    lines = [*left.get_legend_handles_labels()[0], *right[0].get_legend_handles_labels()[0]]
    figure.legend(lines, [str(line.get_label()) for line in lines], loc="outside upper center", ncols=len(lines))
    style.panel_letters([left, *right])
    style.save(figure, pdf, png, settings.dpi)


def _strengths(axes: Axes, curves: pd.DataFrame, shares: list[float]) -> None:
    """A line a seed and skill, with the shares at which skills are dated."""
    after = curves[curves["step"] > 0]
    for skill, of_skill in after.groupby("skill"):
        colour = style.SKILL_COLOURS[(int(skill) - 1) % len(style.SKILL_COLOURS)]
        for number, (_, run) in enumerate(of_skill.groupby("seed")):
            label = "" if number else f"skill {skill}"
            axes.plot(run["step"], run["strength"], color=colour, linewidth=0.7, label=label)
    for share in shares:
        axes.axhline(share, color="0.6", linewidth=0.6, linestyle=(0, (1, 1)), zorder=0)
    axes.set(xscale="log", xlim=(after["step"].min(), after["step"].max()), xlabel="optimiser steps",
             ylabel="skill strength R/S, transformer")  # fmt: skip


def _times(axes: Axes, times: pd.DataFrame, fits: pd.DataFrame) -> None:
    """Means with intervals, and the line of the expected slope; open and with an arrow where a skill came too late."""
    for number, (network, (colour, marker)) in enumerate(LOOKS.items()):
        of_network = times[times["network"] == network].sort_values("skill")
        (fit,) = fits[fits["network"] == network].to_dict("records")
        k = of_network["skill"]
        axes.vlines(k, of_network["low"], of_network["high"], color=colour, linewidth=1.0)
        axes.plot(k, of_network["value"], marker, color=colour, markersize=3.5, label=network)
        axes.annotate(_exponent(fit), (0.03, 0.98 - 0.07 * number), xycoords="axes fraction", va="top", fontsize=6,
                      color=colour)  # fmt: skip
        axes.plot(k, fit["scale"] * k ** fit["expected"], color=colour, linewidth=0.8, linestyle=(0, (3, 1.5)))
        for row in of_network[of_network["value"].isna()].to_dict("records"):
            _late(axes, row, colour, marker)
    axes.set(xscale="log", yscale="log", xlabel="skill k", xlim=(0.85, times["skill"].max() * 1.2))
    axes.set_xticks(sorted(times["skill"].unique()), labels=[str(k) for k in sorted(times["skill"].unique())])
    axes.minorticks_off()
    low = np.nanmin([*times["low"], *times["value"], *times["earliest"], times["until"].min()])
    axes.set_ylim(low / 1.5, times["until"].max() * 20)  # room for the exponents above


def _late(axes: Axes, row: dict[str, float], colour: str, marker: str) -> None:
    """The last step as a bound, how many runs came in time, and the earliest of them."""
    skill, until = row["skill"], row["until"]
    axes.plot(skill, row["earliest"], marker, color=colour, markersize=3.5, markerfacecolor="white")
    axes.annotate("", (skill, until * 1.8), (skill, until), arrowprops={"arrowstyle": "->", "color": colour, "lw": 0.8})
    axes.annotate(f"{row['reached']}/{row['seeds']}", (skill, until * 2), ha="center", fontsize=5, color=colour)


def _exponent(fit: dict[str, float]) -> str:
    """The slope with its interval, beside the one that is expected."""
    expected = f"α+1 = {fit['expected']:g}"
    if np.isnan(fit["slope"]):
        return f"too few skills ({expected})"
    spread = "" if np.isnan(fit["low"]) else f" [{fit['low']:.2f}, {fit['high']:.2f}]"
    return f"slope {fit['slope']:.2f}{spread} ({expected})"
