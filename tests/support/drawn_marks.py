"""What a figure shows: the data of its lines, points, intervals, bands and bars, held against numbers."""

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection, PolyCollection
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Rectangle
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]


def panels(figure: Figure) -> list[Axes]:
    """Panels in which something is drawn or written, in the order in which they were made."""
    return [axes for axes in figure.axes if axes.axison or axes.texts]


def texts(axes: Axes) -> list[str]:
    """Texts within a panel, its letter left out."""
    return [text.get_text() for text in axes.texts if text.get_fontweight() != "bold"]


def legend(target: Any) -> list[str]:
    """Labels of the first legend of a panel or of a figure with its parts."""
    legends = [target.get_legend()] if isinstance(target, Axes) else [*target.legends]
    for part in getattr(target, "subfigs", []):
        legends += part.legends or [each for inner in part.subfigs for each in inner.legends]
    return [text.get_text() for text in legends[0].get_texts()]


def names(axis: Any) -> list[str]:
    """Labels of the ticks of an axis."""
    return [label.get_text() for label in axis.get_ticklabels()]


def points(axes: Axes) -> Array:
    """All points of lines with and without markers (n, 2), without nulls."""
    return _points(axes.lines)


def _points(lines: Iterable[Line2D]) -> Array:
    drawn = [np.asarray(line.get_xydata(), dtype=float) for line in lines]
    every = np.concatenate([np.empty((0, 2)), *drawn])
    return every[np.isfinite(every).all(axis=1)]


def _stroked(line: Line2D) -> bool:
    """Whether the points of a line are joined; otherwise they are markers alone."""
    return line.get_linestyle() != "None"


def assert_line(axes: Axes, x: ArrayLike, y: ArrayLike) -> None:
    """One line goes through these points, in this order, and through no others; it may be markers alone."""
    _assert_line(axes.lines, x, y)


def assert_stroke(axes: Axes, x: ArrayLike, y: ArrayLike) -> None:
    """As `assert_line`, and the line joins the points: markers at the same places would not do."""
    _assert_line([line for line in axes.lines if _stroked(line)], x, y)


def _assert_line(lines: Iterable[Line2D], x: ArrayLike, y: ArrayLike) -> None:
    wanted = np.column_stack([np.asarray(x, dtype=float), np.asarray(y, dtype=float)])
    drawn = [np.asarray(line.get_xydata(), dtype=float) for line in lines]
    same = [line for line in drawn if line.shape == wanted.shape and np.allclose(line, wanted, equal_nan=True)]
    assert same, f"no line through\n{wanted}\nbut\n{drawn}"


def assert_points(axes: Axes, x: ArrayLike, y: ArrayLike) -> None:
    """Each of these points is one of a line's or is marked."""
    _assert_points(axes.lines, x, y)


def assert_marks(axes: Axes, x: ArrayLike, y: ArrayLike) -> None:
    """Each of these points has a marker of its own: a line through the same place would not do."""
    _assert_points([line for line in axes.lines if not _stroked(line)], x, y)


def _assert_points(lines: Iterable[Line2D], x: ArrayLike, y: ArrayLike) -> None:
    wanted = np.column_stack(np.broadcast_arrays(np.asarray(x, dtype=float), np.asarray(y, dtype=float)))
    drawn = _points(lines)
    missing = [point for point in wanted if not np.isclose(drawn, point).all(axis=1).any()]
    assert not missing, f"{missing} are not among\n{drawn}"


def assert_diagonal(axes: Axes, low: float, high: float) -> None:
    """A line on which both axes have the same value goes from one value or below it to another or above it."""
    drawn = [np.asarray(line.get_xydata(), dtype=float) for line in axes.lines]
    equal = [line for line in drawn if len(line) == 2 and np.allclose(line[:, 0], line[:, 1])]
    assert any(line.min() <= low < high <= line.max() for line in equal), f"none from {low} to {high}: {equal}"


def assert_intervals(axes: Axes, places: ArrayLike, low: ArrayLike, high: ArrayLike, *, vertical: bool = False) -> None:
    """Each of these intervals is drawn at its place on the other axis."""
    paths = [path for part in axes.collections if isinstance(part, LineCollection) for path in part.get_segments()]
    drawn = [np.asarray(path)[:, ::-1] if vertical else np.asarray(path) for path in paths if len(path) == 2]
    wanted = np.broadcast_arrays(*(np.asarray(part, dtype=float) for part in (places, low, high)))
    for place, start, end in zip(*(np.ravel(part) for part in wanted), strict=True):
        line = [[start, place], [end, place]]
        assert any(np.allclose(path, line) for path in drawn), f"{line} is not among\n{drawn}"


def assert_band(axes: Axes, x: ArrayLike, low: ArrayLike, high: ArrayLike) -> None:
    """One band has these edges."""
    wanted = np.column_stack([np.asarray(part, dtype=float) for part in (x, low, high)])
    drawn = []
    for part in axes.collections:
        if isinstance(part, PolyCollection) and part.get_paths():
            corners = np.concatenate([path.vertices for path in part.get_paths()])
            edges = [(at, *_ends(corners[corners[:, 0] == at, 1])) for at in np.unique(corners[:, 0])]
            drawn.append(np.array(edges))
    same = [band for band in drawn if band.shape == wanted.shape and np.allclose(band, wanted)]
    assert same, f"no band with edges\n{wanted}\nbut\n{drawn}"


def _ends(values: Array) -> tuple[float, float]:
    return float(values.min()), float(values.max())


def bars(axes: Axes) -> Array:
    """Left edge, middle of the height, and width of all bars (n, 3)."""
    rectangles = [patch for patch in axes.patches if isinstance(patch, Rectangle)]
    boxes = [(bar.get_x(), bar.get_y() + bar.get_height() / 2, bar.get_width()) for bar in rectangles]
    return np.array(boxes, dtype=float).reshape(-1, 3)


def assert_bars(axes: Axes, left: ArrayLike, places: ArrayLike, width: ArrayLike) -> None:
    """Each of these horizontal bars is drawn."""
    for wanted in zip(*map(np.ravel, np.broadcast_arrays(left, places, width)), strict=True):
        assert np.isclose(bars(axes), wanted).all(axis=1).any(), f"{wanted} is not among\n{bars(axes)}"


def assert_zone(axes: Axes, low: float, high: float, on: str = "x") -> None:
    """A shaded zone reaches from one value of an axis to another, all across the panel."""
    boxes = [patch.get_bbox() for patch in axes.patches if isinstance(patch, Rectangle)]
    drawn = [(box.intervalx, box.intervaly) if on == "x" else (box.intervaly, box.intervalx) for box in boxes]
    zones = [values for values, across in drawn if np.allclose(across, (0, 1))]
    assert any(np.allclose(zone, (low, high)) for zone in zones), f"{low} to {high} is not among {zones}"


def assert_guides(axes: Axes, values: Sequence[float], on: str = "x") -> None:
    """Lines across the panel stand at these values of an axis."""
    drawn = [line.get_xdata() if on == "x" else line.get_ydata() for line in axes.lines]
    across = [float(data[0]) for data in drawn if len(data) == 2 and data[0] == data[1]]
    assert all(np.isclose(across, value).any() for value in values), f"{values} are not all among {across}"
