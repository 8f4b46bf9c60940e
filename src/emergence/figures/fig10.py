"""Figure 10. Accuracy, phases of representations, what leads emergence, and E over training."""

from pathlib import Path
from typing import Any

import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.figure import Figure, SubFigure
from matplotlib.ticker import MaxNLocator

from emergence.analysis.collapse import mean_rank
from emergence.analysis.select import last_layer, seed_summary, select
from emergence.claims.published import TOP_DOWN
from emergence.figures import panels, style
from emergence.io import tables
from emergence.schemas.analysis import DIRECTION_SHARES, EVENTS, PRECURSORS
from emergence.schemas.language import PHASE_SHARES, PHASES
from emergence.schemas.neuromfa import DEGREE_OF_EMERGENCE
from emergence.schemas.trajectories import BASELINES, BEHAVIOUR, MEASURE
from emergence.tasks.symbols import PASSAGES

TITLE = "Language models"
STUDY = "language"
NEEDS = ("language.measures.rankme",)
READS = {
    "metric": "language.metric",
    "variant": "protocol.variant",
    "definition": "protocol.precursors.definition",
    "precursor_rate": "protocol.verdicts.precursor_rate",
}
INPUTS = {
    "behaviour": "language/trajectories/{runs}/behaviour.parquet",
    "baselines": "language/tasks/baselines.parquet",
    "measures": "language/measures/rankme/{runs}.parquet",
    "degree_of_emergence": "neuromfa/analysis/degree_of_emergence.parquet",
}
COLUMNS = 4  # of panel a
SHARES = {
    "collapse": "early collapse",
    "last_first": "last layer first",
    "expansion": "expansion",
    "compression": "compression",
    "in_order": "all three, in order",
}
PUBLISHED = {"collapse": [1.0], "last_first": [count / units for count, units in TOP_DOWN.values()]}
"""Of Study 1's tasks: universal, and as counted in v1 and v3."""
NULL_LINES: dict[str, style.Line] = {
    "shuffled": (0, (4, 1.5)),
    "gaussian": (0, (1, 1)),
    "rescaled": (0, (5, 1, 1, 1)),
}
GROUPS = {"probe sets": ("o", "black", -0.13), "text": ("s", style.VERMILION, 0.13)}
"""Marker, colour and shift of shares over probe sets x sizes, and over runs for the passages."""


def draw(
    dpi: int,
    metric: str,
    variant: str,
    definition: str,
    precursor_rate: float,
    behaviour: list[Path],
    baselines: Path,
    events: Path,
    measures: list[Path],
    phases: Path,
    phase_shares: Path,
    direction_shares: Path,
    precursors: Path,
    pdf: Path,
    png: Path,
    degree_of_emergence: Path | None = None,
) -> None:
    """Draw figure 10 from tables."""
    figure = plot(
        tables.read(BEHAVIOUR, *behaviour),
        tables.read(BASELINES, baselines),
        tables.read(EVENTS, events),
        tables.read(MEASURE, *measures),
        tables.read(PHASES, phases),
        tables.read(PHASE_SHARES, phase_shares),
        tables.read(DIRECTION_SHARES, direction_shares),
        tables.read(PRECURSORS, precursors),
        tables.read(DEGREE_OF_EMERGENCE, degree_of_emergence),
        metric=metric,
        variant=variant,
        definition=definition,
        precursor_rate=precursor_rate,
    )
    style.save(figure, pdf, png, dpi)


