"""Figure 10: language models. What they learn, the phases of their representations, what leads, and E over training."""

from collections.abc import Sequence
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.figure import SubFigure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from emergence import tables
from emergence.figures import rates, style
from emergence.published import PUBLISHED_TOP_DOWN
from emergence.schemas.analysis import EVENTS, PRECURSORS, TOP_DOWN
from emergence.schemas.multifractal import DEGREE
from emergence.schemas.phases import PHASE_SHARES, PHASES
from emergence.schemas.trajectories import BASELINES, BEHAVIOUR, MEASURE
from emergence.settings.phases import Figure10Settings
from emergence.tasks.symbols import PASSAGES

COLUMNS = 4  # of panel a
SHARES = {
    "collapse": "early collapse",
    "last_first": "last layer first",
    "expansion": "expansion",
    "compression": "compression",
    "in_order": "all three, in order",
}
PUBLISHED = {"collapse": [1.0], "last_first": [count / units for count, units in PUBLISHED_TOP_DOWN.values()]}
"""Of Study 1's tasks: universal, and as counted in v1 and v3."""
NULL_LINES = {"shuffled": (0, (4, 1.5)), "gaussian": (0, (1, 1)), "rescaled": (0, (5, 1, 1, 1))}
KINDS = {"probe sets": ("o", "black", -0.13), "text": ("s", "#D55E00", 0.13)}
"""Marker, colour and shift of shares over probe sets x sizes, and over runs for the passages."""


def make(
    settings: Figure10Settings,
    behaviour: list[Path],
    baselines: Path,
    events: Path,
    measures: list[Path],
    phases: Path,
    shares: Path,
    top_down: Path,
    precursors: Path,
    degree: Path,
    pdf: Path,
    png: Path,
) -> None:
    """Draw figure 10: accuracy (a), RankMe by layer (b), who passes which phase (c), what leads (d), E (e)."""
    style.start()
    answered = tables.read(BEHAVIOUR, *behaviour).query("metric == @settings.metric")
    ranks = tables.read(MEASURE, *measures).query("variant == @settings.variant")
    found = tables.read(PRECURSORS, precursors).query(
        "metric == @settings.metric and definition == @settings.definition and size == 'all' and classes == 'all'"
    )
    names = list(found["measure"].unique())
    every = list(style.size_colours(answered))
    ends = list(dict.fromkeys([every[0], every[-1]]))
    figure = plt.figure(figsize=(style.FULL_WIDTH, 5.75 + 0.19 * len(names)))
    heights = [2.5, 1.85, 1.4 + 0.19 * len(names)]
    upper, middle, lower = figure.subfigures(3, 1, height_ratios=heights)  # type: ignore[misc]
    chance = tables.read(BASELINES, baselines).query("metric == @settings.metric").set_index("task")["value"]
    emerged = tables.read(EVENTS, events).query("metric == @settings.metric and emerged")
    first = _answers(upper, answered[answered["size"].isin(ends)], emerged, chance)
    left, right = middle.subfigures(1, 2, width_ratios=[1.75, 1])
    layers = _ranks(left, ranks, tables.read(PHASES, phases), ends)
    passed = right.subplots()
    _shares(passed, tables.read(PHASE_SHARES, shares), tables.read(TOP_DOWN, top_down))
    left, right = lower.subfigures(1, 2, width_ratios=[1, 1.2])
    leading = left.subplots()
    rates.panel(leading, found, names, settings.precursor_rate)
    leading.set_xlabel("share of events that the measure leads")
    left.legend(
        *leading.get_legend_handles_labels(), loc="outside upper center", ncols=4, columnspacing=1, handletextpad=0.1
    )
    grown = _degrees(right, tables.read(DEGREE, degree), ends, style.size_colours(answered))
    style.panel_letters([first, layers, passed, leading, grown])
    style.save(figure, pdf, png, settings.dpi)


