"""Figure S10. Loss over time and data, later skills, shots, one width, conserved weights."""

from itertools import cycle
from pathlib import Path

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from emergence.analysis.parity.law_lines import expected_losses
from emergence.analysis.select import seed_summary, select
from emergence.figures import panels, style
from emergence.io import tables
from emergence.schemas.parity import COMPARISONS, NETWORK_EXPONENTS, NETWORK_LOSSES, SHOTS, SWEEP
from emergence.schemas.trajectories import MEASURE

TITLE = "Networks against theory"
STUDY = "parity"
NEEDS = ("parity.measures.layer_balance",)
READS = {"width": "parity.verdicts.spread.width"}
INPUTS = {
    "width_sweep": "parity/analysis/sweeps/width.parquet",
    "balance": "parity/measures/layer_balance/{runs}.parquet",
}
TICKS = (0.5, 1, 2, 5, 10, 20, 50)
COLOURS = (style.BLUE, style.VERMILION)


def draw(
    dpi: int,
    width: int,
    network_losses: Path,
    network_exponents: Path,
    comparisons: Path,
    width_sweep: Path,
    balance: list[Path],
    pdf: Path,
    png: Path,
    shots: Path | None = None,
) -> None:
    """Draw figure S10 from tables."""
    figure = plot(
        tables.read(NETWORK_LOSSES, network_losses),
        tables.read(NETWORK_EXPONENTS, network_exponents),
        tables.read(COMPARISONS, comparisons),
        tables.read(SHOTS, shots),
        select(tables.read(SWEEP, width_sweep), width=width),
        tables.read(MEASURE, *balance),
        width,
    )
    style.save(figure, pdf, png, dpi)


def plot(
    network_losses: pd.DataFrame,
    network_exponents: pd.DataFrame,
    comparisons: pd.DataFrame,
    shots: pd.DataFrame,
    of_width: pd.DataFrame,
    balance: pd.DataFrame,
    width: int,
) -> Figure:
    """Loss over time (a) and data (b), half-times over theory (c), D_c (d), seeds of one width (e), conservation (f).

    Args:
        network_losses: Table ``network_losses``.
        network_exponents: Table ``network_exponents``.
        comparisons: Table ``comparisons``.
        shots: Table ``shots``; empty where it was not made.
        of_width: Rows of table ``sweep`` of networks of one width.
        balance: Rows of the measure `layer_balance`.
        width: Hidden units of these networks.
    """
    figure = style.page(4.2)
    upper, lower = figure.subplots(2, 3)
    for axes, (axis, label) in zip(upper, list(style.AXIS_LABELS.items())[:2], strict=False):
        _loss(axes, select(network_losses, axis=axis), select(network_exponents, axis=axis, part="all"))
        axes.set_xlabel(label)
    upper[0].set_ylabel("loss, with that of skills\nbeyond the finite number")
    _later(upper[2], select(comparisons, quantity="crossing", axis="step"))
    _shots(lower[0], select(shots, law="published"))
    _seeds(lower[1], of_width, width)
    _balance(lower[2], balance)
    style.panel_letters([*upper, *lower])
    return figure


def _loss(axes: Axes, losses: pd.DataFrame, exponents: pd.DataFrame) -> None:
    """Networks as a band of their range, the closed form, and the law through the start of the fitted range."""
    for skills, colour in zip(sorted(losses["skills"].unique()), cycle(COLOURS), strict=False):
        curve, (fit,) = select(losses, skills=skills), select(exponents, skills=skills).to_dict("records")
        axes.fill_between(curve["x"], curve["low"], curve["high"], color=colour, alpha=0.3, linewidth=0)
        axes.plot(curve["x"], curve["value"], color=colour, linewidth=1.4, alpha=0.7, label=f"{skills} skills")
        axes.plot(curve["x"], curve["closed"], color="black", linewidth=0.6)
        law = expected_losses(curve, fit)
        axes.plot(law["x"], law["value"], color=colour, linestyle=style.DASHED, linewidth=0.9)
    axes.plot([], [], color="black", linewidth=0.6, label="closed form")
    axes.plot([], [], color="0.4", linestyle=style.DASHED, label="exponent of the law, fitted range")
    axes.set(xscale="log", yscale="log")
    shown = losses[losses["x"] >= exponents["start"].min() / 3]  # nothing is learned before
    if len(shown):
        axes.set_xlim(shown["x"].min(), shown["x"].max())
        low, high = shown[["low", "closed"]].min(axis=None), shown[["high", "closed"]].max(axis=None)
        axes.set_ylim(0.5 * low, 1.2 * high)
        style.plain_ticks(axes, [tick for tick in TICKS if 0.5 * low <= tick <= 1.2 * high], on="y")
    axes.legend(loc="lower left", fontsize=style.TINY)


def _later(axes: Axes, ratios: pd.DataFrame) -> None:
    style.guide(axes, y=1)
    panels.intervals(axes, ratios["skill"], ratios, columns=("value", "low", "high"), vertical=True,
                     colour=style.BLUE, marker="o")  # fmt: skip
    axes.set(xlabel="skill", ylabel="T50 of networks over\nthe closed form's", xticks=list(ratios["skill"].astype(int)))


def _shots(axes: Axes, shots: pd.DataFrame) -> None:
    if shots.empty:
        style.not_run(axes)
        axes.set_title("samples a skill takes", pad=3)
        return
    names = [f"width {row.width}\nσ {row.sigma:g}" for row in shots.itertuples()]
    panels.intervals(axes, range(len(shots)), shots, colour=style.BLUE)
    style.named_rows(axes, names)
    axes.set_xlabel("D_c (samples of a skill)")


def _seeds(axes: Axes, of_width: pd.DataFrame, width: int) -> None:
    """Strength of every skill in every seed; grey lines join a seed."""
    if of_width.empty:
        style.not_run(axes, f"no networks of width {width}")
        return
    last = of_width[of_width["step"] == of_width["step"].max()]
    for seed in last["seed"].unique():
        of_seed = select(last, seed=seed).sort_values("skill", kind="stable")
        axes.plot(
            of_seed["skill"], of_seed["strength"], "o-", color=style.BLUE, alpha=0.35, linewidth=0.5, markersize=2.5
        )
    axes.set(xlabel="skill", ylabel="R/S of each seed", title=f"width {width}", xticks=sorted(last["skill"].unique()))
    axes.set_ylim(-0.06, 1.06)


def _balance(axes: Axes, balance: pd.DataFrame) -> None:
    """The sum of squared weights grows, the difference of the layers does not."""
    looks = (("norm", style.BLUE, "sum of both layers"), ("difference", style.VERMILION, "second less first layer"))
    for variant, colour, label in looks:
        summary = seed_summary(select(balance, variant=variant), "value", ["step"])
        axes.fill_between(summary["step"], summary["low"], summary["high"], color=colour, alpha=0.3, linewidth=0)
        axes.plot(summary["step"], summary["mean"], color=colour, label=label)
    style.guide(axes, y=0)
    axes.set(xlabel="optimiser steps", ylabel="squared weights")
    axes.legend(loc="center left")
