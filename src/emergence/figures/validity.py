"""Figure S1: validity of the event detectors, on planted curves."""

from pathlib import Path
from typing import Literal

import matplotlib.pyplot as plt
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.ticker import LogLocator, NullLocator

from emergence import tables
from emergence.figures import style
from emergence.schemas.validity import VALIDITY
from emergence.settings.validity import FigureS1Settings

COLOURS = {"threshold": "#0072B2", "changepoint": "#E69F00", "sigmoid": "#009E73"}
NUDGES = {"threshold": 0.95, "changepoint": 1.0, "sigmoid": 1.05}  # on log axes, so that no interval hides another
APART = 2.3  # where the run's own stands on a log axis, in multiples of the highest value planted

Line = Literal["-"] | tuple[float, tuple[float, ...]]
Corner = Literal["upper left", "lower left"]
SOLID: Line = "-"
DASHED: Line = (0, (3, 1.5))
DOTTED: Line = (0, (1, 1.5))


def make(settings: FigureS1Settings, validity: Path, pdf: Path, png: Path) -> None:
    """Draw figure S1: recall (a) and false positives (b) against noise; timing error against width (c), spacing (d)."""
    style.start()
    table = tables.read(VALIDITY, validity)
    grid = table[(table["noise_kind"] == "white") & ~table["observed"]]
    run = table[table["observed"] & table["width"].isna()]  # noise and widths of the run's own transitions
    widths = table[table["observed"] & table["width"].notna() & (table["spacing"] == 1)]
    figure, panels = plt.subplots(1, 4, figsize=(style.FULL_WIDTH, 2.4), width_ratios=[1, 1, 1.1, 0.8])
    _recall(panels[0], grid[grid["width"] == grid["width"].max()], run)
    _false_positives(panels[1], grid[grid["spacing"] == 1], run[run["spacing"] == 1])
    panels[3].sharey(panels[2])
    moving = run[run["scenario"] == "transition"]
    _widths(panels[2], widths, moving[moving["spacing"] == 1])
    _spacings(panels[3], moving)
    marks = settings.marks
    for axes, mark in zip(panels, (marks.recall, marks.false_positives, marks.timing, marks.timing), strict=True):
        axes.axhline(mark, color="0.4", linewidth=0.7, linestyle=DOTTED, zorder=0)
    figure.legend(handles=_handles(), loc="outside upper center", ncols=4, handlelength=1.8)
    style.panel_letters(panels)
    style.save(figure, pdf, png, settings.dpi)


def _handles() -> list[Line2D]:
    lines = [Line2D([], [], color=colour, marker=".", label=name) for name, colour in COLOURS.items()]
    mark = Line2D([], [], color="0.4", linestyle=DOTTED, linewidth=0.7, label="mark for the primary one, at “run”")
    return [*lines, mark]


def _recall(axes: Axes, grid: pd.DataFrame, run: pd.DataFrame) -> None:
    """The widest transitions, at every checkpoint and at the coarsest spacing."""
    coarsest = grid["spacing"].max()
    for spacing, line in ((1, SOLID), (coarsest, DASHED)):
        rows, own = grid[grid["spacing"] == spacing], run[run["spacing"] == spacing]
        _rates(axes, rows, own[own["scenario"] == "transition"], "recall", line)
    _noise_axis(axes, grid, run)
    axes.set(ylabel="recall", ylim=(min(0.9, grid["recall_low"].min() - 0.01), 1.005))
    axes.set_title(f"{grid['width'].max():g} checkpoints wide", pad=3)
    _key(axes, "every checkpoint", f"spacing of {coarsest}", "lower left")


def _false_positives(axes: Axes, grid: pd.DataFrame, run: pd.DataFrame) -> None:
    """Curves without a transition that come nearest to the threshold."""
    highest = grid["level"].max()
    near, own = grid[grid["level"] == highest], run[run["level"] == highest]
    for scenario, line in (("flat", SOLID), ("drift", DASHED)):
        _rates(axes, near[near["scenario"] == scenario], own[own["scenario"] == scenario], "false_positives", line)
    _noise_axis(axes, grid, run)
    axes.set(ylabel="false-positive rate", ylim=(-0.01, None))
    axes.set_title(f"no transition, score {highest:g}", pad=3)
    _key(axes, "stays there", "drifts there", "upper left")