def _answers(figure: SubFigure, answered: pd.DataFrame, emerged: pd.DataFrame, chance: pd.Series) -> Axes:
    """Accuracy of each probe set for the smallest and the largest size; events as ticks above."""
    colours, labels = style.size_colours(answered), style.size_labels(answered)
    sets = list(answered["task"].unique())
    grid = figure.subplots(-(-(len(sets) + 1) // COLUMNS), COLUMNS, sharex=True, sharey=True, squeeze=False)
    for name, axes in zip(sets, grid.flat, strict=False):
        style.band(axes, answered[answered["task"] == name], "value", colours, alpha=0.2)
        axes.axhline(chance[name], color="0.6", linestyle=(0, (2, 2)), linewidth=0.6, zorder=0)
        for place, (size, colour) in enumerate(colours.items()):
            steps = emerged.loc[(emerged["task"] == name) & (emerged["size"] == size), "step"]
            axes.plot(steps, [1.08 + 0.1 * place] * len(steps), "|", color=colour, markersize=4, markeredgewidth=1)
        axes.set_title(name.replace("_", "-"), pad=2)
        style.step_axis(axes, 0, answered["step"].max())
        axes.set(ylim=(0.3, 1.25), yticks=[0.5, 1])
        axes.tick_params(labelbottom=True)
    for row in grid:
        row[0].set_ylabel("accuracy")
    for axes in grid.flat[len(sets) :]:
        axes.set_axis_off()
    keys = [Line2D([], [], color=colour, label=labels[size]) for size, colour in colours.items()]
    keys.append(Line2D([], [], color="0.35", marker="|", linestyle="none", markersize=5, label="event, one a run"))
    keys.append(Line2D([], [], color="0.6", linestyle=(0, (2, 2)), linewidth=0.6, label="chance"))
    grid.flat[-1].legend(handles=keys, loc="center", title="size (parameters)")
    figure.supxlabel("optimiser step", fontsize=7)
    return grid[0][0]


def _ranks(figure: SubFigure, ranks: pd.DataFrame, phases: pd.DataFrame, ends: Sequence[str]) -> Axes:
    """RankMe of the passages by layer, and of the probe sets' last layer, geometric means over runs; a panel a size."""
    panels = figure.subplots(1, len(ends), sharey=True, squeeze=False)[0]
    labels = style.size_labels(ranks)
    logs = ranks.assign(log=np.log(ranks["value"].clip(lower=1)))
    for size, axes in zip(ends, panels, strict=True):
        of_size = logs[logs["size"] == size]
        last = of_size["layer"].max()
        shades = sns.color_palette("mako_r", int(last) + 1)
        text = of_size["task"] == PASSAGES
        for layer, curves in of_size[text].groupby("layer"):
            label = {of_size["layer"].min(): "passages, first layer", last: "last layer"}.get(layer)
            _curve(axes, curves, color=shades[int(layer)], label=label)
        _curve(axes, of_size[~text & (of_size["layer"] == last)], color="#E69F00", label="probe sets, last layer")
        of_text = phases[(phases["size"] == size) & (phases["task"] == PASSAGES) & (phases["layer"] == last)]
        for name, marker in (("floor", "v"), ("peak", "^")):
            axes.plot(
                of_text[f"{name}_step"], of_text[name], marker, color="black", markersize=3, mfc="none", mew=0.7,
                label=name,
            )  # fmt: skip
        axes.set_title(labels[size], pad=2)
        axes.set_yscale("log")
        style.step_axis(axes, 0, of_size["step"].max())
    panels[0].yaxis.set_major_locator(MaxNLocator(5))
    panels[0].yaxis.set_major_formatter(lambda value, _: f"{value:g}")
    panels[0].minorticks_off()
    panels[0].set_ylabel("RankMe")
    figure.supxlabel("optimiser step", fontsize=7)
    figure.legend(
        *panels[0].get_legend_handles_labels(), loc="outside upper center", ncols=5, columnspacing=1, handlelength=1.2
    )
    return panels[0]


def _curve(axes: Axes, rows: pd.DataFrame, **look: object) -> None:
    means = np.exp(rows.groupby("step")["log"].mean())
    axes.plot(means.index, means, **look)  # type: ignore[arg-type]


def _shares(axes: Axes, shares: pd.DataFrame, top_down: pd.DataFrame) -> None:
    """Shares with exact intervals, of probe sets x sizes and of the runs' passages; diamonds as published."""
    found = shares[shares["size"] == "all"].set_index(["groups", "phase"])
    first = top_down[(top_down["size"] == "all") & (top_down["statistic"] == "last_first")].iloc[0]
    for place, name in enumerate(SHARES):
        for groups, (marker, colour, shift) in KINDS.items():
            row = first if (groups, name) == ("probe sets", "last_first") else None
            row = found.loc[(groups, name)] if (groups, name) in found.index else row
            if row is not None:
                axes.plot([row["low"], row["high"]], [place + shift] * 2, color=colour, linewidth=0.9)
                axes.plot(row["share"], place + shift, marker, color=colour, markersize=3.2, label=groups)
        published = PUBLISHED.get(name, [])
        axes.plot(published, [place - 0.36] * len(published), "D", color="0.55", markersize=3, label="published")
    axes.plot(first["chance"], 1, "|", color="0.55", markersize=7, label="chance")
    axes.set_yticks(range(len(SHARES)), labels=list(SHARES.values()))
    axes.set(ylim=(len(SHARES) - 0.5, -0.6), xlim=(-0.03, 1.03), xlabel="share of units")
    handles, names = axes.get_legend_handles_labels()
    once = dict(zip(names, handles, strict=True))
    once = {("passages" if name == "text" else name): handle for name, handle in once.items()}
    axes.legend(
        once.values(), once.keys(), loc="lower right", bbox_to_anchor=(1.02, 1.0), ncols=2, columnspacing=0.8,
        handletextpad=0.1, borderaxespad=0.1,
    )  # fmt: skip


def _degrees(figure: SubFigure, degree: pd.DataFrame, ends: Sequence[str], colours: style.Colours) -> Axes:
    """Degree of emergence over training, mean and range over runs, beside its nulls; a panel a size."""
    panels = figure.subplots(1, len(ends), sharey=True, squeeze=False)[0]
    of_language = degree[(degree["study"] == "language")].dropna(subset=["E"])
    for size, axes in zip(ends, panels, strict=True):
        rows = of_language[of_language["size"] == size]
        style.band(axes, rows[rows["network"] == "trained"], "E", {size: colours[size]}, alpha=0.2)
        for null, line in NULL_LINES.items():
            means = rows[rows["network"] == null].groupby("step")["E"].mean()
            axes.plot(means.index, means, color="0.45", linestyle=line, linewidth=0.9, label=null)
        axes.plot([], [], color=colours[size], label="trained")
        axes.axhline(0, color="0.85", linewidth=0.6, zorder=0)
        axes.set_title(size, pad=2)
        if len(rows):
            style.step_axis(axes, 0, rows["step"].max())
    panels[0].set_ylabel("degree of emergence E")
    panels[0].legend(loc="upper left", handlelength=2)
    figure.supxlabel("optimiser step", fontsize=7)
    return panels[0]
