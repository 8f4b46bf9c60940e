"""Figure S3. The plateau on which they were chosen."""

from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from emergence.analysis.select import seed_summary, select, within_error
from emergence.config.measures import LocalLearning
from emergence.figures import panels, style
from emergence.io import tables
from emergence.schemas.anatomy import LLC_SWEEP

TITLE = "Settings of the local learning coefficient"
STUDY = "anatomy"
READS = {"options": "anatomy.measures.llc"}


def draw(dpi: int, options: LocalLearning, llc_sweep: Path, pdf: Path, png: Path) -> None:
    """Draw figure S3 from tables."""
    style.save(plot(tables.read(LLC_SWEEP, llc_sweep), options), pdf, png, dpi)


def plot(llc_sweep: pd.DataFrame, options: LocalLearning) -> Figure:
    """λ̂ and the loss that chains gain against step size (a), λ̂ against nβ (b); a row per checkpoint.

    Args:
        llc_sweep: Table ``llc_sweep``.
        options: The settings chosen, marked by dashed lines.
    """
    steps = sorted(llc_sweep["step"].unique())
    figure = style.page(0.7 + 1.9 * len(steps))
    grid = figure.subplots(len(steps), 2, squeeze=False, sharex="col", width_ratios=[1.4, 1])
    for (left, right), step in zip(grid, steps, strict=True):
        rows = select(llc_sweep, step=step)
        _step_sizes(left, select(rows, n_beta=options.n_beta), options)
        same = select(rows, step_size=options.step_size, localisation=options.localisation)
        _curve(right, same, "n_beta", "black", "")
        style.guide(right, x=options.n_beta, line=style.DASHED)
        left.set_ylabel(f"step {step}: λ̂")
        right.set_ylabel("λ̂")
    for axes, label in zip(grid[-1], ("step size ε", "nβ"), strict=True):
        axes.set_xlabel(label)
    style.legend(figure, grid[0, 0], loc="outside upper center", ncols=10)
    style.panel_letters(grid[0])
    return figure


def _step_sizes(axes: Axes, rows: pd.DataFrame, options: LocalLearning) -> None:
    """A curve a pull; the loss that the chains gain is the estimate over nβ, on the axis at the right."""
    pulls = sorted(rows["localisation"].unique())
    for pull, colour in zip(pulls, sns.color_palette("viridis_r", len(pulls) + 1)[1:], strict=True):
        label = f"γ = {pull:g}" + (" (chosen)" if pull == options.localisation else "")
        _curve(axes, select(rows, localisation=pull), "step_size", colour, label)
    style.guide(axes, x=options.step_size, line=style.DASHED)
    scales = partial(np.multiply, 1 / options.n_beta), partial(np.multiply, options.n_beta)
    gained = axes.secondary_yaxis("right", functions=scales)
    gained.set_yscale("symlog", linthresh=1 / options.n_beta)
    gained.set_ylabel("increase in loss (nats)")


def _curve(axes: Axes, rows: pd.DataFrame, over: str, colour: object, label: str) -> None:
    """The mixture with its standard error, and the quartiles of the task-levels as a band."""
    axes.set(xscale="log", xlim=(rows[over].min() / 1.3, rows[over].max() * 1.3))  # also where every chain diverged
    axes.set_yscale("symlog", linthresh=1.0)
    rows = rows.drop_duplicates([over, "task", "level"])
    levels = seed_summary(rows.dropna(subset=["task"]), "value", [over], "quartiles")
    axes.fill_between(levels[over], levels["low"], levels["high"], color=colour, alpha=0.2, linewidth=0)
    mixture = within_error(select(rows, task=None).sort_values(over, kind="stable"))
    look: dict[str, Any] = {"linewidth": 1.0, "linestyle": "-", "markersize": 2.5}
    panels.intervals(axes, mixture[over], mixture, vertical=True, colour=colour, label=label, **look)
