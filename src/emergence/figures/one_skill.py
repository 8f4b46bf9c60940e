"""Figure S5: networks with one skill, to which the constants of time, data and width are fitted."""

from pathlib import Path
from typing import Any

import matplotlib.pyplot as plt
import pandas as pd
from matplotlib.axes import Axes

from emergence import tables
from emergence.figures import style
from emergence.schemas.solvable import CONSTANTS, CURVES
from emergence.settings.figures import FigureS5Settings

SYMBOLS = {"step": ("speed", "1/B²"), "samples": ("shots", "D_c"), "width": ("neurons", "N_c")}
NAMES = {("samples", "published"): "1 − √(1 − d/D_c)", ("samples", "linear"): "d/D_c"}


def make(settings: FigureS5Settings, curves: Path, constants: Path, pdf: Path, png: Path) -> None:
    """Draw figure S5: strength over time, data and width, with the fitted and the published laws."""
    style.start()
    drawn, fitted = tables.read(CURVES, curves), tables.read(CONSTANTS, constants)
    figure, panels = plt.subplots(1, 3, figsize=(style.FULL_WIDTH, 2.9), sharey=True)
    for (axis, label), axes in zip(style.AXIS_LABELS.items(), panels, strict=True):
        _one(axes, drawn[drawn["axis"] == axis], fitted)
        axes.set(xlabel=label, ylim=(-0.04, 1.08))
        axes.legend(loc="lower left", bbox_to_anchor=(0, 1.0), handlelength=1.6)
    panels[0].set_ylabel("skill strength R/S")
    style.panel_letters(panels)
    style.save(figure, pdf, png, settings.dpi)


def _one(axes: Axes, curves: pd.DataFrame, fitted: pd.DataFrame) -> None:
    network = curves[curves["source"] == "network"].sort_values("x")
    line: dict[str, Any] = (
        {"marker": "o", "markersize": 2.5, "linestyle": "none"} if len(network) < 40 else {"linewidth": 2.2}
    )
    low, high = (network["strength"] + sign * network["spread"] for sign in (-1, 1))
    axes.fill_between(network["x"], low, high, color="0.55", alpha=0.3, linewidth=0)
    axes.plot(network["x"], network["strength"], color="0.55", label="networks, mean ± s.d.", **line)
    for (source, law), rows in curves[curves["source"] != "network"].groupby(["source", "law"]):
        colour = "0.6" if source == "published" else style.SKILL_COLOURS[4 if law == "linear" else 0]
        label = _label(curves["axis"].iloc[0], source, law, fitted)
        axes.plot(
            rows["x"],
            rows["strength"],
            color=colour,
            linestyle=style.LAW_LINES[source, law],
            linewidth=0.9,
            label=label,
        )


def _label(axis: str, source: str, law: str, fitted: pd.DataFrame) -> str:
    """The law with its constant and the interval of that."""
    name, symbol = SYMBOLS[axis]
    row = fitted[(fitted["constant"] == name) & (fitted["law"] == law)].iloc[0]
    values = row["published"] if source == "published" else row["value"], row["low"], row["high"]
    if axis == "step":
        values = 1 / values[0], 1 / values[2], 1 / values[1]
    law_name = NAMES.get((axis, law), "")
    value, low, high = (f"{found:,.0f}" if found >= 100 else f"{found:.3g}" for found in values)
    head = f"{law_name + ', ' if law_name else ''}{symbol} = {value}"
    return f"{head} (published)" if source == "published" else f"{head} [{low}, {high}]"
