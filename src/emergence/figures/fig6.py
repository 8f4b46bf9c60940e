"""Figure 6: emergence in time, data and width, networks with five skills over theory."""

from pathlib import Path

import matplotlib.pyplot as plt
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from emergence import tables
from emergence.figures import style
from emergence.schemas.solvable import CROSSINGS, CURVES
from emergence.settings.figures import Figure6Settings

HALF = 0.5


def make(settings: Figure6Settings, curves: Path, crossings: Path, pdf: Path, png: Path) -> None:
    """Draw figure 6: strengths on each axis (a to c), and where they pass one half, over what theory says (d to f)."""
    style.start()
    drawn, passed = tables.read(CURVES, curves), tables.read(CROSSINGS, crossings)
    figure, (upper, lower) = plt.subplots(2, 3, figsize=(style.FULL_WIDTH, 3.9), height_ratios=[1.5, 1])
    for (axis, label), top, bottom in zip(style.AXIS_LABELS.items(), upper, lower, strict=True):
        _strengths(top, drawn[drawn["axis"] == axis])
        _ratios(bottom, passed[(passed["axis"] == axis) & (passed["share"] == HALF)])
        top.set(xlabel=label, ylim=(-0.04, 1.08))
        bottom.set(xlabel="skill", xlim=(0.5, drawn["skill"].max() + 0.5))
        bottom.set_xticks(range(1, drawn["skill"].max() + 1))
    upper[0].set_xscale("log")
    last = drawn.loc[drawn["axis"] == "step", "x"].max()
    upper[0].set_xlim(last / 100, last)  # nothing has begun before
    upper[1].set_xscale("log")
    upper[0].set_ylabel("skill strength R/S")
    lower[0].set_ylabel(f"where R/S passes {HALF:g},\nnetworks over theory")
    _legend(figure, drawn)
    style.panel_letters([*upper, *lower])
    style.save(figure, pdf, png, settings.dpi)


def _strengths(axes: Axes, curves: pd.DataFrame) -> None:
    """Networks as a band of one s.d. about their mean, theory as lines."""
    for skill, colour in zip(sorted(curves["skill"].unique()), style.SKILL_COLOURS, strict=False):
        of_skill = curves[curves["skill"] == skill]
        network = of_skill[of_skill["source"] == "network"].sort_values("x")
        few = {"marker": "o", "markersize": 2.5, "linestyle": "none"} if len(network) < 40 else {"linewidth": 2.2}
        low, high = (network["strength"] + sign * network["spread"] for sign in (-1, 1))
        axes.fill_between(network["x"], low, high, color=colour, alpha=0.2, linewidth=0)
        axes.plot(network["x"], network["strength"], color=colour, alpha=0.55, **few)
        theory = of_skill[of_skill["source"] != "network"]
        for kind, line in theory.groupby(["source", "law"]):
            dark = kind[0] == "fitted"
            axes.plot(
                line["x"], line["strength"], color=colour if dark else "0.6", linestyle=style.LAW_LINES[kind],
                linewidth=0.9 if dark else 0.7, zorder=2 if dark else 1,
            )  # fmt: skip


def _ratios(axes: Axes, passed: pd.DataFrame) -> None:
    """Networks over theory with the constants that are fitted and with those that are published."""
    network = passed[passed["source"] == "network"].set_index("skill")
    kinds = passed[passed["source"] != "network"].groupby(["source", "law"])
    axes.axhline(1, color="0.6", linewidth=0.7)
    markers = {"fitted": "o", "published": "x"}
    for number, ((source, law), theory) in enumerate(kinds):
        expected = theory.set_index("skill")["value"].reindex(network.index)
        place = network.index + 0.16 * (number - (len(kinds) - 1) / 2)
        ratio, low, high = (network[key] / expected for key in ("value", "low", "high"))
        face = "white" if law == "linear" and source == "fitted" and len(kinds) > 2 else None
        for skill, at in zip(network.index, place, strict=True):
            colour = style.SKILL_COLOURS[(skill - 1) % len(style.SKILL_COLOURS)] if source == "fitted" else "0.6"
            axes.plot([at, at], [low[skill], high[skill]], color=colour, linewidth=1.0)
            axes.plot(at, ratio[skill], markers[source], color=colour, markersize=3.5, markerfacecolor=face)
    axes.set_yscale("log")
    axes.set_yticks([0.5, 0.7, 1, 1.4, 2], labels=["0.5", "0.7", "1", "1.4", "2"])
    axes.minorticks_off()
    axes.set_ylim(0.45, 2.2)


def _legend(figure: Figure, drawn: pd.DataFrame) -> None:
    skills = [
        Line2D([], [], color=colour, linewidth=2.2, alpha=0.7, label=f"skill {skill}")
        for skill, colour in zip(sorted(drawn["skill"].unique()), style.SKILL_COLOURS, strict=False)
    ]
    kinds = {
        "networks, mean ± s.d.": Line2D([], [], color="0.5", linewidth=4, alpha=0.4),
        "theory, constants of one skill": Line2D([], [], color="black", linewidth=0.9),
        "linear law of data": Line2D(
            [], [], color="black", linewidth=0.9, linestyle=style.LAW_LINES["fitted", "linear"]
        ),
        "published constants": Line2D(
            [], [], color="0.6", linewidth=0.7, linestyle=style.LAW_LINES["published", "sigmoid"]
        ),
    }
    labels = [*(str(line.get_label()) for line in skills), *kinds]
    handles = [*skills, *kinds.values()]
    figure.legend(handles, labels, loc="outside upper center", ncols=5)
