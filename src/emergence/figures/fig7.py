"""Figure 7: scaling laws in time, data, width and compute, direct sums over their power laws."""

from itertools import cycle
from pathlib import Path
from typing import Any

import matplotlib.pyplot as plt
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from emergence import tables
from emergence.figures import style
from emergence.schemas.scaling import EXPONENTS, SCALING
from emergence.settings.scaling import Figure7Settings

AXES = {
    "time": ("time ηST", "exponent −α/(α+1)"),
    "data": ("samples D", "exponent −α/(α+1)"),
    "width": ("width N", "exponent −α"),
    "compute": ("compute N·ηST", "exponent −α/(α+2)"),
}
COLOURS = style.SKILL_COLOURS[::2]
DASHED = (0, (3, 1.5))
MARKERS: dict[str, dict[str, Any]] = {
    "multilinear": {"marker": "o", "markersize": 2.2},
    "linear": {"marker": "x", "markersize": 2.8},
}

Colours = dict[float, str]


def make(settings: Figure7Settings, scaling: Path, exponents: Path, pdf: Path, png: Path) -> None:
    """Draw figure 7: the loss on each axis (a to d), and the same over its power law (e to h)."""
    style.start()
    sums, fits = tables.read(SCALING, scaling), tables.read(EXPONENTS, exponents)
    sums, fits = sums[sums["quantity"] == "loss"], fits[fits["quantity"] == "loss"]
    figure, (upper, lower) = plt.subplots(
        2, len(AXES), figsize=(style.FULL_WIDTH, 3.6), height_ratios=[1.8, 1], sharex="col", sharey="row"
    )
    colours = dict(zip(settings.alphas, cycle(COLOURS), strict=False))
    for (axis, (label, title)), top, bottom in zip(AXES.items(), upper, lower, strict=True):
        of_axis, fitted = sums[sums["axis"] == axis], fits[fits["axis"] == axis]
        _losses(top, of_axis, colours)
        _exponents(top, fitted[fitted["model"] == "multilinear"], colours)
        _ratios(bottom, of_axis, colours)
        for panel in (top, bottom):
            panel.axvspan(fitted["low"].min(), fitted["high"].max(), color="0.95", zorder=0)
        top.set_title(title, pad=3)
        bottom.set_xlabel(label)
    upper[0].set(ylabel="loss", ylim=(None, 1.5))
    lower[0].set_ylabel("loss over\nits power law")
    _legend(figure, colours)
    style.panel_letters([*upper, *lower])
    style.save(figure, pdf, png, settings.dpi)


def _losses(axes: Axes, sums: pd.DataFrame, colours: Colours) -> None:
    """Direct sums as dots, the power law dashed, and what it leaves to finitely many skills as a line."""
    axes.set(xscale="log", yscale="log")
    for (model, alpha), curve in sums.groupby(["model", "alpha"]):
        look: dict[str, Any] = {"color": colours[alpha], "linewidth": 0.8}
        axes.plot(curve["x"], curve["value"], linestyle="none", color=colours[alpha], **MARKERS[model], zorder=3)
        if model == "multilinear":
            axes.plot(curve["x"], curve["asymptote"], linestyle=DASHED, **look)
            axes.plot(curve["x"], curve["law"], **look)


def _ratios(axes: Axes, sums: pd.DataFrame, colours: Colours) -> None:
    """The same, with the power law at 1: where few skills bend it, and where it does not hold yet."""
    axes.axhline(1, color="0.6", linewidth=0.8, linestyle=DASHED)
    for (model, alpha), curve in sums.groupby(["model", "alpha"]):
        ratio = curve["value"] / curve["asymptote"]
        axes.plot(curve["x"], ratio, linestyle="none", color=colours[alpha], **MARKERS[model], zorder=3)
        axes.plot(curve["x"], curve["law"] / curve["asymptote"], color=colours[alpha], linewidth=0.8)


def _exponents(axes: Axes, fits: pd.DataFrame, colours: Colours) -> None:
    """Exponents by the law and fitted, in the corner that falling curves leave empty."""
    lines = [("law, fitted", "0.3")]
    lines += [(f"{row.expected:.3f}, {row.corrected:.3f}", colours[row.alpha]) for row in fits.itertuples()]
    for number, (text, colour) in enumerate(lines):
        axes.annotate(
            text.replace("-", "−"), (0.97, 0.985), xycoords="axes fraction", xytext=(0, -7.5 * number),
            textcoords="offset points", ha="right", va="top", color=colour, fontsize=5.5,
        )  # fmt: skip


def _legend(figure: Figure, colours: Colours) -> None:
    alphas = [Line2D([], [], color=colour, linewidth=1.6, label=f"α = {alpha:g}") for alpha, colour in colours.items()]
    kinds = {
        "direct sum": Line2D([], [], color="0.3", linestyle="none", **MARKERS["multilinear"]),
        "linear model": Line2D([], [], color="0.3", linestyle="none", **MARKERS["linear"]),
        "power law": Line2D([], [], color="0.3", linewidth=0.8, linestyle=DASHED),
        "for finitely many skills": Line2D([], [], color="0.3", linewidth=0.8),
    }
    for label, line in kinds.items():
        line.set_label(label)
    figure.legend(handles=[*alphas, *kinds.values()], loc="outside upper center", ncols=len(alphas) + len(kinds))
