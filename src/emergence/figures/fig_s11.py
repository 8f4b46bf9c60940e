"""Figure S11. Shares of planted precursors that each rule sees, and of others."""

from pathlib import Path
from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from emergence.analysis.select import select
from emergence.figures import style
from emergence.io import tables
from emergence.schemas.analysis import LEAD_POWER, SMALLEST_LEADS

TITLE = "The power of rules on leads"
STUDY = "anatomy"
NEEDS = ("anatomy.signal_names",)
READS = {"power": "protocol.lead_power.power"}
RULES = {
    "lead differences": ("lead over every rival", style.BLUE, "o"),
    "beyond nulls": ("rate beside its nulls", style.ORANGE, "s"),
    "rate alone": ("rate alone", style.VERMILION, "D"),
    "follower": ("no follower", "0.45", "v"),
}
"""Label, colour and marker."""
CELLS = {("all", "all"): "", ("family", "easy"): ", easy", ("family", "hard"): ", hard"}
"""Classes and difficulty, as they stand behind the measure's name."""
COLUMNS = 4
STUDIES = {"anatomy": "", "parity": " (parity)", "language": " (language)"}
INPUTS = {
    "of_parity": "parity/analysis/lead_power.parquet",
    "least_of_parity": "parity/analysis/smallest_leads.parquet",
    "of_language": "language/analysis/lead_power.parquet",
    "least_of_language": "language/analysis/smallest_leads.parquet",
}


def draw(
    dpi: int,
    power: float,
    lead_power: Path,
    smallest_leads: Path,
    pdf: Path,
    png: Path,
    of_parity: Path | None = None,
    least_of_parity: Path | None = None,
    of_language: Path | None = None,
    least_of_language: Path | None = None,
) -> None:
    """Draw figure S11 from tables."""
    trials = tables.read(LEAD_POWER, lead_power, of_parity, of_language)
    smallest = tables.read(SMALLEST_LEADS, smallest_leads, least_of_parity, least_of_language)
    style.save(plot(trials, smallest, power), pdf, png, dpi)


def plot(lead_power: pd.DataFrame, smallest_leads: pd.DataFrame, power: float) -> Figure:
    """A panel per measure: the share of trials in which each rule sees a lead, over the planted lead; false positives.

    Args:
        lead_power: Table ``lead_power`` of all studies.
        smallest_leads: Table ``smallest_leads`` of all studies.
        power: Share of trials that counts as seen.
    """
    every = lead_power[["study", "measure", "classes", "difficulty"]].drop_duplicates()
    panels = every.to_dict("records")
    if not panels:
        figure = style.page(1.6)
        style.not_run(figure.subplots(), "no event, so no lead was planted")
        return figure
    count = -(-len(panels) // COLUMNS)
    figure = style.page(1.2 * count + 1.4)
    grid = figure.subplots(count, COLUMNS, sharex=True, sharey=True, squeeze=False).ravel()
    for axes, cell in zip(grid, panels, strict=False):
        (name,) = style.measure_names([cell["measure"]])
        title = f"{name}{CELLS[cell['classes'], cell['difficulty']]}{STUDIES[cell['study']]}"
        axes.set_title(title.replace("\n", " "), loc="left", pad=2, fontsize=style.SMALL)
        _curves(axes, select(lead_power, **cell), select(smallest_leads, **cell), power)
    for axes in grid[len(panels) :]:
        axes.axis("off")
    for axes in grid[max(len(panels) - COLUMNS, 0) : len(panels)]:  # the last of each column
        axes.tick_params(labelbottom=True)
    figure.supxlabel("planted lead over the score (checkpoints); grey: trials without a lead", fontsize=style.TEXT)
    figure.supylabel("share of trials in which the rule sees a lead", fontsize=style.TEXT)
    keys = [style.key(label, colour, marker=marker, markersize=3) for label, colour, marker in RULES.values()]
    figure.legend(handles=keys, loc="outside upper center", ncols=len(keys))
    return figure


def _curves(axes: Axes, trials: pd.DataFrame, smallest: pd.DataFrame, power: float) -> None:
    """Each rule's curve with exact intervals, its smallest lead as an open ring, its false positives on the left."""
    own = select(trials, kind="own")
    leads = sorted(own["lead"].unique())
    style.guide(axes, y=power, line=style.DASHED, colour="0.7")
    for place, (rule, (_, colour, marker)) in enumerate(RULES.items()):
        curve = select(own, rule=rule).sort_values("lead", kind="stable")
        if curve.empty:
            continue
        at = [leads.index(lead) for lead in curve["lead"]]
        look: dict[str, Any] = {"color": colour, "marker": marker, "markersize": 2.5}
        axes.fill_between(at, curve["low"], curve["high"], color=colour, alpha=0.15, linewidth=0)
        axes.plot(at, curve["share"], linewidth=1, **look)
        of_rule = select(smallest, rule=rule)
        left = -0.8 - 0.25 * place
        axes.vlines([left], of_rule["low"], of_rule["high"], color=colour, linewidth=1)
        axes.plot([left], of_rule["share"], **look)
        for lead in of_rule["smallest"].dropna():
            share = curve["share"].to_numpy()[at.index(leads.index(lead))]
            axes.plot(leads.index(lead), share, "o", mfc="none", mec=colour, markersize=7, mew=0.9)
    axes.axvspan(-1.9, -0.5, color="0.95", linewidth=0, zorder=0)
    axes.set_xticks(range(len(leads)), [f"{lead:g}" for lead in leads])
    axes.set(ylim=(-0.05, 1.08), xlim=(-1.9, len(leads) - 0.6))
