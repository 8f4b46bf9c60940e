"""Figure S3: on what plateau the settings of the local learning coefficient were chosen."""

from functools import partial
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes

from emergence import tables
from emergence.figures import style
from emergence.schemas.trajectories import PLATEAU
from emergence.settings.figures import FigureS3Settings
from emergence.settings.measures import LocalLearning


def make(settings: FigureS3Settings, plateau: Path, pdf: Path, png: Path) -> None:
    """Draw figure S3: λ̂ and the loss that chains gain against step size (a), λ̂ against nβ (b); a row a checkpoint."""
    style.start()
    table, chosen = tables.read(PLATEAU, plateau), settings.options
    steps = sorted(table["step"].unique())
    figure, grid = plt.subplots(
        len(steps), 2, figsize=(style.FULL_WIDTH, 0.7 + 1.9 * len(steps)), squeeze=False, sharex="col",
        width_ratios=[1.4, 1],
    )  # fmt: skip
    for (left, right), step in zip(grid, steps, strict=True):
        rows = table[table["step"] == step]
        _step_sizes(left, rows[rows["n_beta"] == chosen.n_beta], chosen)
        same = (rows["step_size"] == chosen.step_size) & (rows["localisation"] == chosen.localisation)
        _curve(right, rows[same], "n_beta", "black", "")
        right.axvline(chosen.n_beta, color="0.6", linewidth=0.7, linestyle=(0, (2, 2)), zorder=0)
        left.set_ylabel(f"step {step}: λ̂")
        right.set_ylabel("λ̂")
    for axes, label in zip(grid[-1], ("step size ε", "nβ"), strict=True):
        axes.set_xlabel(label)
    handles, labels = grid[0][0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside upper center", ncols=len(labels))
    style.panel_letters(grid[0])
    style.save(figure, pdf, png, settings.dpi)


def _step_sizes(axes: Axes, rows: pd.DataFrame, chosen: LocalLearning) -> None:
    """A curve a pull; the loss that the chains gain is the estimate over nβ, on the axis at the right."""
    pulls = sorted(rows["localisation"].unique())
    for pull, colour in zip(pulls, sns.color_palette("viridis_r", len(pulls) + 1)[1:], strict=True):
        label = f"γ = {pull:g}" + (" (chosen)" if pull == chosen.localisation else "")
        _curve(axes, rows[rows["localisation"] == pull], "step_size", colour, label)
    axes.axvline(chosen.step_size, color="0.6", linewidth=0.7, linestyle=(0, (2, 2)), zorder=0)
    gained = axes.secondary_yaxis(
        "right", functions=(partial(np.multiply, 1 / chosen.n_beta), partial(np.multiply, chosen.n_beta))
    )
    gained.set_yscale("symlog", linthresh=1 / chosen.n_beta)
    gained.set_ylabel("loss gained, nats")


def _curve(axes: Axes, rows: pd.DataFrame, over: str, colour: object, label: str) -> None:
    """The mixture with its standard error, and the quartiles of the task-levels as a band."""
    axes.set(xscale="log", xlim=(rows[over].min() / 1.3, rows[over].max() * 1.3))  # also where every chain diverged
    axes.set_yscale("symlog", linthresh=1.0)
    rows = rows.drop_duplicates([over, "task", "level"])
    mixture = rows[rows["task"].isna()].sort_values(over)
    levels = rows[rows["task"].notna()].groupby(over)["value"].quantile([0.25, 0.75]).unstack()
    axes.fill_between(levels.index, levels[0.25], levels[0.75], color=colour, alpha=0.2, linewidth=0)
    axes.errorbar(mixture[over], mixture["value"], mixture["standard_error"], fmt="o-", color=colour, markersize=2.5,
                  label=label)  # fmt: skip
