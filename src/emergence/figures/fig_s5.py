"""Figure S5. Networks with one skill, and the laws that are fitted to them."""

from pathlib import Path

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from emergence.analysis.parity.law_lines import on_axis
from emergence.analysis.select import select
from emergence.figures import panels, style
from emergence.io import tables
from emergence.schemas.parity import CONSTANTS, CURVES

TITLE = "Constants from one skill"
STUDY = "parity"
NEEDS = ("parity",)
SYMBOLS = {"step": ("speed", "1/B²"), "samples": ("shots", "D_c"), "width": ("neurons", "N_c")}
LAW_NAMES = {("samples", "published"): "1 − √(1 − d/D_c), ", ("samples", "linear"): "d/D_c, "}


def draw(dpi: int, one_skill: Path, constants: Path, pdf: Path, png: Path) -> None:
    """Draw figure S5 from tables."""
    style.save(plot(tables.read(CURVES, one_skill), tables.read(CONSTANTS, constants)), pdf, png, dpi)


def plot(curves: pd.DataFrame, constants: pd.DataFrame) -> Figure:
    """Strength over time (a), data (b) and width (c), with the fitted and the published laws.

    Args:
        curves: Table ``curves`` of networks with one skill.
        constants: Table ``constants``.
    """
    figure = style.page(2.9)
    grid = figure.subplots(1, 3, sharey=True)
    for (axis, label), axes in zip(style.AXIS_LABELS.items(), grid, strict=True):
        _strength(axes, axis, select(curves, axis=axis), constants)
        axes.set(xlabel=label, ylim=(-0.04, 1.08))
        axes.legend(loc="lower left", bbox_to_anchor=(0, 1.0), handlelength=1.6)
    grid[0].set_ylabel("skill strength R/S")
    style.panel_letters(grid)
    return figure


def _strength(axes: Axes, axis: str, curves: pd.DataFrame, constants: pd.DataFrame) -> None:
    """Networks as a band of one s.d. about their mean, the laws as lines."""
    panels.strengths(axes, select(curves, source="network"), "0.3", "networks, mean ± s.d.")
    for (source, law), line in panels.LAW_LINES.items():
        rows = select(curves, source=source, law=law)
        if len(rows):
            colour = "0.6" if source == "published" else style.VERMILION if law == "linear" else style.BLUE
            (constant,) = select(constants, constant=SYMBOLS[axis][0], law=law).to_dict("records")
            label = _label(axis, source, law, constant)
            axes.plot(rows["x"], rows["strength"], color=colour, linestyle=line, linewidth=0.9, label=label)


def _label(axis: str, source: str, law: str, constant: dict[str, float]) -> str:
    """The law with its constant, and the interval of a fitted one."""
    shown = on_axis(axis, constant)
    value = shown["published" if source == "published" else "value"]
    note = "(published)" if source == "published" else f"[{_number(shown['low'])}, {_number(shown['high'])}]"
    return f"{LAW_NAMES.get((axis, law), '')}{SYMBOLS[axis][1]} = {_number(value)} {note}"


def _number(value: float) -> str:
    """Three digits, and no fraction from 100 on.

    >>> _number(21.978), _number(1234.5)
    ('22', '1,234')
    """
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"
