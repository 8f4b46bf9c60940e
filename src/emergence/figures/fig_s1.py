"""Figure S1. Recall, false positives and timing errors on planted curves."""

from pathlib import Path
from typing import Any, Literal

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import LogLocator, NullLocator

from emergence.analysis.select import select
from emergence.config.protocol import DetectorVerdicts
from emergence.figures import panels, style
from emergence.io import tables
from emergence.schemas.anatomy import DETECTOR_VALIDITY

TITLE = "Validity of the event detectors"
STUDY = "anatomy"
NEEDS = ("anatomy",)
READS = {"marks": "protocol.verdicts.detector"}
COLOURS = {"threshold": style.BLUE, "changepoint": style.ORANGE, "sigmoid": style.GREEN}
NUDGES = {"threshold": 0.95, "changepoint": 1.0, "sigmoid": 1.05}  # on log axes, so that no interval hides another
APART = 2.3  # where this run's transitions stand on a log axis, in multiples of the highest value planted

Corner = Literal["upper left", "lower left"]


def draw(dpi: int, marks: DetectorVerdicts, detector_validity: Path, pdf: Path, png: Path) -> None:
    """Draw figure S1 from tables."""
    figure = plot(tables.read(DETECTOR_VALIDITY, detector_validity), marks.recall, marks.false_positives, marks.timing)
    style.save(figure, pdf, png, dpi)


def plot(detector_validity: pd.DataFrame, recall: float, false_positives: float, timing: float) -> Figure:
    """Recall (a) and false positives (b) against noise; timing error against width (c) and spacing (d).

    Args:
        detector_validity: Table ``detector_validity``.
        recall: Recall that the primary detector must reach.
        false_positives: Rate of false positives that it must stay below.
        timing: Timing error that it must stay below, in checkpoints.
    """
    grid = select(detector_validity, noise_kind="white", observed=False)
    run = select(detector_validity, observed=True, width=None)  # noise and widths of the run's own transitions
    moving = select(run, scenario="transition")
    widths = select(detector_validity, observed=True, spacing=1).dropna(subset=["width"])
    figure = style.page(2.4)
    axes = figure.subplots(1, 4, width_ratios=[1, 1, 1.1, 0.8])
    axes[3].sharey(axes[2])
    _recall(axes[0], select(grid, width=grid["width"].max()), run)
    _false_positives(axes[1], select(grid, spacing=1), select(run, spacing=1))
    _widths(axes[2], widths, select(moving, spacing=1))
    _spacings(axes[3], moving)
    for panel, mark in zip(axes, (recall, false_positives, timing, timing), strict=True):
        style.guide(panel, y=mark, line=style.DOTTED, colour="0.4")
    figure.legend(handles=_keys(), loc="outside upper center", ncols=4, handlelength=1.8)
    style.panel_letters(axes)
    return figure


def _keys() -> list[Line2D]:
    lines = [style.key(name, colour, marker=".") for name, colour in COLOURS.items()]
    return [*lines, style.key("required of the primary detector, at “run”", "0.4", style.DOTTED, linewidth=0.7)]


def _recall(axes: Axes, grid: pd.DataFrame, run: pd.DataFrame) -> None:
    """The widest transitions, at every checkpoint and at the coarsest spacing."""
    coarsest = grid["spacing"].max()
    for spacing, line in ((1, style.SOLID), (coarsest, style.DASHED)):
        _rates(axes, select(grid, spacing=spacing), select(run, spacing=spacing, scenario="transition"), "recall", line)
    _noise_axis(axes, grid, run)
    axes.set(ylabel="recall", ylim=(min(0.9, grid["recall_low"].min() - 0.01), 1.005))
    axes.set_title(f"{grid['width'].max():g} checkpoints wide", pad=3)
    _key_of_lines(axes, "every checkpoint", f"spacing of {coarsest}", "lower left")


def _false_positives(axes: Axes, grid: pd.DataFrame, run: pd.DataFrame) -> None:
    """Curves without a transition that come nearest to the threshold."""
    highest = grid["level"].max()
    for scenario, line in (("flat", style.SOLID), ("drift", style.DASHED)):
        chosen = {"level": highest, "scenario": scenario}
        _rates(axes, select(grid, **chosen), select(run, **chosen), "false_positives", line)
    _noise_axis(axes, grid, run)
    axes.set(ylabel="false-positive rate", ylim=(-0.01, None))
    axes.set_title(f"no transition, score {highest:g}", pad=3)
    _key_of_lines(axes, "flat", "drifting", "upper left")


