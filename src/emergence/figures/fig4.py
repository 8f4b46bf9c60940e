"""Figure 4. Lead times, rates, and relations by definition."""

from pathlib import Path
from typing import Any, get_args

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from emergence.analysis.select import seed_summary, select
from emergence.config.protocol import Definition
from emergence.figures import panels, style
from emergence.io import tables
from emergence.schemas.analysis import HIERARCHY, LEADS, NULL_LEADS, PRECURSORS

TITLE = "Precursors and their nulls"
STUDY = "anatomy"
NEEDS = ("anatomy.signal_names",)
READS = {
    "metric": "anatomy.metric",
    "definition": "protocol.precursors.definition",
    "margin": "protocol.precursors.margin",
}
SHIFTS = {"easy": -0.17, "hard": 0.17}  # within a row, so that both fit
NULLS = {"placebo, family": ("placebo", "0.82", 0.3), "control": ("control", "0.62", 0.1)}
"""Whose leads are drawn: label, grey and height of the bar."""
DEFINITIONS: tuple[str, ...] = get_args(Definition)
RELATION_COLOURS = {"leads": style.BLUE, "synchronous": style.ORANGE, "lags": style.VERMILION, "none": "#DDDDDD"}


def draw(
    dpi: int,
    metric: str,
    definition: str,
    margin: float,
    leads: list[Path],
    null_leads: list[Path],
    precursors: Path,
    hierarchy: Path,
    pdf: Path,
    png: Path,
) -> None:
    """Draw figure 4 from tables."""
    observed, nulls = tables.read(LEADS, *leads), tables.read(NULL_LEADS, *null_leads)
    rates, shares = tables.read(PRECURSORS, precursors), tables.read(HIERARCHY, hierarchy)
    figure = plot(observed, nulls, rates, shares, metric, definition, margin)
    style.save(figure, pdf, png, dpi)


def plot(
    leads: pd.DataFrame,
    null_leads: pd.DataFrame,
    precursors: pd.DataFrame,
    hierarchy: pd.DataFrame,
    metric: str,
    definition: str,
    margin: float,
) -> Figure:
    """Lead times (a) and precursor rates (b) with their nulls; shares of each relation by definition (c).

    Args:
        leads: Table ``leads`` of all signals.
        null_leads: Table ``null_leads`` of all signals.
        precursors: Table ``precursors``.
        hierarchy: Table ``hierarchy``.
        metric: Score whose events are drawn.
        definition: Definition of a lead in panels a and b.
        margin: Checkpoints within which a measure keeps pace with an event.
    """
    chosen = {"metric": metric, "definition": definition}
    rates = select(precursors, **chosen, size="all", classes="family")
    shares = select(hierarchy, metric=metric, size="all", classes="all")
    measures = list(rates["measure"].unique())
    figure = style.page(0.45 * len(measures) + 2.6)
    heights = [0.32 * len(measures) + 1.1, 0.15 * len(measures) + 1.0]
    upper, lower = style.rows(figure, heights)
    left, right = upper.subplots(1, 2, width_ratios=[1.25, 1], sharey=True)
    _lead_times(left, select(leads, **chosen), select(null_leads, **chosen), measures, margin)
    of_classes = {
        name: (select(rates, difficulty=name), style.DIFFICULTY_COLOURS[name], shift) for name, shift in SHIFTS.items()
    }
    panels.rates(right, of_classes, measures)
    right.set_xlabel("share of events that the measure leads")
    for axes in (left, right):
        for place in range(1, len(measures)):
            style.guide(axes, y=place - 0.5, colour="0.93")
        look: dict[str, Any] = {"ncols": 4, "columnspacing": 1, "handlelength": 1.4}
        style.legend(axes, axes, loc="lower left", bbox_to_anchor=(0, 1.0), **look)
    bars = lower.subplots(1, len(DEFINITIONS), sharey=True)
    for axes, name in zip(bars, DEFINITIONS, strict=True):
        _relations(axes, select(shares, definition=name), measures)
        axes.set_title(name, pad=2)
    style.named_rows(bars[0], style.measure_names(measures))
    lower.supxlabel("share of events", fontsize=style.TEXT)
    style.legend(lower, bars[0], loc="outside upper center", ncols=4)
    style.panel_letters([left, right, bars[0]])
    return figure


def _lead_times(axes: Axes, observed: pd.DataFrame, nulls: pd.DataFrame, measures: list[str], margin: float) -> None:
    """Median, quartiles and deciles of the leads of each difficulty, over bars of those under the nulls."""
    keys = ["measure", "family"]
    deciles, quartiles = (seed_summary(observed, "lead", keys, spread) for spread in ("deciles", "quartiles"))
    under_null = seed_summary(nulls, "lead", [*keys, "null"], "deciles")
    for difficulty, shift in SHIFTS.items():
        for null, (label, grey, height) in NULLS.items():
            rows = select(under_null, family=difficulty, null=null, measure=measures)
            if len(rows):
                places = [measures.index(name) + shift for name in rows["measure"]]
                left, width = rows["low"], rows["high"] - rows["low"]
                axes.barh(places, width, height, left=left, color=grey, linewidth=0, label=label)
        for spread, width in ((deciles, 0.7), (quartiles, 2.2)):
            rows = select(spread, family=difficulty, measure=measures)
            places = [measures.index(name) + shift for name in rows["measure"]]
            axes.hlines(places, rows["low"], rows["high"], color=style.DIFFICULTY_COLOURS[difficulty], linewidth=width)
        axes.plot(
            rows["median"], places, "o", color=style.DIFFICULTY_COLOURS[difficulty], markersize=3.5, label=difficulty
        )
    axes.axvspan(-margin, margin, color="0.9", linewidth=0, zorder=0)
    style.guide(axes, x=0, colour="0.4")
    axes.set_xlabel("lead of the measure over the event (checkpoints)")
    style.named_rows(axes, style.measure_names(measures))


def _relations(axes: Axes, shares: pd.DataFrame, measures: list[str]) -> None:
    """Stacked shares of events that a measure leads, keeps pace with, lags, or has no time for."""
    left = np.zeros(len(measures))
    for relation, colour in RELATION_COLOURS.items():
        of_relation = select(shares, relation=relation).set_index("measure")["share"]
        width = of_relation.reindex(measures).fillna(0.0).to_numpy()
        axes.barh(range(len(measures)), width, 0.75, left=left, color=colour, linewidth=0, label=relation)
        left += width
    axes.set_xlim(0, 1)