def plot(
    behaviour: pd.DataFrame,
    baselines: pd.DataFrame,
    events: pd.DataFrame,
    measures: pd.DataFrame,
    phases: pd.DataFrame,
    phase_shares: pd.DataFrame,
    direction_shares: pd.DataFrame,
    precursors: pd.DataFrame,
    degree_of_emergence: pd.DataFrame,
    *,
    metric: str,
    variant: str,
    definition: str,
    precursor_rate: float,
) -> Figure:
    """Accuracy (a), RankMe by layer (b), who passes which phase (c), what leads (d), degree of emergence (e).

    Args:
        behaviour: Table ``behaviour`` of all runs.
        baselines: Table ``baselines``: accuracy by chance.
        events: Table ``events``.
        measures: Table ``measure`` of RankMe, all runs.
        phases: Table ``phases``.
        phase_shares: Table ``phase_shares``.
        direction_shares: Table ``direction_shares``.
        precursors: Table ``precursors``.
        degree_of_emergence: Table ``degree_of_emergence`` of all studies.
        metric: Score that is drawn.
        variant: Variant of RankMe that is drawn.
        definition: Definition of a lead.
        precursor_rate: Rate that a precursor must reach.
    """
    answered = select(behaviour, metric=metric)
    rates = select(precursors, metric=metric, definition=definition, size="all", classes="all")
    leading = list(rates["measure"].unique())
    colours = style.size_colours(answered)
    ends = list(dict.fromkeys([*list(colours)[:1], *list(colours)[-1:]]))  # the smallest and the largest size
    figure = style.page(5.75 + 0.19 * len(leading))
    heights = [2.5, 1.85, 1.4 + 0.19 * len(leading)]
    upper, middle, lower = style.rows(figure, heights)
    chance = select(baselines, metric=metric).set_index("task")["value"]
    emerged = select(events, metric=metric, emerged=True)
    accuracy = _answers(upper, select(answered, size=ends), emerged, chance)
    left, right = style.columns(middle, [1.75, 1])
    layers = _ranks(left, select(measures, variant=variant), select(phases, task=PASSAGES), ends)
    passed = right.subplots()
    _phases(passed, select(phase_shares, size="all"), select(direction_shares, size="all", statistic="last_first"))
    left, right = style.columns(lower, [1, 1.2])
    leads = left.subplots()
    panels.rates(leads, {"measure": (rates, panels.MEASURE_COLOUR, 0.0)}, leading, precursor_rate)
    leads.set_xlabel("share of events that the measure leads")
    style.legend(left, leads, loc="outside upper center", ncols=4, columnspacing=1, handletextpad=0.1)
    grown = _degrees(right, select(degree_of_emergence, study="language"), ends, colours)
    style.panel_letters([accuracy, layers, passed, leads, grown])
    return figure


