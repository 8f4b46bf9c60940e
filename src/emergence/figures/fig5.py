"""Figure 5: the limits of prediction. Geometry against emergence time, and whether it knows the order."""

from pathlib import Path

import matplotlib.pyplot as plt
import pandas as pd
from matplotlib.axes import Axes

from emergence import tables
from emergence.figures import style
from emergence.schemas.analysis import EVENTS
from emergence.schemas.limits import LIMITS, ONSETS
from emergence.settings.figures import Figure5Settings

PAIRS = {  # of the table: label, colour, place in the row
    "within easy": ("within easy", style.DIFFICULTY_COLOURS["easy"], 0.22),
    "within hard": ("within hard", style.DIFFICULTY_COLOURS["hard"], 0.0),
    "between": ("easy against hard", "#009E73", -0.22),
}
PUBLISHED = {  # label, and where it stands to its line
    "concordance": {0.27: ("v1: 27 %", "center"), 0.52: ("v3 easy: 52 %", "right"), 0.69: ("v3 hard: 69 %", "left")},
    "swap": {0.26: ("v1, v3: 26 %", "center")},
}


def make(settings: Figure5Settings, events: Path, onsets: list[Path], limits: Path, pdf: Path, png: Path) -> None:
    """Draw figure 5: onset against emergence (a), concordance of pairs (b), reversals between sizes (c)."""
    style.start()
    emerged = tables.read(EVENTS, events).query("metric == @settings.metric and emerged")
    found = tables.read(ONSETS, *onsets)
    tested = tables.read(LIMITS, limits).query("feature == @settings.feature")
    measures = list(tested["measure"].unique())
    figure = plt.figure(figsize=(style.FULL_WIDTH, 0.36 * len(measures) + 3.0))
    upper, lower = figure.subfigures(2, 1, height_ratios=[2.2, 0.36 * len(measures) + 0.9])  # type: ignore[misc]
    sizes = list(style.size_colours(emerged)) if len(emerged) else []
    grid = upper.subplots(1, max(1, len(sizes)), sharex=True, sharey=True, squeeze=False)[0]
    rank = tested.query("statistic == 'spearman' and measure == 'rankme'").set_index("size")
    for axes, size in zip(grid, sizes, strict=False):
        _scatter(axes, emerged[emerged["size"] == size], found[found["measure"] == "rankme"])
        axes.set_title(f"{size}: ρ = {rank.loc[size, 'value']:.2f}", pad=2)
    grid[0].set_ylabel("emergence, step")
    upper.supxlabel("onset of RankMe's recovery, step", fontsize=7)
    upper.legend(*_all(grid), loc="outside upper center", ncols=9, handletextpad=0.2, columnspacing=1)
    left, right = lower.subplots(1, 2, sharey=True)
    _pairs(left, tested, measures)
    _swaps(right, tested, measures)
    lower.legend(*_all([left]), loc="outside lower left", ncols=3, handletextpad=0.2)
    style.panel_letters([grid[0], left, right])
    style.save(figure, pdf, png, settings.dpi)


def _all(grid: list[Axes]) -> tuple[list[object], list[str]]:
    """Legend entries of all panels, without repeats."""
    entries = [entry for axes in grid for entry in zip(*axes.get_legend_handles_labels()[::-1], strict=True)]
    found = dict(entries)
    return list(found.values()), list(found)


def _scatter(axes: Axes, events: pd.DataFrame, onsets: pd.DataFrame) -> None:
    """A dot an event whose curve has an onset."""
    joined = events.merge(onsets.dropna(subset=["onset_step"]), on=["run", "task", "level"])
    for task, rows in joined.groupby("task", sort=False):
        axes.plot(
            rows["onset_step"], rows["step"], "o", markersize=2.5, alpha=0.8, mew=0,
            color=style.TASK_COLOURS.get(str(task), "0.7"), label=task,
        )  # fmt: skip
    axes.set(xscale="log", yscale="log")
    low, high = axes.get_xlim()
    axes.set_xticks([tick for tick in (10, 20, 50, 100, 200, 500, 1000) if low <= tick <= high])
    axes.xaxis.set_major_formatter("{x:g}")
    axes.yaxis.set_major_formatter("{x:g}")
    axes.minorticks_off()


def _row(axes: Axes, place: float, test: pd.Series, colour: str, label: str) -> None:
    """A value with its interval, over the band of its null."""
    axes.plot(
        [test["null_low"], test["null_high"]],
        [place, place],
        color="0.85",
        linewidth=5,
        solid_capstyle="butt",
        zorder=0,
    )
    axes.plot([test["low"], test["high"]], [place, place], color=colour, linewidth=1)
    axes.plot(test["value"], place, "o", color=colour, markersize=3.5, label=label)


def _frame(axes: Axes, measures: list[str], statistic: str) -> None:
    axes.axvline(0.5, color="0.5", linewidth=0.6, zorder=0)
    for value, (label, side) in PUBLISHED[statistic].items():
        axes.axvline(value, color="0.3", linewidth=0.7, linestyle=(0, (2, 2)), zorder=0)
        axes.annotate(label, (value, 1), xycoords=("data", "axes fraction"), xytext=(0, 2), textcoords="offset points",
                      ha=side, fontsize=5, color="0.3")  # fmt: skip
    axes.set(xlim=(0, 1), ylim=(len(measures) - 0.5, -0.5))
    axes.set_yticks(range(len(measures)), labels=[style.MEASURE_NAMES.get(name, name) for name in measures])


def _pairs(axes: Axes, tested: pd.DataFrame, measures: list[str]) -> None:
    rows = tested.query("statistic == 'concordance' and size == 'all' and classes in ('family',)")
    for place, measure in enumerate(measures):
        of_measure = rows[rows["measure"] == measure].set_index("pairs_of")
        for pairs, (label, colour, shift) in PAIRS.items():
            _row(axes, place - shift, of_measure.loc[pairs], colour, label)
    _frame(axes, measures, "concordance")
    axes.set_xlabel("pairs whose order the onset tells")


def _swaps(axes: Axes, tested: pd.DataFrame, measures: list[str]) -> None:
    rows = tested.query("statistic == 'swap' and size == 'all'").set_index("measure")
    for place, measure in enumerate(measures):
        _row(axes, place, rows.loc[measure], "black", "")
        axes.annotate(
            f"{rows.loc[measure, 'pairs']} pairs", (1.0, place), ha="right", va="center", fontsize=5, color="0.4"
        )
    _frame(axes, measures, "swap")
    axes.tick_params(labelleft=False)
    axes.set_xlabel("reversed pairs whose reversal the onset tells")
