"""Figure 13. Emergence of each task over its frequency, and exponents by optimiser."""

from pathlib import Path

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from emergence.analysis.select import seed_summary, select
from emergence.figures import panels, style
from emergence.io import tables
from emergence.schemas.interventions import FREQUENCY_EVENTS, FREQUENCY_EXPONENTS

TITLE = "Power-law task frequencies"
STUDY = "interventions"
NEEDS = ("interventions.frequencies",)
READS = {"tolerance": "interventions.verdicts.exponent", "broken": "interventions.verdicts.broken"}
OPTIMISERS = {"sgd": "SGD", "adam": "Adam", "adamw": "AdamW"}
TICKS = [10, 20, 50, 100, 200, 500, 1000, 2000]


def draw(
    dpi: int,
    tolerance: float,
    broken: float,
    frequency_events: Path,
    frequency_exponents: Path,
    pdf: Path,
    png: Path,
) -> None:
    """Draw figure 13 from tables."""
    events, exponents = (
        tables.read(FREQUENCY_EVENTS, frequency_events),
        tables.read(FREQUENCY_EXPONENTS, frequency_exponents),
    )
    style.save(plot(events, exponents, tolerance, broken), pdf, png, dpi)


def plot(events: pd.DataFrame, exponents: pd.DataFrame, tolerance: float, broken: float) -> Figure:
    """Steps over frequencies, a panel an optimiser, and exponents with intervals.

    Args:
        events: Table ``frequency_events``.
        exponents: Table ``frequency_exponents``.
        tolerance: Distance from 1 within which the exponent of gradient descent is the solvable model's.
        broken: Largest exponent at which emergence hardly depends on the frequency.
    """
    figure = style.page(2.2)
    names = [name for name in OPTIMISERS if name in set(exponents["optimiser"])]
    *each, last = figure.subplots(1, len(names) + 1)
    for axes, name in zip(each, names, strict=True):
        _events(axes, select(events, optimiser=name, emerged=True))
        axes.set(xlabel="share of the answer tokens", title=OPTIMISERS[name])
    if each:
        each[0].set_ylabel("emergence (step)")
        steps = events.loc[events["emerged"].astype(bool), "step"]
        ends = (steps.min() / 1.3, steps.max() * 1.3) if len(steps) else (1.0, 10.0)
        for axes in each:
            style.plain_ticks(axes, [tick for tick in TICKS if ends[0] < tick < ends[1]], on="y")
            axes.set_ylim(*ends)
    last.axvspan(1 - tolerance, 1 + tolerance, color="0.92", zorder=0)
    style.guide(last, x=broken)
    for place, name in enumerate(names):
        columns = ("exponent", "low", "high")
        panels.intervals(last, [place], select(exponents, optimiser=name), columns=columns)
    style.named_rows(last, [OPTIMISERS[name] for name in names])
    last.set(xlabel="exponent of steps on 1/frequency", xlim=(min(0, *last.get_xlim()), None))
    keys = [style.key(task, colour) for task, colour in style.task_colours(events["task"]).items()]
    figure.legend(handles=keys, loc="outside upper center", ncols=len(keys))
    style.panel_letters([*each, last])
    return figure


def _events(axes: Axes, events: pd.DataFrame) -> None:
    """Geometric mean over seeds of each task's step at each frequency, with the range."""
    for task, colour in style.task_colours(events["task"]).items():
        summary = seed_summary(select(events, task=task), "step", ["share"], geometric=True)
        axes.plot(summary["share"], summary["mean"], color=colour)
        panels.intervals(axes, summary["share"], summary, columns=("mean", "low", "high"), vertical=True, colour=colour)
    axes.set(xscale="log", yscale="log")
    style.plain_ticks(axes, [0.05, 0.1, 0.2, 0.5], on="x")
