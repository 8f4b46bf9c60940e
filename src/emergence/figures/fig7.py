"""Figure 7. Loss in time, data, width and compute, direct sums over their power laws."""

from itertools import cycle
from pathlib import Path
from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from emergence.analysis.parity.scaling import over_power_law
from emergence.analysis.select import select
from emergence.figures import style
from emergence.io import tables
from emergence.schemas.parity import SCALING_CONDITIONS, SCALING_EXPONENTS, SCALING_LAWS

TITLE = "Scaling laws"
STUDY = "parity"
READS = {"alphas": "parity.scaling.laws.alphas"}
AXES = {
    "time": ("time ηST", "exponent −α/(α+1)"),
    "data": ("samples D", "exponent −α/(α+1)"),
    "width": ("width N", "exponent −α"),
    "compute": ("compute N·ηST", "exponent −α/(α+2)"),
}
COLOURS = style.SKILL_COLOURS[::2]
MARKERS: dict[str, dict[str, Any]] = {
    "multilinear": {"marker": "o", "markersize": 2.2},
    "linear": {"marker": "x", "markersize": 2.8},
}

Colours = dict[float, str]


def draw(
    dpi: int,
    alphas: list[float],
    scaling_laws: Path,
    scaling_exponents: Path,
    pdf: Path,
    png: Path,
    scaling_conditions: Path | None = None,
) -> None:
    """Draw figure 7 from tables; runs before 0.2.0 have none of conditions."""
    figure = plot(
        tables.read(SCALING_LAWS, scaling_laws),
        tables.read(SCALING_EXPONENTS, scaling_exponents),
        tables.read(SCALING_CONDITIONS, scaling_conditions),
        alphas,
    )
    style.save(figure, pdf, png, dpi)


def plot(
    scaling_laws: pd.DataFrame,
    scaling_exponents: pd.DataFrame,
    scaling_conditions: pd.DataFrame,
    alphas: list[float],
) -> Figure:
    """The loss on each axis (a to d), and the same over the power law of infinitely many skills (e to h).

    Args:
        scaling_laws: Table ``scaling_laws``.
        scaling_exponents: Table ``scaling_exponents``.
        scaling_conditions: Table ``scaling_conditions``.
        alphas: Exponents of skill frequencies that are drawn.
    """
    sums, fits = select(scaling_laws, quantity="loss"), select(scaling_exponents, quantity="loss")
    ratios = over_power_law(sums)
    figure = style.page(3.6)
    upper, lower = figure.subplots(2, len(AXES), height_ratios=[1.8, 1], sharex="col", sharey="row")
    colours = dict(zip(alphas, cycle(COLOURS), strict=False))
    for (axis, (label, title)), top, bottom in zip(AXES.items(), upper, lower, strict=True):
        fitted = select(fits, axis=axis)
        top.set(xscale="log", yscale="log")
        _sums(top, select(sums, axis=axis), colours)
        multilinear = select(sums, axis=axis, model="multilinear")
        _theory(top, multilinear, "asymptote", style.DASHED, colours)
        _theory(top, multilinear, "law", style.SOLID, colours)
        _exponents(top, select(fitted, model="multilinear"), colours)
        _sums(bottom, select(ratios, axis=axis), colours)
        _theory(bottom, select(ratios, axis=axis), "law", style.SOLID, colours)
        style.guide(bottom, y=1, line=style.DASHED)
        _conditions(bottom, select(scaling_conditions, axis=axis), colours)
        for axes in (top, bottom):  # where exponents are fitted
            axes.axvspan(fitted["low"].min(), fitted["high"].max(), color="0.95", zorder=0)
        top.set_title(title, pad=3)
        bottom.set_xlabel(label)
    upper[0].set(ylabel="loss", ylim=(None, 1.5))
    lower[0].set_ylabel("loss over\nits power law")
    keys = _keys(colours)
    figure.legend(handles=keys, loc="outside upper center", ncols=len(keys))
    style.panel_letters([*upper, *lower])
    return figure


def _sums(axes: Axes, sums: pd.DataFrame, colours: Colours) -> None:
    """Direct sums of both models as markers."""
    for alpha, colour in colours.items():
        for model, marker in MARKERS.items():
            curve = select(sums, model=model, alpha=alpha)
            axes.plot(curve["x"], curve["value"], linestyle="none", color=colour, zorder=3, **marker)


def _theory(axes: Axes, sums: pd.DataFrame, column: str, line: style.Line, colours: Colours) -> None:
    """A column of theory: the power law of infinitely many skills, or the law of finitely many."""
    for alpha, colour in colours.items():
        for model in sums["model"].unique():
            curve = select(sums, model=model, alpha=alpha)
            axes.plot(curve["x"], curve[column], linestyle=line, color=colour, linewidth=0.8)


def _conditions(axes: Axes, ranges: pd.DataFrame, colours: Colours) -> None:
    """Bars at the foot where the law's conditions are met, one for each α."""
    for number, (alpha, colour) in enumerate(colours.items()):
        for row in select(ranges, alpha=alpha).dropna(subset=["low"]).itertuples():
            height = 0.03 + 0.035 * number
            axes.plot([row.low, row.high], [height] * 2, color=colour, linewidth=2, alpha=0.6, solid_capstyle="butt",
                      transform=axes.get_xaxis_transform(), zorder=1)  # fmt: skip


def _exponents(axes: Axes, fits: pd.DataFrame, colours: Colours) -> None:
    """Exponents by the law and fitted, in the corner that falling curves leave empty."""
    lines = [("theory, fit", "0.3")]
    lines += [(f"{row.expected:.3f}, {row.corrected:.3f}", colours[row.alpha]) for row in fits.itertuples()]
    for number, (text, colour) in enumerate(lines):
        axes.annotate(
            text.replace("-", "−"), (0.97, 0.985), xycoords="axes fraction", xytext=(0, -7.5 * number),
            textcoords="offset points", ha="right", va="top", color=colour, fontsize=style.TINY,
        )  # fmt: skip


def _keys(colours: Colours) -> list[Line2D]:
    return [
        *(style.key(f"α = {alpha:g}", colour, linewidth=1.6) for alpha, colour in colours.items()),
        style.key("direct sum", line="none", **MARKERS["multilinear"]),
        style.key("linear model", line="none", **MARKERS["linear"]),
        style.key("power law", line=style.DASHED, linewidth=0.8),
        style.key("for finite n_s", linewidth=0.8),
        style.key("conditions met", linewidth=2, alpha=0.6),
    ]
