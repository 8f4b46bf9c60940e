"""Figure S7. Another optimiser, another loss."""

from pathlib import Path

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from emergence.analysis.parity.power_laws import slope_lines
from emergence.analysis.select import seed_summary, select
from emergence.figures import style
from emergence.io import tables
from emergence.schemas.parity import CURVES, ENTROPY, ENTROPY_SLOPES, SWEEP

TITLE = "Beyond the theory"
STUDY = "parity"
NEEDS = ("parity",)
INPUTS = {"adam": "parity/analysis/sweeps/adam.parquet"}
LINES: dict[str, style.Line] = {"SGD": style.SOLID, "Adam": style.DASHED}
SLOPE_COLOURS = {"value": style.BLUE, "predicted": style.VERMILION, "published": style.GREEN}


def draw(
    dpi: int,
    curves: Path,
    pdf: Path,
    png: Path,
    adam: Path | None = None,
    entropy: Path | None = None,
    entropy_slopes: Path | None = None,
) -> None:
    """Draw figure S7 from tables."""
    sgd, of_adam = tables.read(CURVES, curves), tables.read(SWEEP, adam)
    figure = plot(sgd, of_adam, tables.read(ENTROPY, entropy), tables.read(ENTROPY_SLOPES, entropy_slopes))
    style.save(figure, pdf, png, dpi)


def plot(curves: pd.DataFrame, adam: pd.DataFrame, entropy: pd.DataFrame, entropy_slopes: pd.DataFrame) -> Figure:
    """Five skills under SGD and Adam (a), the loss of the cross-entropy variant over time (b).

    Args:
        curves: Table ``curves`` of networks under SGD.
        adam: Table ``sweep`` of networks under Adam.
        entropy: Table ``entropy``.
        entropy_slopes: Table ``entropy_slopes``.
    """
    figure = style.page(2.6)
    left, right = figure.subplots(1, 2, width_ratios=[1.5, 1])
    sgd = select(curves, axis="step", source="network")
    below, above = sgd["strength"] - sgd["spread"], sgd["strength"] + sgd["spread"]
    sgd = sgd.assign(step=sgd["x"], mean=sgd["strength"], low=below, high=above)
    under_adam = seed_summary(adam, "strength", ["skill", "step"], "deviation")
    _optimisers(left, {"SGD": sgd, "Adam": under_adam})
    _entropy(right, entropy, entropy_slopes)
    style.panel_letters([left, right])
    return figure


def _optimisers(axes: Axes, summaries: dict[str, pd.DataFrame]) -> None:
    """Strength of each skill, mean and one s.d. over seeds."""
    drawn = {name: summary.query("step > 0") for name, summary in summaries.items() if len(summary)}
    for name, summary in drawn.items():
        line = LINES[name]
        for skill in sorted(summary["skill"].unique()):
            rows, colour = select(summary, skill=skill).sort_values("step", kind="stable"), style.skill_colour(skill)
            label = f"skill {skill}" if name == next(iter(drawn)) else None
            axes.fill_between(rows["step"], rows["low"], rows["high"], color=colour, alpha=0.2, linewidth=0)
            axes.plot(rows["step"], rows["mean"], color=colour, linestyle=line, label=label)
        axes.plot([], [], color="black", linestyle=line, label=name)
    axes.set(xscale="log", xlabel="optimiser steps", ylabel="skill strength R/S", ylim=(-0.04, 1.08))
    if not drawn:
        style.not_run(axes)
        return
    axes.set_xlim(min(summary["step"].max() for summary in drawn.values()) / 100, None)  # nothing has begun before
    axes.legend(loc="upper left")


def _entropy(axes: Axes, losses: pd.DataFrame, slopes: pd.DataFrame) -> None:
    """Loss of every seed, with the slopes that are fitted, predicted and published through one point."""
    after = losses.query("step > 0")
    for seed in after["seed"].unique():
        of_seed = select(after, seed=seed)
        axes.plot(of_seed["step"], of_seed["infinite"], color="0.4", linewidth=0.8)
    axes.set(xscale="log", yscale="log", xlabel="optimiser steps", ylabel="cross-entropy (nats)")
    if losses.empty:
        style.not_run(axes)
        return
    lines = slope_lines(losses, slopes)
    if lines.empty:
        return
    slope = slopes.iloc[0]
    labels = {
        "value": f"fitted {slope['value']:.2f} [{slope['low']:.2f}, {slope['high']:.2f}]",
        "predicted": f"theory of squared errors {slope['predicted']:.2f}",
        "published": f"published {slope['published']:.2f}",
    }
    for name, colour in SLOPE_COLOURS.items():
        axes.plot(lines["step"], lines[name], color=colour, linewidth=1.2, label=labels[name])
    axes.legend(loc="lower left")
