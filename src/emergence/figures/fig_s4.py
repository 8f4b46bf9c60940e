"""Figure S4. Floors and precursor rates under other settings."""

from pathlib import Path
from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from emergence.analysis.select import numbered, select
from emergence.figures import panels, style
from emergence.io import tables
from emergence.schemas.analysis import CONFIGURED
from emergence.schemas.anatomy import SENSITIVITY

TITLE = "One-at-a-time sensitivity analysis"
STUDY = "anatomy"
NEEDS = ("anatomy.measures.rankme",)
SLOPE = "slope of floors"  # one value; of the other quantities one for each difficulty
RATE = "rate"  # the others are differences, held against none
COLUMNS = {
    SLOPE: "slope of floors,\ndecades per decade",
    RATE: "precursor rate",
    "excess over placebo": "excess over\nplacebo",
    "excess over control": "excess over\ncontrol",
    "excess over own score": "excess over\nown score",
}
FACTORS = {
    CONFIGURED: "as configured",
    "variant": "RankMe {}",
    "threshold": "event threshold {}",
    "persistence": "event persistence {}",
    "smoothing": "smoothing {}",
    "noise_multiple": "onset at {} noise widths",
    "margin": "margin {}",
    "definition": "lead by {}",
}


def draw(dpi: int, sensitivity: Path, pdf: Path, png: Path) -> None:
    """Draw figure S4 from tables."""
    style.save(plot(tables.read(SENSITIVITY, sensitivity)), pdf, png, dpi)


def plot(sensitivity: pd.DataFrame) -> Figure:
    """A row a choice, a column a quantity; the configured choice first and as a line.

    Args:
        sensitivity: Table ``sensitivity``.
    """
    choices = sensitivity[["factor", "value"]].drop_duplicates(ignore_index=True)
    labels = [FACTORS[row.factor].format(row.value) for row in choices.itertuples()]
    placed = numbered(sensitivity, ["factor", "value"])
    figure = style.page(0.17 * len(choices) + 0.9)
    grid = figure.subplots(1, len(COLUMNS), sharey=True, width_ratios=[1.2, 1, 1, 1, 1])
    for axes, (quantity, label) in zip(grid, COLUMNS.items(), strict=True):
        _column(axes, placed, quantity)
        axes.set_xlabel(label)
    style.named_rows(grid[0], labels)
    style.legend(figure, grid[1], loc="outside upper center", ncols=2)
    return figure


def _column(axes: Axes, placed: pd.DataFrame, quantity: str) -> None:
    """Estimates with intervals, of both difficulties where the quantity has them."""
    parts = {f"{quantity}, {name}": (name, colour) for name, colour in style.DIFFICULTY_COLOURS.items()}
    if quantity == SLOPE:
        parts = {quantity: ("", "black")}
    for number, (name, (label, colour)) in enumerate(parts.items()):
        rows = select(placed, quantity=name)
        places = rows["number"] + (number - (len(parts) - 1) / 2) * 0.3
        look: dict[str, Any] = {"linewidth": 0.9, "markersize": 2.5}
        panels.intervals(axes, places, rows, columns=("estimate", "low", "high"), colour=colour, label=label, **look)
        for value in select(rows, factor=CONFIGURED)["estimate"]:
            style.guide(axes, x=value, line=style.DASHED, colour=colour)
    if quantity != RATE:
        style.guide(axes, x=0, colour="0.7")
