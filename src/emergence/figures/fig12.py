"""Figure 12. Rank, scores and emergence with and without the collapse."""

from pathlib import Path

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from emergence.analysis.interventions.arms import emerged_in_both, mean_curves
from emergence.analysis.select import seed_summary, select
from emergence.config.arms import PLAIN
from emergence.figures import panels, style
from emergence.io import tables
from emergence.schemas.interventions import ARM_EFFECTS, ARM_EVENTS, ARM_RUNS

TITLE = "Paired interventions"
STUDY = "interventions"
NEEDS = ("interventions",)
READS = {"margin": "interventions.verdicts.margin"}
INPUTS = {"arm_runs": "interventions/analysis/arm_runs/{paired_sizes}.parquet"}
COLOURS = {
    PLAIN: "0.35",
    "prevent": style.BLUE,
    "deepen": style.VERMILION,
    "sham": style.ORANGE,
    "late": style.GREEN,
    "earlier": style.SKY,
    "later": style.PINK,
}
NAMES = {
    PLAIN: "plain",
    "prevent": "collapse prevented",
    "deepen": "collapse deepened",
    "sham": "sham of the same norm",
    "late": "penalty after the collapse",
    "earlier": "collapse moved forward",
    "later": "collapse moved back",
}
CURVES = (PLAIN, "prevent", "deepen", "sham", "late")


def draw(
    dpi: int, margin: float, arm_runs: list[Path], arm_events: Path, arm_effects: Path, pdf: Path, png: Path
) -> None:
    """Draw figure 12 from tables."""
    figure = plot(
        tables.read(ARM_RUNS, *arm_runs),
        tables.read(ARM_EVENTS, arm_events),
        tables.read(ARM_EFFECTS, arm_effects),
        margin,
    )
    style.save(figure, pdf, png, dpi)


def plot(arm_runs: pd.DataFrame, arm_events: pd.DataFrame, arm_effects: pd.DataFrame, margin: float) -> Figure:
    """Rank (a), loss (b) and score (c) of the arms, events pair by pair (d), and ratios of emergence steps (e).

    Args:
        arm_runs: Table ``arm_runs``.
        arm_events: Table ``arm_events``.
        arm_effects: Table ``arm_effects``.
        margin: Ratio within which arms are equivalent.
    """
    figure = style.page(4.4)
    top, bottom = style.rows(figure, [1, 1.05])
    upper = top.subplots(1, 3)
    first = arm_runs.sort_values("parameters", kind="stable")["size"].iloc[0] if len(arm_runs) else ""
    shown = select(arm_runs, size=first)
    for axes, quantity, label in zip(
        upper,
        ("rank", "loss", "exact_match"),
        ("rank of the last layer", "loss (nats per token)", "exact match"),
        strict=True,
    ):
        _arms(axes, select(shown, quantity=quantity))
        axes.set(xlabel="optimiser steps", ylabel=label)
    keys = [
        style.key(NAMES.get(arm, arm), colour, style.DASHED if arm == "sham" else style.SOLID)
        for arm, colour in COLOURS.items()
        if arm in set(arm_runs["arm"])
    ]
    top.legend(handles=keys, loc="outside upper center", ncols=4)
    left, right = bottom.subplots(1, 2, width_ratios=[1, 1.5])
    _events(left, arm_events)
    _effects(right, select(arm_effects, against=PLAIN), margin)
    style.panel_letters([*upper, left, right])
    return figure


def _arms(axes: Axes, rows: pd.DataFrame) -> None:
    """Mean of each arm over seeds, and over task-levels, within its range over seeds."""
    by_run = mean_curves(rows)
    for arm in CURVES:
        panels.band(axes, seed_summary(select(by_run, arm=arm), "value", ["step"]), COLOURS[arm], alpha=0.15)
        if arm == "sham":
            axes.lines[-1].set_linestyle(style.DASHED)  # it would hide the plain arm, which it hardly differs from


def _events(axes: Axes, events: pd.DataFrame) -> None:
    """Step of each event where the collapse is prevented over the step of the same event in the plain run."""
    joined = emerged_in_both(events, "prevent", PLAIN)
    if joined.empty:
        style.not_run(axes, "no events")
        return
    for task, colour in style.task_colours(joined["task"]).items():
        rows = select(joined, task=task)
        axes.plot(rows["step"], rows["step_in_arm"], "o", color=colour, markersize=3, label=task)
    ends = [joined[["step", "step_in_arm"]].min().min() / 1.2, joined[["step", "step_in_arm"]].max().max() * 1.2]
    axes.plot(ends, ends, color="0.6", linewidth=0.6, zorder=0)
    axes.set(xscale="log", yscale="log", xlabel="emergence, plain (step)", ylabel="emergence, collapse prevented")
    for on in ("x", "y"):
        style.plain_ticks(axes, [tick for tick in (10, 20, 50, 100, 200, 500, 1000) if ends[0] < tick < ends[1]], on=on)
    axes.legend(loc="upper left", fontsize=style.TINY, handlelength=1)


def _effects(axes: Axes, effects: pd.DataFrame, margin: float) -> None:
    """Ratio of emergence steps of each arm to the plain one: over all pairs, and lighter by size."""
    arms = [arm for arm in COLOURS if arm in set(effects["arm"])]
    axes.axvspan(1 / margin, margin, color="0.92", zorder=0)
    style.guide(axes, x=1)
    sizes = [size for size in effects["size"].unique() if size != "all"]
    for place, arm in enumerate(arms):
        columns = ("ratio", "low", "high")
        panels.intervals(axes, [place], select(effects, arm=arm, size="all"), columns=columns, colour=COLOURS[arm])
        for number, size in enumerate(sizes if len(sizes) > 1 else []):
            rows, at = select(effects, arm=arm, size=size), place + 0.2 * (number + 1)
            panels.intervals(axes, [at], rows, columns=columns, colour="0.6", linewidth=0.7, markersize=2)
    style.named_rows(axes, [NAMES.get(arm, arm) for arm in arms])
    axes.set_xscale("log")
    style.plain_ticks(axes, [0.5, 0.7, 0.9, 1, 1.1, 1.5, 2, 3], on="x")
    axes.set_xlabel("emergence step over that of the plain arm (grey: equivalence)")
