"""One style for all figures: sizes for a two-column paper, colour-blind safe colours, how a figure is saved."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import matplotlib as mpl
import matplotlib.pyplot as plt
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from emergence.files import replacing

FULL_WIDTH = 7.2  # inches, both columns

# Okabe and Ito's colours: distinct under every common form of colour blindness.
TASK_COLOURS = {
    "COPY": "#0072B2",
    "REV": "#56B4E9",
    "SORT": "#009E73",
    "CMP": "#8A8A8A",
    "PAR": "#CC79A7",
    "ADD": "#E69F00",
    "MOD": "#D55E00",
    "MUL": "#000000",
    "CTL": "#C8C8C8",
}
SKILL_COLOURS = ["#0072B2", "#56B4E9", "#009E73", "#E69F00", "#D55E00", "#CC79A7"]
DIFFICULTY_COLOURS = {"easy": "#56B4E9", "hard": "#D55E00"}
MEASURE_NAMES = {
    "rankme": "RankMe",
    "rankme_text": "RankMe, passages",
    "fisher": "Fisher rank",
    "gradient_covariance": "gradient rank",
    "hessian": "Hessian, top",
    "llc": "LLC",
    "linear_probe": "linear probe",
    "loss": "own loss",
    "neuromfa_alpha": "NeuroMFA, α₀",
    "neuromfa_width": "NeuroMFA, width",
    "neuromfa_e": "NeuroMFA, E",
    "mean_weight": "mean |w|",
}
NETWORK_COLOURS = {"trained": "#0072B2", "shuffled": "#D55E00", "gaussian": "#E69F00", "rescaled": "#009E73"}
"""Of a network of neurons and of its nulls."""
AXIS_LABELS = {"step": "optimiser steps", "samples": "samples in the data set", "width": "hidden units"}
LAW_LINES = {
    ("fitted", "sigmoid"): (0, ()),
    ("fitted", "published"): (0, ()),
    ("fitted", "linear"): (0, (3, 1.5)),
    ("published", "sigmoid"): (0, (1, 1)),
    ("published", "published"): (0, (1, 1)),
    ("published", "linear"): (0, (1, 1)),
}
"""Of theory: solid where the constant was fitted, by the law of the paper; dotted with the published constant."""
NULL_COLOUR = "#B0B0B0"

STYLE: dict[Any, Any] = {
    "font.size": 7,
    "font.family": "DejaVu Sans",
    "axes.titlesize": 7,
    "axes.labelsize": 7,
    "xtick.labelsize": 6,
    "ytick.labelsize": 6,
    "legend.fontsize": 6,
    "axes.linewidth": 0.6,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "xtick.major.width": 0.6,
    "ytick.major.width": 0.6,
    "xtick.major.size": 2.5,
    "ytick.major.size": 2.5,
    "xtick.minor.size": 1.5,
    "ytick.minor.size": 1.5,
    "lines.linewidth": 1.0,
    "legend.frameon": False,
    "figure.constrained_layout.use": True,
    "pdf.fonttype": 42,
    "svg.hashsalt": "emergence",
}

Colours = dict[str, tuple[float, float, float, float]]


def start() -> None:
    """Apply the style; no window is ever opened."""
    mpl.use("Agg")
    mpl.rcdefaults()
    plt.rcParams.update(STYLE)


def size_colours(frame: pd.DataFrame) -> Colours:
    """A sequential colour for each size, light for the smallest and dark for the largest."""
    ordered = frame[["size", "parameters"]].drop_duplicates().sort_values("parameters")["size"].tolist()
    shades = sns.color_palette("viridis_r", as_cmap=True)
    return {size: shades(0.12 + 0.83 * i / max(1, len(ordered) - 1)) for i, size in enumerate(ordered)}


def size_labels(frame: pd.DataFrame) -> dict[str, str]:
    """Readable names of sizes, with their parameter counts."""
    counts = frame.groupby("size")["parameters"].first()
    return {str(size): f"{size} ({thousands(count)})" for size, count in counts.items()}


def band(axes: Axes, curves: pd.DataFrame, value: str, colours: Colours, alpha: float) -> None:
    """A line a size through the means of ``value`` at each step, in a band from the lowest to the highest."""
    for size, colour in colours.items():
        of_size = curves[curves["size"] == size].groupby("step")[value].agg(["mean", "min", "max"])
        axes.fill_between(of_size.index, of_size["min"], of_size["max"], color=colour, alpha=alpha, linewidth=0)
        axes.plot(of_size.index, of_size["mean"], color=colour)


def thousands(count: float) -> str:
    """Parameter count in K or M.

    >>> thousands(13824), thousands(85_105_152)
    ('14K', '85M')
    """
    return f"{count / 1e6:.0f}M" if count >= 1e6 else f"{count / 1e3:.0f}K"


def step_axis(axes: Axes, first: float, last: float) -> None:
    """Logarithmic axis of optimiser steps that still shows step 0."""
    axes.set_xscale("symlog", linthresh=1, linscale=0.3)
    decades = [10**power for power in range(7) if first <= 10**power <= last]
    axes.set_xticks([0, *decades] if first == 0 else decades)
    axes.set_xticklabels((["0"] if first == 0 else []) + [_power(step) for step in decades])
    axes.set_xlim(first, last)


def _power(step: int) -> str:
    return f"{step // 1000}K" if step >= 1000 else str(step)


def panel_letters(axes: Sequence[Axes], x: float = -0.02) -> None:
    """Bold letters a, b, c ... at the upper left of panels."""
    for letter, panel in zip("abcdefghij", axes, strict=False):
        panel.annotate(
            letter,
            (x, 1.0),
            xycoords="axes fraction",
            xytext=(-14, 4),
            textcoords="offset points",
            fontweight="bold",
            fontsize=9,
        )


def save(figure: Figure, pdf: Path, png: Path, dpi: int) -> None:
    """Write a figure as PDF and PNG, without dates, so that the same tables give the same bytes."""
    figure.set_dpi(dpi)  # hinting makes letters wider or narrower, by resolution: labels are measured as they are drawn
    _settle(figure)
    for path, metadata in ((pdf, {"CreationDate": None, "ModDate": None}), (png, {"Software": None})):
        with replacing(path) as temporary:
            figure.savefig(temporary, format=path.suffix[1:], dpi=dpi, metadata=metadata)
    plt.close(figure)


def _settle(figure: Figure) -> None:
    """Lay out a figure once for all, and round: the solver's last digits depend on addresses in memory."""
    figure.draw_without_rendering()
    figure.set_layout_engine("none")
    for axes in figure.axes:
        bounds = axes.get_position(original=True).bounds
        axes.set_position(tuple(round(value, 5) for value in bounds))
