"""One style for all figures: page width, colour-blind safe colours, axes, legends, and how a figure is saved."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import cycle
from pathlib import Path
from typing import Any, Literal

import matplotlib as mpl
import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.backends.backend_pdf import FigureCanvasPdf
from matplotlib.figure import Figure, SubFigure
from matplotlib.lines import Line2D

from emergence.io.files import replacing
from emergence.measures.declarations import signal_labels
from emergence.tasks.algorithmic import TASKS

FULL_WIDTH = 7.2  # inches, both columns
TINY, SMALL, TEXT, LETTER = 5, 6, 7, 9  # points: keys of crowded panels, ticks and keys, labels, letters of panels

# Okabe and Ito's colours: distinct under every common form of colour blindness.
BLUE, SKY, GREEN, ORANGE, VERMILION, PINK = "#0072B2", "#56B4E9", "#009E73", "#E69F00", "#D55E00", "#CC79A7"
TASK_COLOURS = {name: task.colour for name, task in TASKS.items() if task.colour}
FALLBACK_COLOURS = ("#882255", "#332288", "#999933", "#44AA99", "#AA4499", "#661100")
"""Of tasks that declare none; Tol's muted palette, colour-blind safe as well."""
SKILL_COLOURS = (BLUE, SKY, GREEN, ORANGE, VERMILION, PINK)
DIFFICULTY_COLOURS = {"easy": SKY, "hard": VERMILION}
NETWORK_COLOURS = {"trained": BLUE, "shuffled": VERMILION, "gaussian": ORANGE, "rescaled": GREEN}
"""Of a network of neurons and of its nulls."""
AXIS_LABELS = {"step": "optimiser steps", "samples": "training samples", "width": "hidden units"}
NULL_COLOUR = "#B0B0B0"

Line = Literal["-"] | tuple[float, tuple[float, ...]]
SOLID: Line = "-"
DASHED: Line = (0, (3, 1.5))
DOTTED: Line = (0, (1, 1.5))

STYLE: dict[Any, Any] = {
    "font.size": TEXT,
    "font.family": "DejaVu Sans",
    "axes.titlesize": TEXT,
    "axes.labelsize": TEXT,
    "xtick.labelsize": SMALL,
    "ytick.labelsize": SMALL,
    "legend.fontsize": SMALL,
    "axes.linewidth": 0.6,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "xtick.major.width": 0.6,
    "ytick.major.width": 0.6,
    "xtick.major.size": 2.5,
    "ytick.major.size": 2.5,
    "xtick.minor.size": 1.5,
    "ytick.minor.size": 1.5,
    "lines.linewidth": 1.0,
    "legend.frameon": False,
    "figure.constrained_layout.use": True,
    "pdf.fonttype": 42,
    "svg.hashsalt": "emergence",
}

Colours = dict[str, tuple[float, float, float, float]]


def page(height: float) -> Figure:
    """An empty figure of full width in the project's style; no window is ever opened.

    Args:
        height: Inches.
    """
    mpl.rcdefaults()
    mpl.rcParams.update(STYLE)
    return Figure(figsize=(FULL_WIDTH, height))


def rows(figure: Figure | SubFigure, heights: Sequence[float]) -> list[SubFigure]:
    """Parts of a figure below one another, of these relative heights."""
    return list(np.atleast_1d(np.array(figure.subfigures(len(heights), 1, height_ratios=heights))))


def columns(figure: Figure | SubFigure, widths: Sequence[float]) -> list[SubFigure]:
    """Parts of a figure beside one another, of these relative widths."""
    return list(np.atleast_1d(np.array(figure.subfigures(1, len(widths), width_ratios=widths))))


def save(figure: Figure, pdf: Path, png: Path, dpi: int) -> None:
    """Write a figure as PDF and PNG, without dates, so that the same tables give the same bytes.

    Args:
        figure: What is written.
        pdf: Where it is written as PDF.
        png: Where it is written as PNG.
        dpi: Dots per inch of the PNG.
    """
    figure.set_dpi(dpi)  # hinting makes letters wider or narrower, by resolution: labels are measured as they are drawn
    _fix_layout(figure)
    # Printed by the backends themselves, since `savefig` would draw everything once more before.
    with replacing(pdf) as temporary:
        FigureCanvasPdf(figure).print_pdf(temporary, metadata={"CreationDate": None, "ModDate": None})
    figure.set_dpi(dpi)
    with replacing(png) as temporary:
        FigureCanvasAgg(figure).print_png(temporary, metadata={"Software": None})


def _fix_layout(figure: Figure) -> None:
    """Lay out a figure once, and round: the solver's last digits depend on addresses in memory."""
    figure.draw_without_rendering()
    figure.set_layout_engine("none")
    for part in _parts(figure):
        part.bbox_relative.set_points(np.round(part.bbox_relative.get_points(), 5))
    for axes in figure.axes:
        bounds = axes.get_position(original=True).bounds
        axes.set_position(tuple(round(value, 5) for value in bounds))


def _parts(figure: Figure | SubFigure) -> Iterator[SubFigure]:
    """All parts within a figure."""
    for part in figure.subfigs:
        yield part
        yield from _parts(part)


def task_colours(tasks: Iterable[str]) -> dict[str, str]:
    """A colour for each task: the declared ones in their order, then others from the fallback palette.

    >>> task_colours(["NEW", "ADD", "COPY"])
    {'COPY': '#0072B2', 'ADD': '#E69F00', 'NEW': '#882255'}
    """
    names = list(dict.fromkeys(tasks))
    declared = {task: colour for task, colour in TASK_COLOURS.items() if task in names}
    others = (task for task in names if task not in declared)
    return {**declared, **dict(zip(others, cycle(FALLBACK_COLOURS), strict=False))}


