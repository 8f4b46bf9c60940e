"""Figure S7: where the theory ends. Another optimiser, another loss."""

from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes

from emergence import tables
from emergence.figures import style
from emergence.schemas.solvable import CURVES, ENTROPY, ENTROPY_SLOPES, SWEEP
from emergence.settings.figures import FigureS7Settings


def make(
    settings: FigureS7Settings, curves: Path, adam: Path, losses: Path, slopes: Path, pdf: Path, png: Path
) -> None:
    """Draw figure S7: five skills under SGD and Adam (a), the loss of the cross-entropy variant over time (b)."""
    style.start()
    figure, (left, right) = plt.subplots(1, 2, figsize=(style.FULL_WIDTH, 2.6), width_ratios=[1.5, 1])
    drawn = tables.read(CURVES, curves).query("axis == 'step' and source == 'network'")
    _optimisers(left, drawn, tables.read(SWEEP, adam))
    _entropy(right, tables.read(ENTROPY, losses), tables.read(ENTROPY_SLOPES, slopes).iloc[0])
    style.panel_letters([left, right])
    style.save(figure, pdf, png, settings.dpi)


def _optimisers(axes: Axes, sgd: pd.DataFrame, adam: pd.DataFrame) -> None:
    """Mean strength of each skill, with one s.d. over seeds."""
    under = {"SGD": sgd.rename(columns={"x": "step"}), "Adam": adam}
    for name, line in {"SGD": "-", "Adam": (0, (3, 1.5))}.items():
        for skill, colour in zip(sorted(adam["skill"].unique()), style.SKILL_COLOURS, strict=False):
            rows = under[name].query("skill == @skill and step > 0")
            sns.lineplot(
                rows, x="step", y="strength", ax=axes, color=colour, linestyle=line, errorbar="sd",
                label=f"skill {skill}" if name == "SGD" else None, err_kws={"linewidth": 0},
            )  # fmt: skip
        axes.plot([], [], color="black", linestyle=line, label=name)
    axes.set(xscale="log", xlabel="optimiser steps", ylabel="skill strength R/S", ylim=(-0.04, 1.08))
    axes.set_xlim(adam["step"].max() / 100, None)  # nothing has begun before
    axes.legend(loc="upper left")


def _entropy(axes: Axes, losses: pd.DataFrame, slope: pd.Series) -> None:
    """Loss of every seed, with the slopes that are fitted, predicted and published through one point."""
    for _, of_seed in losses[losses["step"] > 0].groupby("seed"):
        axes.plot(of_seed["step"], of_seed["infinite"], color="0.4", linewidth=0.8)
    axes.set(xscale="log", yscale="log", xlabel="optimiser steps", ylabel="cross-entropy, nats")
    if np.isnan(slope["value"]):
        return
    steps = np.geomspace(slope["start"], slope["end"], 20)
    mean = losses.groupby("step")["infinite"].mean()
    anchor = float(np.interp(steps[0], mean.index, mean))
    labels = {
        "value": f"fitted {slope['value']:.2f} [{slope['low']:.2f}, {slope['high']:.2f}]",
        "predicted": f"theory of squared errors {slope['predicted']:.2f}",
        "published": f"published {slope['published']:.2f}",
    }
    for (key, label), colour in zip(labels.items(), ("#0072B2", "#D55E00", "#009E73"), strict=True):
        axes.plot(steps, anchor * (steps / steps[0]) ** slope[key], color=colour, linewidth=1.2, label=label)
    axes.legend(loc="lower left")
