"""Collapse floors over width at one depth, and over depth at one width: published sizes grow in both at once.

The slope is that of log10 floor on log10 width (or layers), in decades per decade, among runs that agree in the other:
both are centred within each group before one line is fitted to all. As in `emergence.analysis.anatomy.floors`, each
run counts once, by the mean logarithm over its tasks. Initial ranks grow with width, and so may floors; the slope of
their ratio (``depth``) stands beside.
"""

from pathlib import Path

import numpy as np
import pandas as pd
from scipy import stats

from emergence.analysis.anatomy.floors import run_means
from emergence.analysis.select import select, without_control
from emergence.config.protocol import Statistics
from emergence.config.training import Size
from emergence.io import tables
from emergence.schemas.analysis import COLLAPSE
from emergence.schemas.anatomy import SIZE_SLOPES

OTHER = {"width": "layers", "layers": "width"}
"""The dimension that agrees within a group, by the one that varies."""


def compare_sizes(collapses: pd.DataFrame, sizes: list[Size], settings: Statistics) -> pd.DataFrame:
    """Slopes of floor, initial value and depth on width and on layers (table ``size_slopes``).

    Args:
        collapses: Rows of table ``collapse``, one variant, without the control.
        sizes: Width and layers of each size; runs of other sizes do not count.
        settings: Confidence of the intervals.
    """
    shapes = pd.DataFrame([{"size": one.name, "width": one.width, "layers": one.layers} for one in sizes])
    named = collapses[["run", "size"]].drop_duplicates().merge(shapes, on="size")
    rows = []
    for over, other in OTHER.items():
        for quantity in ("floor", "initial", "depth"):
            runs = run_means(collapses, quantity).merge(named, on="run")
            rows.append({"over": over, "quantity": quantity, **_slope(runs, over, other, settings.confidence)})
    table = pd.DataFrame(rows, columns=SIZE_SLOPES.arrow.names)
    return table.astype(dict.fromkeys(("slope", "low", "high"), "float64"))


def _slope(runs: pd.DataFrame, over: str, other: str, confidence: float) -> dict[str, object]:
    """Common slope within groups, with Student's interval; null without a group of two sizes or a run to spare."""
    groups = runs.groupby(other)
    kept = runs[groups[over].transform("nunique") > 1]
    count = kept[other].nunique()
    told: dict[str, object] = {"groups": count, "runs": len(kept), "slope": None, "low": None, "high": None}
    if (freedom := len(kept) - count - 1) < 1 or not count:
        return told
    x, y = (values - values.groupby(kept[other]).transform("mean") for values in (np.log10(kept[over]), kept["log"]))
    spread = float((x**2).sum())
    slope = float((x * y).sum()) / spread
    error = float(np.sqrt(((y - slope * x) ** 2).sum() / freedom / spread))
    half = float(stats.t.ppf((1 + confidence) / 2, freedom)) * error
    return told | {"slope": slope, "low": slope - half, "high": slope + half}


def fit_size_slopes(variant: str, sizes: list[Size], statistics: Statistics, collapses: Path, table: Path) -> None:
    """Compare the floors of the primary variant over width and over depth (table ``size_slopes``).

    Args:
        variant: Primary variant of the measure.
        sizes: Width and layers of each size.
        statistics: Confidence of the intervals.
        collapses: Table ``collapse``.
        table: Where ``size_slopes`` is written.
    """
    rows = without_control(select(tables.read(COLLAPSE, collapses), variant=variant))
    tables.write(SIZE_SLOPES, compare_sizes(rows, sizes, statistics), table)