def _rates(axes: Axes, grid: pd.DataFrame, run: pd.DataFrame, rate: str, line: style.Line) -> None:
    """A line a detector against noise, with exact intervals; apart from it, noise as in the run."""
    apart = run.assign(noise=APART * grid["noise"].max())
    for table in (grid, apart):
        for name, colour in COLOURS.items():
            rows = select(table, detector=name).sort_values("noise", kind="stable")
            panels.intervals(
                axes, rows["noise"] * NUDGES[name], rows, columns=(rate, f"{rate}_low", f"{rate}_high"), vertical=True,
                colour=colour, marker=".", markersize=4, linewidth=0.6, linestyle=line,
                markerfacecolor=colour if line == style.SOLID else "white",
            )  # fmt: skip


def _noise_axis(axes: Axes, grid: pd.DataFrame, run: pd.DataFrame) -> None:
    axes.set(xscale="log", xlabel="noise of the score")
    _ticks(axes, grid["noise"], last=APART * grid["noise"].max() if len(run) else None)


def _widths(axes: Axes, grid: pd.DataFrame, run: pd.DataFrame) -> None:
    """Timing error of each planted width, at the noise of the run; apart from them, widths as in the run."""
    axes.set(xscale="log", yscale="log", xlabel="width (checkpoints)", ylabel="timing error (checkpoints)")
    axes.set_title("noise as in the run", pad=3)
    if grid.empty:
        style.not_run(axes, "no transition\nin this run")
        return
    apart = APART * grid["width"].max()
    _timing_errors(axes, grid, "width")
    _timing_errors(axes, run.assign(width=apart), "width")
    _ticks(axes, grid["width"], last=apart)
    _key_of_lines(axes, "median", "90 %", "upper left")


def _spacings(axes: Axes, run: pd.DataFrame) -> None:
    """Timing error in checkpoints of each spacing, for noise and widths as in the run."""
    axes.set(xscale="log", yscale="log", xlabel="spacing (checkpoints)")
    axes.set_title("all as in the run", pad=3)
    axes.tick_params(labelleft=False)
    if run.empty:
        style.not_run(axes, "no transition\nin this run")
        return
    _timing_errors(axes, run, "spacing")
    _ticks(axes, run["spacing"])


def _timing_errors(axes: Axes, errors: pd.DataFrame, against: str) -> None:
    for name, colour in COLOURS.items():
        rows = select(errors, detector=name).sort_values(against, kind="stable")
        look: dict[str, Any] = {"color": colour, "marker": ".", "markersize": 4}
        axes.plot(rows[against], rows["error_median"], **look)
        dashed: dict[str, Any] = {"markerfacecolor": "white", "linestyle": style.DASHED, "linewidth": 0.7}
        axes.plot(rows[against], rows["error_90"], **look, **dashed)
    axes.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    axes.yaxis.set_major_formatter(lambda error, _: f"{error:g}")
    axes.yaxis.set_minor_locator(NullLocator())


def _key_of_lines(axes: Axes, solid: str, dashed: str, place: Corner) -> None:
    """A legend of the two kinds of line, in the panel."""
    looks = ((solid, style.SOLID, "0.4"), (dashed, style.DASHED, "white"))
    keys = [
        style.key(label, "0.4", line, linewidth=0.9, marker=".", markerfacecolor=face) for label, line, face in looks
    ]
    axes.legend(handles=keys, loc=place, handlelength=2.4)


def _ticks(axes: Axes, values: pd.Series, last: float | None = None) -> None:
    """Ticks at the values that were tried, and at the run's, which stands apart."""
    places = sorted(set(values))
    labels = [f"{value:g}" for value in places]
    axes.set_xticks([*places, last] if last else places, labels=[*labels, "run"] if last else labels)
    axes.xaxis.set_minor_locator(NullLocator())
    axes.set_xlim(0.75 * places[0], 1.33 * (last or places[-1]))