def _answers(figure: SubFigure, answered: pd.DataFrame, emerged: pd.DataFrame, chance: pd.Series) -> Axes:
    """Accuracy of each probe set for the smallest and the largest size; events as ticks above."""
    colours, sets = style.size_colours(answered), list(answered["task"].unique())
    curves = seed_summary(answered, "value", ["task", "size", "step"])
    grid = figure.subplots(-(-(len(sets) + 1) // COLUMNS), COLUMNS, sharex=True, sharey=True, squeeze=False)
    for name, axes in zip(sets, grid.flat, strict=False):
        panels.size_bands(axes, select(curves, task=name), colours)
        panels.event_ticks(axes, select(emerged, task=name), colours, lowest=1.08, spacing=0.1)
        style.guide(axes, y=chance[name], line=style.DASHED)
        axes.set_title(name.replace("_", "-"), pad=2)
        style.step_axis(axes, 0, answered["step"].max())
        axes.set(ylim=(0.3, 1.25), yticks=[0.5, 1])
        axes.tick_params(labelbottom=True)
    for axes in grid[:, 0]:
        axes.set_ylabel("accuracy")
    for axes in grid.flat[len(sets) :]:
        axes.set_axis_off()
    keys = [
        *style.size_keys(answered),
        style.key("event, one per run", "0.35", "none", marker="|", markersize=5),
        style.key("chance", "0.6", style.DASHED, linewidth=0.6),
    ]
    grid.flat[-1].legend(handles=keys, loc="center", title="size (parameters)")
    figure.supxlabel("optimiser steps", fontsize=style.TEXT)
    first: Axes = grid[0, 0]
    return first


def _ranks(figure: SubFigure, ranks: pd.DataFrame, phases: pd.DataFrame, ends: list[str]) -> Axes:
    """RankMe of passages by layer, and of the probe sets' last layer, geometric means over runs; a panel per size."""
    grid = figure.subplots(1, len(ends), sharey=True, squeeze=False)[0]
    labels, passages = style.size_labels(ranks), select(ranks, task=PASSAGES)
    of_layers = mean_rank(passages, ["size", "layer", "step"])
    of_sets = mean_rank(last_layer(ranks[ranks["task"] != PASSAGES]), ["size", "step"])
    for size, axes in zip(ends, grid, strict=True):
        layers = select(of_layers, size=size)
        first, last = layers["layer"].min(), layers["layer"].max()
        shades = sns.color_palette("mako_r", int(last) + 1)
        names = {first: "passages, first layer", last: "last layer"}
        for layer in layers["layer"].unique():
            curve = select(layers, layer=layer)
            axes.plot(curve["step"], curve["mean"], color=shades[int(layer)], label=names.get(layer))
        curve = select(of_sets, size=size)
        axes.plot(curve["step"], curve["mean"], color=style.ORANGE, label="probe sets, last layer")
        turns = select(phases, size=size, layer=last)
        for name, marker in (("floor", "v"), ("peak", "^")):
            look: dict[str, Any] = {"color": "black", "markersize": 3, "mfc": "none", "mew": 0.7}
            axes.plot(turns[f"{name}_step"], turns[name], marker, label=name, **look)
        axes.set_title(labels[size], pad=2)
        axes.set_yscale("log")
        style.step_axis(axes, 0, layers["step"].max())
    grid[0].yaxis.set_major_locator(MaxNLocator(5))
    grid[0].yaxis.set_major_formatter(lambda value, _: f"{value:g}")
    grid[0].minorticks_off()
    grid[0].set_ylabel("RankMe")
    figure.supxlabel("optimiser steps", fontsize=style.TEXT)
    style.legend(figure, grid[0], loc="outside upper center", ncols=5, columnspacing=1, handlelength=1.2)
    first_panel: Axes = grid[0]
    return first_panel


def _phases(axes: Axes, shares: pd.DataFrame, last_first: pd.DataFrame) -> None:
    """Shares with exact intervals, of probe sets x sizes and of the runs' passages; diamonds as published."""
    names = list(SHARES)
    of_sets = last_first.assign(groups="probe sets", phase="last_first")
    every = pd.concat([shares, of_sets]).drop_duplicates(["groups", "phase"])
    for groups, (marker, colour, shift) in GROUPS.items():
        rows = select(every, groups=groups, phase=names)
        places = [names.index(phase) + shift for phase in rows["phase"]]
        panels.intervals(axes, places, rows, columns=("share", "low", "high"), colour=colour, marker=marker,
                         linewidth=0.9, markersize=3.2, label=groups)  # fmt: skip
    for name, published in PUBLISHED.items():
        places = [names.index(name) - 0.36] * len(published)
        axes.plot(published, places, "D", color="0.55", markersize=3, label="published")
    chance = last_first["chance"]
    axes.plot(chance, [names.index("last_first")] * len(chance), "|", color="0.55", markersize=7, label="chance")
    axes.set_yticks(range(len(names)), labels=list(SHARES.values()))
    axes.set(ylim=(len(names) - 0.5, -0.6), xlim=(-0.03, 1.03), xlabel="share of units")
    look: dict[str, Any] = {"ncols": 2, "columnspacing": 0.8, "handletextpad": 0.1, "borderaxespad": 0.1}
    style.legend(axes, axes, names={"text": "passages"}, loc="lower right", bbox_to_anchor=(1.02, 1.0), **look)


def _degrees(figure: SubFigure, degree: pd.DataFrame, ends: list[str], colours: style.Colours) -> Axes:
    """Degree of emergence over training, mean and range over runs, beside its nulls; a panel per size."""
    grid = figure.subplots(1, len(ends), sharey=True, squeeze=False)[0]
    summary = seed_summary(degree, "E", ["size", "network", "step"])
    for size, axes in zip(ends, grid, strict=True):
        of_size = select(summary, size=size)
        panels.band(axes, select(of_size, network="trained"), colours[size], alpha=0.2)
        for null, line in NULL_LINES.items():
            means = select(of_size, network=null)
            axes.plot(means["step"], means["mean"], color="0.45", linestyle=line, linewidth=0.9, label=null)
        axes.plot([], [], color=colours[size], label="trained")
        style.guide(axes, y=0, colour="0.85")
        axes.set_title(size, pad=2)
        if len(of_size):
            style.step_axis(axes, 0, of_size["step"].max())
        else:
            style.not_run(axes)
    grid[0].set_ylabel("degree of emergence E")
    if len(summary):
        grid[0].legend(loc="upper left", handlelength=2)
    figure.supxlabel("optimiser steps", fontsize=style.TEXT)
    first: Axes = grid[0]
    return first
