"""Marks that several figures draw: bands over seeds, intervals, events, strengths of skills, precursor rates."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import pandas as pd
from matplotlib.axes import Axes

from emergence.analysis.select import select
from emergence.figures import style

NULL_MARKERS = {"shift": "x", "placebo": "s", "control": "D", "random": "|", "own score": "^", "own loss": "v"}
MEASURE_COLOUR = style.BLUE
LAW_LINES: dict[tuple[str, str], style.Line] = {
    ("fitted", "sigmoid"): style.SOLID,
    ("fitted", "published"): style.SOLID,
    ("fitted", "linear"): style.DASHED,
    ("published", "sigmoid"): (0, (1, 1)),
    ("published", "published"): (0, (1, 1)),
    ("published", "linear"): (0, (1, 1)),
}
"""Of theory, by source and law: solid with the fitted constant and the paper's law; dotted with the published one."""
FEW_POINTS = 40  # fewer are drawn as dots


def band(axes: Axes, summary: pd.DataFrame, colour: Any, *, over: str = "step", alpha: float = 0.25) -> None:
    """A line through the means of `seed_summary` within a band of their spread.

    Args:
        axes: Where it is drawn.
        summary: A row a point, with ``mean``, ``low`` and ``high``.
        colour: Of line and band.
        over: Column of the horizontal axis.
        alpha: Opacity of the band.
    """
    axes.fill_between(summary[over], summary["low"], summary["high"], color=colour, alpha=alpha, linewidth=0)
    axes.plot(summary[over], summary["mean"], color=colour)


def size_bands(axes: Axes, summary: pd.DataFrame, colours: style.Colours, alpha: float = 0.2) -> None:
    """A band per size.

    Args:
        axes: Where they are drawn.
        summary: As `band` takes it, with a column ``size``.
        colours: Colour of each size.
        alpha: Opacity of the bands.
    """
    for size, colour in colours.items():
        band(axes, select(summary, size=size), colour, alpha=alpha)


def event_ticks(axes: Axes, events: pd.DataFrame, colours: style.Colours, *, lowest: float, spacing: float) -> None:
    """A tick an event above the curves, a line of them a size.

    Args:
        axes: Where they are drawn.
        events: Table ``events``; the ticks are at its ``step``.
        colours: Colour of each size, from the lowest line up.
        lowest: Height of the first line, on the vertical axis.
        spacing: From a line to the next, on the vertical axis.
    """
    for place, (size, colour) in enumerate(colours.items()):
        steps = select(events, size=size)["step"]
        height = [lowest + spacing * place] * len(steps)
        axes.plot(steps, height, "|", color=colour, markersize=4, markeredgewidth=1)


def intervals(
    axes: Axes,
    at: Iterable[float],
    rows: pd.DataFrame,
    *,
    columns: tuple[str, str, str] = ("value", "low", "high"),
    vertical: bool = False,
    colour: Any = MEASURE_COLOUR,
    marker: str = "o",
    linewidth: float = 1.0,
    markersize: float = 3.5,
    **look: Any,
) -> None:
    """Values as markers on their intervals.

    Args:
        axes: The panel.
        at: Place of each row on the other axis.
        rows: Values and intervals; a null interval is left out.
        columns: Names of the value and of the ends of its interval.
        vertical: Whether values are on the vertical axis.
        colour: Of markers and intervals.
        marker: As Matplotlib names them.
        linewidth: Of intervals, in points.
        markersize: In points.
        **look: Of markers (label, line, face).
    """
    places = list(at)
    value, low, high = (rows[column].astype(float) for column in columns)
    (axes.vlines if vertical else axes.hlines)(places, low, high, color=colour, linewidth=linewidth)
    marks = {"color": colour, "marker": marker, "markersize": markersize, "linestyle": "none", **look}
    axes.plot(*((places, value) if vertical else (value, places)), **marks)


def strengths(axes: Axes, network: pd.DataFrame, colour: str, label: str | None = None) -> None:
    """Strength of a skill in networks, mean and one standard deviation; a few points as dots, more as a line.

    Args:
        axes: Where it is drawn.
        network: A row a point: ``x``, ``strength`` R/S and its ``spread``, one standard deviation over seeds.
        colour: Of points, line and band.
        label: In the legend.
    """
    rows = network.sort_values("x", kind="stable")
    low, high = rows["strength"] - rows["spread"], rows["strength"] + rows["spread"]
    few = {"marker": "o", "markersize": 2.5, "linestyle": "none"}
    axes.fill_between(rows["x"], low, high, color=colour, alpha=0.2, linewidth=0)
    look = few if len(rows) < FEW_POINTS else {"linewidth": 2.2}
    axes.plot(rows["x"], rows["strength"], color=colour, alpha=0.55, label=label, **look)


def rates(
    axes: Axes,
    groups: Mapping[str, tuple[pd.DataFrame, str, float]],
    measures: Sequence[str],
    threshold: float | None = None,
) -> None:
    """Precursor rates with intervals over runs, a row per measure, and the same under nulls as grey markers.

    Args:
        axes: The panel.
        groups: By label: rows of table ``precursors`` (a measure and control each once), colour, and how far below
            the middle of a measure's row they stand.
        measures: In the order of rows.
        threshold: Rate that a precursor must reach, as a dashed line.
    """
    for label, (rows, colour, shift) in groups.items():
        known = rows.dropna(subset=["rate"])
        for null, marker in NULL_MARKERS.items():
            of_null = select(known, control=null)
            if len(of_null):
                places = [measures.index(name) + shift for name in of_null["measure"]]
                look: dict[str, Any] = {"color": "0.55", "markersize": 3, "mew": 0.8, "linestyle": "none"}
                axes.plot(of_null["rate"], places, marker, label=null, **look)
        observed = select(known, control="observed")
        places = [measures.index(name) + shift for name in observed["measure"]]
        intervals(axes, places, observed, columns=("rate", "low", "high"), colour=colour, linewidth=1.1, label=label)
    if threshold is not None:
        style.guide(axes, x=threshold, line=style.DASHED, colour="0.7")
    axes.set_xlim(-0.03, 1.03)
    style.named_rows(axes, style.measure_names(measures))
