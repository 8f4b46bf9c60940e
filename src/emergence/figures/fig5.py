"""Figure 5. Onset against emergence, and whether onsets tell the order of emergence."""

from pathlib import Path
from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure, SubFigure

from emergence.analysis.event_matrix import onsets_of_events
from emergence.analysis.select import select
from emergence.claims.published import ORDERED_EASY, ORDERED_PAIRS, REVERSED_PAIRS
from emergence.figures import panels, style
from emergence.io import tables
from emergence.schemas.analysis import EVENTS, ONSETS
from emergence.schemas.anatomy import ORDER_PREDICTION

TITLE = "Order of emergence"
STUDY = "anatomy"
NEEDS = ("anatomy.signal_names",)
READS = {"metric": "anatomy.metric"}
INPUTS = {"onsets": "anatomy/analysis/onsets/{ordering_signals}.parquet"}
PAIRS = {  # of the table: label, colour, place in the row
    "within easy": ("within easy", style.DIFFICULTY_COLOURS["easy"], -0.22),
    "within hard": ("within hard", style.DIFFICULTY_COLOURS["hard"], 0.0),
    "between": ("easy against hard", style.GREEN, 0.22),
}
PUBLISHED = {  # share, label, and where that stands to its line
    "concordance": [
        (ORDERED_PAIRS["v1"], "v1", "center"),
        (ORDERED_EASY, "v3 easy", "right"),
        (ORDERED_PAIRS["v3"], "v3 hard", "left"),
    ],
    "swap": [(REVERSED_PAIRS, "v1, v3", "center")],
}
SCATTERED = "rankme"
STEPS = [digit * 10**power for power in range(1, 6) for digit in (1, 2, 5)]
"""Ticks of steps: three per decade."""


def draw(dpi: int, metric: str, events: Path, onsets: list[Path], order_prediction: Path, pdf: Path, png: Path) -> None:
    """Draw figure 5 from tables."""
    read = tables.read(EVENTS, events), tables.read(ONSETS, *onsets), tables.read(ORDER_PREDICTION, order_prediction)
    style.save(plot(*read, metric, "onset"), pdf, png, dpi)


def plot(
    events: pd.DataFrame, onsets: pd.DataFrame, order_prediction: pd.DataFrame, metric: str, feature: str
) -> Figure:
    """Onset against emergence (a), concordance of pairs of task-levels (b), reversals between sizes (c).

    Args:
        events: Table ``events``.
        onsets: Table ``onsets`` of all measures.
        order_prediction: Table ``order_prediction``.
        metric: Score whose events are drawn.
        feature: Feature of a measure's curve that is tested.
    """
    tested = select(order_prediction, feature=feature)
    measures = list(tested["measure"].unique())
    figure = style.page(0.36 * len(measures) + 3.0)
    upper, lower = style.rows(figure, [2.2, 0.36 * len(measures) + 0.9])
    emerged = select(events, metric=metric, emerged=True)
    rank = select(tested, statistic="spearman", measure=SCATTERED).set_index("size")["value"]
    first = _scatters(upper, onsets_of_events(emerged, select(onsets, measure=SCATTERED)), emerged, rank)
    left, right = lower.subplots(1, 2, sharey=True)
    _pairs(left, select(tested, statistic="concordance", size="all", classes="family"), measures)
    _reversals(right, select(tested, statistic="swap", size="all"), measures)
    style.legend(lower, left, loc="outside lower left", ncols=3, handletextpad=0.2)
    style.panel_letters([first, left, right])
    return figure


def _scatters(figure: SubFigure, joined: pd.DataFrame, emerged: pd.DataFrame, rank: pd.Series) -> Axes:
    """A panel per size, a dot per event whose curve has an onset; Spearman's correlation in the title."""
    sizes = list(style.size_colours(emerged))
    grid = figure.subplots(1, max(1, len(sizes)), sharex=True, sharey=True, squeeze=False)[0]
    if rank.empty:
        for axes in grid:
            style.not_run(axes)
        return grid[0]
    for axes, size in zip(grid, sizes, strict=False):
        _scatter(axes, select(joined, size=size))
        axes.set_title(f"{size}: ρ = {rank[size]:.2f}", pad=2)
    grid[0].set_ylabel("emergence (step)")
    figure.supxlabel("onset of RankMe's recovery (step)", fontsize=style.TEXT)
    style.legend(figure, *grid, loc="outside upper center", ncols=9, handletextpad=0.2, columnspacing=1)
    return grid[0]


def _scatter(axes: Axes, joined: pd.DataFrame) -> None:
    colours = style.task_colours(joined["task"])
    for task in joined["task"].unique():
        rows = select(joined, task=task)
        look: dict[str, Any] = {"color": colours[task], "markersize": 2.5, "alpha": 0.8, "mew": 0}
        axes.plot(rows["onset_step"], rows["step"], "o", label=task, **look)
    axes.set(xscale="log", yscale="log")
    for axis, (low, high) in ((axes.xaxis, axes.get_xlim()), (axes.yaxis, axes.get_ylim())):
        axis.set_ticks([tick for tick in STEPS if low <= tick <= high])
        axis.set_major_formatter("{x:g}")
    axes.minorticks_off()


def _pairs(axes: Axes, tests: pd.DataFrame, measures: list[str]) -> None:
    for pairs, (label, colour, shift) in PAIRS.items():
        _tests(axes, select(tests, pairs_of=pairs), measures, shift, colour, label)
    _frame(axes, measures, "concordance")
    axes.set_xlabel("share of pairs ordered by onset as by emergence")


def _reversals(axes: Axes, tests: pd.DataFrame, measures: list[str]) -> None:
    _tests(axes, tests, measures, 0.0, "black", "")
    most = int(tests["pairs"].max()) if len(tests) else 0
    for row in tests[tests["pairs"] < most].itertuples():
        place = (1.0, measures.index(row.measure))
        axes.annotate(f"{row.pairs} pairs", place, ha="right", va="center", fontsize=style.TINY, color="0.4")
    _frame(axes, measures, "swap")
    axes.tick_params(labelleft=False)
    axes.set_xlabel(f"share of reversed pairs (n = {most}) whose onsets reverse")


def _tests(axes: Axes, tests: pd.DataFrame, measures: list[str], shift: float, colour: str, label: str) -> None:
    """Values with their intervals, over the bands of their nulls."""
    places = [measures.index(name) + shift for name in tests["measure"]]
    axes.hlines(places, tests["null_low"], tests["null_high"], color="0.85", linewidth=5, zorder=0)
    panels.intervals(axes, places, tests, colour=colour, label=label)


def _frame(axes: Axes, measures: list[str], statistic: str) -> None:
    style.guide(axes, x=0.5, colour="0.5")
    for value, label, side in PUBLISHED[statistic]:
        style.guide(axes, x=value, line=style.DASHED, colour="0.3")
        axes.annotate(
            f"{label}: {100 * value:.0f} %", (value, 1), xycoords=("data", "axes fraction"), xytext=(0, 2),
            textcoords="offset points", ha=side, fontsize=style.TINY, color="0.3",
        )  # fmt: skip
    axes.set_xlim(0, 1)
    style.named_rows(axes, style.measure_names(measures))