def _rates(axes: Axes, grid: pd.DataFrame, run: pd.DataFrame, rate: str, line: Line) -> None:
    """A line a detector against noise, with exact intervals; apart from it, noise as in the run."""
    apart = run.assign(noise=APART * grid["noise"].max())
    for rows in (grid, apart):
        for name, colour in COLOURS.items():
            of = rows[rows["detector"] == name].sort_values("noise")
            error = [of[rate] - of[f"{rate}_low"], of[f"{rate}_high"] - of[rate]]
            axes.errorbar(
                of["noise"] * NUDGES[name], of[rate], error, color=colour, linestyle=line, linewidth=0.9,
                elinewidth=0.6, marker=".", markersize=4, markerfacecolor=colour if line == SOLID else "white",
            )  # fmt: skip


def _noise_axis(axes: Axes, grid: pd.DataFrame, run: pd.DataFrame) -> None:
    axes.set(xscale="log", xlabel="noise of a score")
    _ticks(axes, grid["noise"], last=APART * grid["noise"].max() if len(run) else None)


def _widths(axes: Axes, grid: pd.DataFrame, run: pd.DataFrame) -> None:
    """Timing error of each planted width, at the noise of the run; apart from them, widths as in the run."""
    axes.set(xscale="log", yscale="log", xlabel="width, checkpoints", ylabel="timing error, checkpoints")
    axes.set_title("noise as in the run", pad=3)
    if grid.empty:
        _none(axes)
        return
    apart = APART * grid["width"].max()
    _errors(axes, grid, "width")
    _errors(axes, run.assign(width=apart), "width")
    _ticks(axes, grid["width"], last=apart)
    _key(axes, "median", "90 %", "upper left")


def _spacings(axes: Axes, run: pd.DataFrame) -> None:
    """Timing error in checkpoints of each spacing, for noise and widths as in the run."""
    axes.set(xscale="log", yscale="log", xlabel="spacing, checkpoints")
    axes.set_title("all as in the run", pad=3)
    axes.tick_params(labelleft=False)
    if run.empty:
        _none(axes)
        return
    _errors(axes, run, "spacing")
    _ticks(axes, run["spacing"])


def _errors(axes: Axes, rows: pd.DataFrame, against: str) -> None:
    for name, colour in COLOURS.items():
        of = rows[rows["detector"] == name].sort_values(against)
        axes.plot(of[against], of["error_median"], color=colour, marker=".", markersize=4)
        axes.plot(
            of[against], of["error_90"], color=colour, marker=".", markersize=4, markerfacecolor="white",
            linestyle=DASHED, linewidth=0.7,
        )  # fmt: skip
    axes.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    axes.yaxis.set_major_formatter(lambda error, _: f"{error:g}")
    axes.yaxis.set_minor_locator(NullLocator())


def _none(axes: Axes) -> None:
    axes.text(0.5, 0.5, "no transition\nin this run", ha="center", va="center", transform=axes.transAxes, color="0.4")


def _key(axes: Axes, solid: str, dashed: str, place: Corner) -> None:
    """What the two kinds of line are, in a legend of the panel's own."""
    looks = ((solid, SOLID, "0.4"), (dashed, DASHED, "white"))
    handles = [
        Line2D([], [], color="0.4", linewidth=0.9, linestyle=line, marker=".", markerfacecolor=face, label=label)
        for label, line, face in looks
    ]
    axes.legend(handles=handles, loc=place, handlelength=2.4)


def _ticks(axes: Axes, values: pd.Series, last: float | None = None) -> None:
    """Ticks at the values that were tried, and at the run's, which stands apart."""
    places = sorted(set(values))
    labels = [f"{value:g}" for value in places]
    axes.set_xticks([*places, last] if last else places, labels=[*labels, "run"] if last else labels)
    axes.xaxis.set_minor_locator(NullLocator())
    axes.set_xlim(0.75 * places[0], 1.33 * (last or places[-1]))
