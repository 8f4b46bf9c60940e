"""Figure S3: on what plateau the settings of the local learning coefficient were chosen."""

from pathlib import Path

import matplotlib.pyplot as plt
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes

from emergence import tables
from emergence.figures import style
from emergence.schemas.trajectories import PLATEAU
from emergence.settings.figures import FigureS3Settings
from emergence.settings.measures import LocalLearning


def make(settings: FigureS3Settings, plateau: Path, pdf: Path, png: Path) -> None:
    """Draw figure S3: λ̂ against step size (a), the loss that chains gain (b), λ̂ against nβ (c); a row a checkpoint."""
    style.start()
    table, chosen = tables.read(PLATEAU, plateau), settings.options
    steps = sorted(table["step"].unique())
    figure, grid = plt.subplots(
        len(steps), 3, figsize=(style.FULL_WIDTH, 0.7 + 1.6 * len(steps)), squeeze=False, sharex="col"
    )
    for row, step in zip(grid, steps, strict=True):
        _checkpoint(row, table[table["step"] == step], chosen)
        row[0].set_ylabel(f"step {step}\nλ̂")
        row[1].set_ylabel("loss gained, nats")
        row[2].set_ylabel("λ̂")
    for axes, label in zip(grid[-1], ("step size ε", "step size ε", "nβ"), strict=True):
        axes.set_xlabel(label)
    handles, labels = grid[0][0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside upper center", ncols=len(labels))
    style.panel_letters(grid[0])
    style.save(figure, pdf, png, settings.dpi)


def _checkpoint(row: list[Axes], table: pd.DataFrame, chosen: LocalLearning) -> None:
    swept = table[table["n_beta"] == chosen.n_beta]
    pulls = sorted(swept["localisation"].unique())
    colours = sns.color_palette("viridis_r", len(pulls) + 1)[1:]
    for pull, colour in zip(pulls, colours, strict=True):
        rows = swept[swept["localisation"] == pull].drop_duplicates(["step_size", "task", "level"])
        label = f"γ = {pull:g}" + (" (chosen)" if pull == chosen.localisation else "")
        for axes, quantity in ((row[0], "value"), (row[1], "rise")):
            _curve(axes, rows, "step_size", quantity, colour, label)
    of_chosen = table[(table["step_size"] == chosen.step_size) & (table["localisation"] == chosen.localisation)]
    _curve(row[2], of_chosen.drop_duplicates(["n_beta", "task", "level"]), "n_beta", "value", "black", "")
    for axes, value in ((row[0], chosen.step_size), (row[1], chosen.step_size), (row[2], chosen.n_beta)):
        axes.axvline(value, color="0.6", linewidth=0.7, linestyle=(0, (2, 2)), zorder=0)
        axes.set_xscale("log")
        axes.set_yscale("symlog", linthresh=1.0 if axes is not row[1] else 0.01)


def _curve(axes: Axes, rows: pd.DataFrame, over: str, value: str, colour: object, label: str) -> None:
    """The mixture with its standard error, and the quartiles of the task-levels as a band."""
    mixture = rows[rows["task"].isna()].sort_values(over)
    levels = rows[rows["task"].notna()].groupby(over)[value].quantile([0.25, 0.75]).unstack()
    axes.fill_between(levels.index, levels[0.25], levels[0.75], color=colour, alpha=0.2, linewidth=0)
    error = mixture["standard_error"] if value == "value" else mixture["standard_error"] / mixture["n_beta"]
    axes.errorbar(mixture[over], mixture[value], error, fmt="o-", color=colour, markersize=2.5, label=label)
