"""Figure 11. Sums of learning rates, rival quantities, and the layer that falls first."""

from pathlib import Path
from typing import Any

import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from emergence.analysis.interventions.clock import CLOCK, OTHER_SEEDS, SETTINGS
from emergence.analysis.interventions.clock_curves import (
    fall_curves,
    half_way,
    quartile_ratio,
    relative_to_last_layer,
)
from emergence.analysis.select import groups, select
from emergence.figures import panels, style
from emergence.io import tables
from emergence.schemas.interventions import CLOCK_COLLAPSES, CLOCK_LAWS, CLOCK_PREDICTIONS, CLOCK_RUNS

TITLE = "The clock of the collapse"
STUDY = "interventions"
NEEDS = ("interventions",)
INPUTS = {"clock_runs": "interventions/analysis/clock_runs/{clock_seeds}.parquet"}
NAMES = {
    "rate_sum": "sum of rates",
    "step": "steps",
    "loss": "loss",
    "gradient_norm": "gradient norm",
    "weight_norm": "weight norm",
    "entropy": "output entropy",
    "settings": "every setting",
    "other_seeds": "other seeds",
}
COLOURS = {"adamw": style.BLUE, "adam": style.SKY, "sgd": style.VERMILION}
OPTIMISERS = {"adamw": "AdamW", "adam": "Adam", "sgd": "SGD"}
MARKERS = {"rate_sum": "o", "step": "x"}


def draw(
    dpi: int,
    clock_runs: list[Path],
    clock_collapses: Path,
    clock_predictions: Path,
    clock_laws: Path,
    pdf: Path,
    png: Path,
) -> None:
    """Draw figure 11 from tables."""
    figure = plot(
        tables.read(CLOCK_RUNS, *clock_runs),
        tables.read(CLOCK_COLLAPSES, clock_collapses),
        tables.read(CLOCK_PREDICTIONS, clock_predictions),
        tables.read(CLOCK_LAWS, clock_laws),
    )
    style.save(figure, pdf, png, dpi)


def plot(
    clock_runs: pd.DataFrame, clock_collapses: pd.DataFrame, clock_predictions: pd.DataFrame, clock_laws: pd.DataFrame
) -> Figure:
    """Falls over steps (a) and sums of rates (b), predictions (c), errors (d), layers (e) and floors (f).

    Args:
        clock_runs: Table ``clock_runs``.
        clock_collapses: Table ``clock_collapses``.
        clock_predictions: Table ``clock_predictions``.
        clock_laws: Table ``clock_laws``.
    """
    figure = style.page(4.6)
    upper, lower = figure.subplots(2, 3)
    of_adamw = select(clock_collapses, optimiser="adamw")
    curves, halves = fall_curves(select(clock_runs, optimiser="adamw"), of_adamw), half_way(of_adamw)
    shades = _shades(curves)
    for axes, over, label in ((upper[0], "step", "optimiser steps"), (upper[1], "scaled", "sum of rates × width")):
        _falls(axes, curves, over, shades)
        axes.set_title(f"half-way: quartiles ×{quartile_ratio(halves[over]):.1f} apart", fontsize=style.SMALL)
        axes.set_xlabel(label)
    upper[0].set_ylabel("share of the fall in rank\nof the last layer")
    handles = [style.key(f"width {width}", shade) for width, shade in shades.items()]
    upper[1].legend(handles=handles, loc="center left", fontsize=style.TINY, handlelength=1.2)
    _predictions(upper[2], clock_predictions)
    _errors(lower[0], clock_laws)
    _layers(lower[1], clock_collapses)
    _floors(lower[2], select(clock_collapses, last=True))
    style.panel_letters([*upper, *lower])
    return figure


def _shades(curves: pd.DataFrame) -> dict[int, Any]:
    widths = sorted(curves["width"].unique())
    shades = sns.color_palette("viridis_r", as_cmap=True)
    return {width: shades(0.12 + 0.83 * place / max(1, len(widths) - 1)) for place, width in enumerate(widths)}


def _falls(axes: Axes, curves: pd.DataFrame, over: str, shades: dict[int, Any]) -> None:
    """One line per run, coloured by its width."""
    for (_, _, width), run in groups(curves, ["cell", "seed", "width"]):
        axes.plot(run[over], run["fall"], color=shades[width], linewidth=0.4, alpha=0.6)
    style.guide(axes, y=0.5)
    axes.set(xscale="log", ylim=(-0.1, 1.1))


