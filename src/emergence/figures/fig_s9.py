"""Figure S9. Modes, three ReLU neurons, finitely many skills, and width under compute."""

from itertools import cycle
from pathlib import Path

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import NullFormatter

from emergence.analysis.select import select
from emergence.figures import style
from emergence.io import tables
from emergence.schemas.parity import THEORY_CURVES

TITLE = "Theory beside the main laws"
STUDY = "parity"
NEEDS = ("parity",)
COLOURS = style.SKILL_COLOURS[::2]
LINES: dict[str, style.Line] = {"sum": style.SOLID, "corrected": style.DOTTED, "power law": style.DASHED}
NAMES = {"sum": "direct sum", "corrected": "corrected for n_s", "power law": "power law"}
PER_ROW = 3


def draw(dpi: int, theory_curves: Path, pdf: Path, png: Path) -> None:
    """Draw figure S9 from tables."""
    style.save(plot(tables.read(THEORY_CURVES, theory_curves)), pdf, png, dpi)


def plot(theory_curves: pd.DataFrame) -> Figure:
    """Modes (a), neurons (b), finitely many skills (c), and loss against compute for each α (d and on).

    Args:
        theory_curves: Table ``theory_curves``.
    """
    panels = {name: select(theory_curves, panel=name) for name in ("modes", "neurons", "finite", "compute")}
    alphas = sorted(panels["compute"]["alpha"].dropna().unique())
    figure = style.page(4.2)
    upper, lower = figure.subplots(2, PER_ROW)
    _modes(upper[0], panels["modes"])
    _neurons(upper[1], panels["neurons"])
    _finite(upper[2], panels["finite"])
    widths = sorted(panels["compute"]["parameter"].unique())
    shades = dict(zip(widths, mpl.colormaps["viridis_r"](np.linspace(0.1, 0.95, max(1, len(widths)))), strict=True))
    for axes, alpha in zip(lower, alphas, strict=False):
        _compute(axes, select(panels["compute"], alpha=alpha), shades)
        axes.set_title(f"α = {alpha:g}", pad=3)
    for axes in lower[len(alphas) :]:
        axes.set_visible(False)
    lower[0].set_ylabel("loss")
    keys = [style.key(f"N = {width:,.0f}", shades[width]) for width in widths[:: max(1, len(widths) // 5)]]
    keys.append(style.key("N^(α+1) = ηST", "black", "none", marker="o", markersize=3))
    lower[0].legend(handles=keys, loc="lower left", fontsize=style.TINY, handlelength=1.4, labelspacing=0.25)
    style.panel_letters([*upper, *lower[: len(alphas)]])
    return figure


def _modes(axes: Axes, curves: pd.DataFrame) -> None:
    for strength, colour in zip(sorted(curves["parameter"].unique(), reverse=True), cycle(COLOURS), strict=False):
        of_mode = select(curves, parameter=strength)
        axes.plot(of_mode["x"], of_mode["value"], color=colour, label=f"λ = {strength:g}")
    axes.set(xlabel="time ηt", ylabel="a_k b_k / λ_k", ylim=(-0.04, 1.08), title="linear network")
    axes.legend(loc="lower right")


def _neurons(axes: Axes, curves: pd.DataFrame) -> None:
    flow = select(curves, curve="flow")
    axes.plot(flow["x"], flow["value"], color=style.BLUE, linewidth=2.2, alpha=0.6, label="three ReLU neurons")
    for speed, colour in zip(
        sorted(select(curves, curve="sigmoid")["parameter"].unique()), ("black", "0.6"), strict=False
    ):
        of = select(curves, curve="sigmoid", parameter=speed)
        axes.plot(of["x"], of["value"], color=colour, linestyle=style.DASHED, label=f"sigmoid, B² = {speed:.2g}")
    axes.set(xlabel="steps", ylabel="R/S", ylim=(-0.04, 1.08), title="parity of three bits")
    axes.legend(loc="lower right")


def _finite(axes: Axes, curves: pd.DataFrame) -> None:
    for alpha, colour in zip(sorted(curves["alpha"].unique()), cycle(style.SKILL_COLOURS), strict=False):
        for name, line in LINES.items():
            of = select(curves, alpha=alpha, curve=name)
            axes.plot(of["x"], of["value"], color=colour, linestyle=line, linewidth=0.9)
        axes.plot([], [], color=colour, label=f"α = {alpha:g}")
    for name, line in LINES.items():
        axes.plot([], [], color="0.4", linestyle=line, label=NAMES[name])
    axes.set(xscale="log", yscale="log", xlabel="time ηST", ylabel="loss", title="finitely many skills")
    axes.yaxis.set_minor_formatter(NullFormatter())
    axes.legend(loc="lower left", fontsize=style.TINY, labelspacing=0.25)


def _compute(axes: Axes, curves: pd.DataFrame, shades: dict[float, tuple[float, ...]]) -> None:
    """One line a width, a dot where its skills are due at the end."""
    for width, colour in shades.items():
        of_width = select(curves, parameter=width)
        line, dot = select(of_width, curve="width"), select(of_width, curve="balanced")
        axes.plot(line["x"], line["value"], color=colour, linewidth=0.9)
        axes.plot(dot["x"], dot["value"], "o", color=colour, markersize=3, markeredgecolor="black", markeredgewidth=0.4)
    axes.set(xscale="log", yscale="log", xlabel="compute N·ηST")
    axes.yaxis.set_minor_formatter(NullFormatter())
