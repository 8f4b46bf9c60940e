"""Figure 16. Rank and held-out loss, and the steps that it saves."""

from pathlib import Path

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from emergence.analysis.select import seed_summary, select
from emergence.config.arms import PLAIN, PREVENT
from emergence.figures import panels, style
from emergence.io import tables
from emergence.schemas.interventions import LANGUAGE_ARM_EFFECTS, LANGUAGE_ARM_RUNS

TITLE = "Language models with the collapse prevented"
STUDY = "interventions"
NEEDS = ("interventions.language", "language")
INPUTS = {"language_arm_runs": "interventions/analysis/language_arm_runs/{language_arm_sizes}.parquet"}
COLOURS = {PLAIN: "0.35", PREVENT: style.BLUE}
NAMES = {PLAIN: "plain", PREVENT: "collapse prevented"}
LABELS = {"rank": "rank of the last layer", "loss": "held-out loss (nats per token)"}


def draw(dpi: int, language_arm_runs: list[Path], language_arm_effects: Path, pdf: Path, png: Path) -> None:
    """Draw figure 16 from tables."""
    read = tables.read(LANGUAGE_ARM_RUNS, *language_arm_runs), tables.read(LANGUAGE_ARM_EFFECTS, language_arm_effects)
    style.save(plot(*read), pdf, png, dpi)


def plot(runs: pd.DataFrame, effects: pd.DataFrame) -> Figure:
    """Rank (a) and held-out loss (b) at the largest size, and ratios of steps to the same loss by size (c).

    Args:
        runs: Table ``language_arm_runs``.
        effects: Table ``language_arm_effects``.
    """
    figure = style.page(2.3)
    *curves, ratios = figure.subplots(1, 3)
    largest = runs.sort_values("parameters", kind="stable")["size"].iloc[-1] if len(runs) else ""
    for axes, (quantity, label) in zip(curves, LABELS.items(), strict=True):
        _arms(axes, select(runs, size=largest, quantity=quantity))
        axes.set(xlabel=f"optimiser steps, {largest}", ylabel=label)
    names = list(effects["size"])
    for place, size in enumerate(names):
        panels.intervals(ratios, [place], select(effects, size=size), columns=("ratio", "low", "high"))
    style.guide(ratios, x=1)
    style.named_rows(ratios, ["all sizes" if size == "all" else size for size in names])
    ratios.set_xlabel("steps to the same loss, over plain ones")
    keys = [style.key(NAMES[arm], colour) for arm, colour in COLOURS.items()]
    figure.legend(handles=keys, loc="outside upper center", ncols=len(keys))
    style.panel_letters([*curves, ratios])
    return figure


def _arms(axes: Axes, rows: pd.DataFrame) -> None:
    """Mean of each arm over seeds within its range."""
    for arm, colour in COLOURS.items():
        panels.band(axes, seed_summary(select(rows, arm=arm), "value", ["step"]), colour, alpha=0.15)