def skill_colour(skill: int) -> str:
    """Colour of a skill by its rank, counted from 1; a longer list of skills repeats colours."""
    return SKILL_COLOURS[(skill - 1) % len(SKILL_COLOURS)]


def size_colours(table: pd.DataFrame) -> Colours:
    """A sequential colour for each size, light for the smallest and dark for the largest."""
    ordered = table[["size", "parameters"]].drop_duplicates().sort_values("parameters", kind="stable")["size"].tolist()
    shades = sns.color_palette("plasma_r", as_cmap=True)  # its dark end changes in hue as well
    return {size: shades(0.12 + 0.83 * i / max(1, len(ordered) - 1)) for i, size in enumerate(ordered)}


def size_labels(table: pd.DataFrame) -> dict[str, str]:
    """Readable names of sizes, with their parameter counts."""
    counts = table.drop_duplicates("size").set_index("size")["parameters"]
    return {str(size): f"{size} ({thousands(count)})" for size, count in counts.items()}


def measure_names(measures: Iterable[str]) -> list[str]:
    """Readable names of measures; one without a name keeps its own."""
    labels = signal_labels()
    return [labels.get(name, name) for name in measures]


def thousands(count: float) -> str:
    """Parameter count in K or M.

    >>> thousands(13824), thousands(85_105_152)
    ('14K', '85M')
    """
    return f"{count / 1e6:.0f}M" if count >= 1e6 else f"{count / 1e3:.0f}K"


def step_axis(axes: Axes, first: float, last: float) -> None:
    """Logarithmic axis of optimiser steps that still shows step 0.

    Args:
        axes: Whose horizontal axis it is.
        first: Lowest step; 0 has a tick of its own.
        last: Highest step.
    """
    axes.set_xscale("symlog", linthresh=1, linscale=0.3)
    decades = [10**power for power in range(7) if first <= 10**power <= last]
    ticks = [0, *decades] if first == 0 else decades
    axes.set_xticks(ticks, labels=[f"{step // 1000}K" if step >= 1000 else str(step) for step in ticks])
    axes.set_xlim(first, last)


def plain_ticks(axes: Axes, ticks: Sequence[float], *, on: Literal["x", "y"]) -> None:
    """Ticks at these values alone, written as they are; for logarithmic axes of less than a decade or two.

    Args:
        axes: Whose axis it is.
        ticks: Values on the axis.
        on: Which axis.
    """
    axis = axes.xaxis if on == "x" else axes.yaxis
    axis.set_ticks(ticks, labels=[f"{tick:g}" for tick in ticks])
    axis.set_ticks([], minor=True)


def named_rows(axes: Axes, names: Sequence[str]) -> None:
    """A row for each name, the first at the top."""
    axes.set_yticks(range(len(names)), labels=names)
    axes.set_ylim(len(names) - 0.5, -0.5)


def guide(
    axes: Axes, *, x: float | None = None, y: float | None = None, line: Line = SOLID, colour: str = "0.6"
) -> None:
    """A thin line behind the data at a value of reference.

    Args:
        axes: Where it is drawn.
        x: Value on the horizontal axis, for a vertical line.
        y: Value on the vertical axis, for a horizontal line.
        line: Style of the line.
        colour: Of the line.
    """
    look: dict[str, Any] = {"color": colour, "linestyle": line, "linewidth": 0.6, "zorder": 0}
    if x is not None:
        axes.axvline(x, **look)
    if y is not None:
        axes.axhline(y, **look)


def key(label: str, colour: Any = "0.3", line: Line | Literal["none"] = SOLID, **look: Any) -> Line2D:
    """An entry of a legend that stands for several marks.

    Args:
        label: Text of the entry.
        colour: Of the mark.
        line: Style of the line; ``none`` for a marker alone.
        **look: Further properties of the mark, as Matplotlib names them.
    """
    return Line2D([], [], color=colour, linestyle=line, label=label, **look)


def size_keys(table: pd.DataFrame) -> list[Line2D]:
    """Legend entries of the sizes in a table, the smallest first."""
    labels = size_labels(table)
    return [key(labels[size], colour) for size, colour in size_colours(table).items()]


def legend(
    target: Axes | Figure | SubFigure, *panels: Axes, names: Mapping[str, str] | None = None, **look: Any
) -> None:
    """A legend of what panels show, each label once.

    Args:
        target: Where the legend stands.
        panels: Whose labels it holds.
        names: What labels are called in the legend; others keep their name.
        **look: Passed on to Matplotlib.
    """
    entries: dict[str, Any] = {}
    for axes in panels:
        for handle, label in zip(*axes.get_legend_handles_labels(), strict=True):
            entries.setdefault((names or {}).get(label, label), handle)
    target.legend(list(entries.values()), list(entries), **look)


def panel_letters(panels: Iterable[Axes], x: float = -0.02) -> None:
    """Bold letters a, b, c ... at the upper left of panels."""
    for letter, axes in zip("abcdefghij", panels, strict=False):
        axes.annotate(
            letter,
            (x, 1.0),
            xycoords="axes fraction",
            xytext=(-14, 4),
            textcoords="offset points",
            fontweight="bold",
            fontsize=LETTER,
        )


def not_run(axes: Axes, reason: str = "not run") -> None:
    """An empty panel that says why it is empty."""
    axes.set(xticks=[], yticks=[])
    axes.text(0.5, 0.5, reason, ha="center", va="center", transform=axes.transAxes, color="0.4")
