"""Figure 4: the hierarchy. What leads, what keeps pace and what lags, each beside its nulls."""

from pathlib import Path
from typing import get_args

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from emergence import tables
from emergence.figures import style
from emergence.schemas.analysis import HIERARCHY, LEADS, NULL_LEADS, PRECURSORS
from emergence.settings.analysis import Definition
from emergence.settings.figures import Figure4Settings

SHIFTS = {"easy": 0.17, "hard": -0.17}  # of a row, so that both fit
DEFINITIONS: tuple[str, ...] = get_args(Definition)
NULL_MARKERS = {"shift": "x", "placebo": "s", "control": "D", "random": "|", "own score": "^", "own loss": "v"}
RELATION_COLOURS = {"leads": "#0072B2", "synchronous": "#E69F00", "lags": "#D55E00", "none": "#DDDDDD"}


def make(
    settings: Figure4Settings,
    leads: list[Path],
    null_leads: list[Path],
    precursors: Path,
    hierarchy: Path,
    pdf: Path,
    png: Path,
) -> None:
    """Draw figure 4: lead times (a) and precursor rates (b) with their nulls; what leads by each definition (c)."""
    style.start()
    chosen = "metric == @settings.metric and definition == @settings.definition"
    observed = tables.read(LEADS, *leads).query(chosen)
    nulls = tables.read(NULL_LEADS, *null_leads).query(chosen)
    rates = tables.read(PRECURSORS, precursors).query(f"{chosen} and size == 'all' and classes == 'family'")
    shares = tables.read(HIERARCHY, hierarchy).query(
        "metric == @settings.metric and size == 'all' and classes == 'all'"
    )
    measures = list(rates["measure"].unique())
    figure = plt.figure(figsize=(style.FULL_WIDTH, 0.45 * len(measures) + 2.6))
    upper, lower = figure.subfigures(2, 1, height_ratios=[0.32 * len(measures) + 1.1, 0.15 * len(measures) + 1.0])  # type: ignore[misc]
    left, right = upper.subplots(1, 2, width_ratios=[1.25, 1], sharey=True)
    for place, measure in enumerate(measures):
        of_measure = [table[table["measure"] == measure] for table in (observed, nulls, rates)]
        _lead_times(left, place, *of_measure[:2])
        _rates(right, place, of_measure[2])
    left.axvline(0, color="0.4", linewidth=0.6)
    left.axvspan(-settings.margin, settings.margin, color="0.9", linewidth=0, zorder=0)
    left.set(xlabel="checkpoints by which the measure is ahead of the event", ylim=(len(measures) - 0.5, -0.5))
    left.set_yticks(range(len(measures)), labels=[style.MEASURE_NAMES.get(name, name) for name in measures])
    right.set(xlabel="share of events that the measure leads", xlim=(-0.03, 1.03))
    for axes in (left, right):
        for place in range(1, len(measures)):
            axes.axhline(place - 0.5, color="0.93", linewidth=0.5, zorder=0)
        axes.legend(*_once(axes), loc="lower left", bbox_to_anchor=(0, 1.0), ncols=4, columnspacing=1, handlelength=1.4)
    bars = lower.subplots(1, len(DEFINITIONS), sharey=True)
    for axes, definition in zip(bars, DEFINITIONS, strict=True):
        _shares(axes, shares[shares["definition"] == definition], measures)
        axes.set_title(definition, pad=2)
    bars[0].set_yticks(range(len(measures)), labels=[style.MEASURE_NAMES.get(name, name) for name in measures])
    bars[0].set_ylim(len(measures) - 0.5, -0.5)
    lower.supxlabel("share of events", fontsize=7)
    lower.legend(*bars[0].get_legend_handles_labels(), loc="outside upper center", ncols=4)
    style.panel_letters([left, right, bars[0]])
    style.save(figure, pdf, png, settings.dpi)


def _once(axes: Axes) -> tuple[list[object], list[str]]:
    """Legend entries without repeats."""
    handles, labels = axes.get_legend_handles_labels()
    return list(dict(zip(labels, handles, strict=True)).values()), list(dict.fromkeys(labels))


def _lead_times(axes: Axes, place: int, observed: pd.DataFrame, nulls: pd.DataFrame) -> None:
    """Median, quartiles and deciles of the leads of each difficulty, over a band of those under the nulls."""
    for difficulty, shift in SHIFTS.items():
        row = place - shift
        for null, (colour, height) in {"placebo, family": ("0.82", 0.3), "control": ("0.62", 0.1)}.items():
            of_null = nulls.loc[(nulls["null"] == null) & (nulls["family"] == difficulty), "lead"]
            if len(of_null):
                low, high = of_null.quantile([0.1, 0.9])
                axes.barh(row, high - low, height, left=low, color=colour, linewidth=0, label=null.partition(",")[0])
        leads = observed.loc[observed["family"] == difficulty, "lead"].dropna()
        if leads.empty:
            continue
        colour = style.DIFFICULTY_COLOURS[difficulty]
        tenth, quarter, middle, three, nine = leads.quantile([0.1, 0.25, 0.5, 0.75, 0.9])
        axes.plot([tenth, nine], [row, row], color=colour, linewidth=0.7)
        axes.plot([quarter, three], [row, row], color=colour, linewidth=2.2, solid_capstyle="butt")
        axes.plot(middle, row, "o", color=colour, markersize=3.5, label=difficulty)


def _rates(axes: Axes, place: int, rates: pd.DataFrame) -> None:
    """Rate of each difficulty with its interval over runs; nulls as grey markers in the same row."""
    for difficulty, shift in SHIFTS.items():
        rows = rates[rates["difficulty"] == difficulty].set_index("control")
        row, colour = place - shift, style.DIFFICULTY_COLOURS[difficulty]
        for null, marker in NULL_MARKERS.items():
            axes.plot(
                rows.loc[null, "rate"], row, marker, color="0.55", markersize=3, mew=0.8, linestyle="none", label=null
            )
        rate = rows.loc["observed"]
        axes.plot([rate["low"], rate["high"]], [row, row], color=colour, linewidth=1.1)
        axes.plot(rate["rate"], row, "o", color=colour, markersize=3.5, label=difficulty)


def _shares(axes: Axes, shares: pd.DataFrame, measures: list[str]) -> None:
    """Stacked shares of events that a measure leads, keeps pace with, lags or has no time for."""
    wide = shares.pivot(index="measure", columns="relation", values="share").reindex(measures)
    left = np.zeros(len(measures))
    for relation, colour in RELATION_COLOURS.items():
        width = wide[relation].fillna(0.0).to_numpy() if relation in wide else np.zeros(len(measures))
        axes.barh(range(len(measures)), width, 0.75, left=left, color=colour, linewidth=0, label=relation)
        left += width
    axes.set_xlim(0, 1)
