"""Figure S4: would another choice give another answer?"""

from pathlib import Path

import matplotlib.pyplot as plt
import pandas as pd
from matplotlib.axes import Axes

from emergence import tables
from emergence.figures import style
from emergence.schemas.analysis import SENSITIVITY
from emergence.settings.figures import FigureS4Settings

COLUMNS = {
    "slope of floors": "slope of floors,\ndecades a decade",
    "rate": "precursor rate",
    "excess over placebo": "excess over\nplacebo",
    "excess over control": "excess over\ncontrol",
    "excess over own score": "excess over\nown score",
}
FACTORS = {
    "as configured": "as configured",
    "variant": "RankMe {}",
    "threshold": "event threshold {}",
    "persistence": "event persistence {}",
    "smoothing": "smoothing {}",
    "noise_multiple": "onset at {} noise widths",
    "margin": "margin {}",
}


def make(settings: FigureS4Settings, sensitivity: Path, pdf: Path, png: Path) -> None:
    """Draw figure S4: a row a choice, a column a quantity; the configured choice first and as a line."""
    style.start()
    table = tables.read(SENSITIVITY, sensitivity)
    choices = table[["factor", "value"]].drop_duplicates().reset_index(drop=True)
    labels = [FACTORS[row.factor].format(row.value) for row in choices.itertuples()]
    table = table.merge(choices.assign(place=choices.index), on=["factor", "value"])
    figure, grid = plt.subplots(
        1,
        len(COLUMNS),
        figsize=(style.FULL_WIDTH, 0.17 * len(choices) + 0.9),
        sharey=True,
        width_ratios=[1.2, 1, 1, 1, 1],
    )
    for axes, (quantity, label) in zip(grid, COLUMNS.items(), strict=True):
        _column(axes, table, quantity)
        axes.set_xlabel(label)
    grid[0].set_yticks(range(len(choices)), labels=labels)
    grid[0].set_ylim(len(choices) - 0.5, -0.5)
    handles, names = grid[1].get_legend_handles_labels()
    figure.legend(handles, names, loc="outside upper center", ncols=2)
    style.save(figure, pdf, png, settings.dpi)


def _column(axes: Axes, table: pd.DataFrame, quantity: str) -> None:
    parts = (
        {"": "black"}
        if quantity == "slope of floors"
        else {f", {name}": colour for name, colour in style.DIFFICULTY_COLOURS.items()}
    )
    for place, (suffix, colour) in enumerate(parts.items()):
        rows = table[table["quantity"] == quantity + suffix]
        shift = (place - (len(parts) - 1) / 2) * 0.3
        axes.hlines(rows["place"] + shift, rows["low"], rows["high"], color=colour, linewidth=0.9)
        axes.plot(rows["estimate"], rows["place"] + shift, "o", color=colour, markersize=2.5, label=suffix.strip(", "))
        configured = rows.loc[rows["factor"] == "as configured", "estimate"]
        for value in configured:
            axes.axvline(value, color=colour, linewidth=0.5, linestyle=(0, (2, 2)), zorder=0)
    if quantity.startswith(("excess", "slope")):
        axes.axvline(0, color="0.7", linewidth=0.6, zorder=0)