def _predictions(axes: Axes, predictions: pd.DataFrame) -> None:
    """Predicted over observed steps in held-out cells, of the clock and of the plain count of steps."""
    if predictions.empty:
        style.not_run(axes, "no held-out cell collapses")
        return
    ends = [predictions["observed"].min() / 1.5, predictions["observed"].max() * 1.5]
    axes.plot(ends, ends, color="0.6", linewidth=0.6, zorder=0)
    for quantity, marker in MARKERS.items():
        for optimiser, colour in COLOURS.items():
            rows = select(predictions, quantity=quantity, optimiser=optimiser)
            shade = colour if quantity == CLOCK else "0.65"
            axes.plot(rows["observed"], rows["predicted"], marker, color=shade, markersize=3, mew=0.7)
    axes.set(xscale="log", yscale="log", xlabel="observed step of half-collapse", ylabel="predicted step")
    for on in ("x", "y"):
        style.plain_ticks(axes, [1, 2, 5, 10, 20, 50, 100, 200], on=on)
    axes.set(xlim=ends, ylim=(min(0.8, ends[0]), ends[1] * 2))
    keys = [style.key(OPTIMISERS[name], colour, "none", marker="o", markersize=3) for name, colour in COLOURS.items()]
    keys = [key for key, name in zip(keys, COLOURS, strict=True) if (predictions["optimiser"] == name).any()]
    keys.append(style.key("from steps alone", "0.65", "none", marker="x", markersize=3))
    axes.legend(handles=keys, loc="upper left", fontsize=style.TINY, handlelength=1)


def _errors(axes: Axes, laws: pd.DataFrame) -> None:
    """Mean error factor of every prediction with its interval over held-out cells; hollow: those added afterwards."""
    if laws.empty:
        style.not_run(axes, "no held-out cell collapses")
        return
    shown = laws.set_index("quantity").reindex([name for name in NAMES if name in set(laws["quantity"])])
    columns = ("factor", "factor_low", "factor_high")
    for place, (quantity, row) in enumerate(shown.iterrows()):
        colour = style.BLUE if quantity == CLOCK else "0.5"
        face = "white" if quantity in (SETTINGS, OTHER_SEEDS) else colour
        panels.intervals(axes, [place], row.to_frame().T, columns=columns, colour=colour, markerfacecolor=face)
    style.guide(axes, x=1)
    axes.set_xscale("log")
    style.plain_ticks(axes, [1, 1.5, 2, 3, 5], on="x")
    style.named_rows(axes, [NAMES[str(name)] for name in shown.index])
    axes.set_xlabel("predicted over observed step,\nmean factor in held-out cells")


def _layers(axes: Axes, collapses: pd.DataFrame) -> None:
    """Step of half-collapse of each layer over that of the last, a line per run."""
    relative = relative_to_last_layer(collapses)
    for (_, _, optimiser), run in groups(relative, ["cell", "seed", "optimiser"]):
        axes.plot(run["depth"], run["ratio"], color=COLOURS[optimiser], linewidth=0.5, alpha=0.5)
    handles = [style.key(OPTIMISERS[name], COLOURS[name]) for name in COLOURS if (relative["optimiser"] == name).any()]
    axes.legend(handles=handles, loc="upper right", fontsize=style.TINY, handlelength=1.2)
    style.guide(axes, y=1)
    axes.set(yscale="log", xlabel="depth of the layer (1: last)", ylabel="step of half-collapse\nover the last layer's")
    style.plain_ticks(axes, [0.5, 0.7, 1, 1.5, 2, 3, 5], on="y")


def _floors(axes: Axes, last: pd.DataFrame) -> None:
    """Floor of each run over its width."""
    for optimiser, colour in COLOURS.items():
        rows = select(last, optimiser=optimiser)
        axes.plot(rows["width"], rows["floor"], "o", color=colour, markersize=2.5, alpha=0.7)
    axes.set(xscale="log", yscale="log", xlabel="width", ylabel="floor of the last layer (RankMe)")
    style.plain_ticks(axes, sorted(last["width"].unique()), on="x")
    style.plain_ticks(axes, [1, 2, 3, 5, 10, 20], on="y")
