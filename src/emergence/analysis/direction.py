"""Direction of the collapse: which layer falls first?

The unit is task x size, as published (32 of them): collapse steps are the median over levels and seeds. A unit is
*top-down* (``last_first``) only if its last layer falls strictly before every other; ``downward`` is the weaker
statement that the collapse step decreases with depth (negative Kendall correlation). Units of one size share networks.
"""

from itertools import product
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.stats import kendalltau

from emergence import tables
from emergence.analysis.intervals import clopper_pearson
from emergence.schemas.analysis import COLLAPSE, DIRECTION, TOP_DOWN
from emergence.settings.analysis import DirectionSettings


def direction(collapses: pd.DataFrame) -> pd.DataFrame:
    """Median collapse step and quartiles of each task x size x layer (table ``direction``), from one variant.

    A layer that collapses in fewer than half of a unit's curves has no collapse step; it cannot be first.
    """
    rows = []
    for (task, size, parameters), unit in collapses.groupby(["task", "size", "parameters"], sort=False):
        steps = unit.assign(step=unit["collapse_step"].fillna(np.inf)).groupby("layer")["step"]
        median = steps.median()
        last, others = median.iloc[-1], median.iloc[:-1]
        tau = kendalltau(median.index, median).statistic if np.isfinite(median).any() else np.nan
        verdicts = {
            "last_first": bool(len(others) and np.isfinite(last) and (last < others).all()),
            "downward": bool(tau < 0),
        }
        for layer in median.index:
            quartiles = {"collapse_step": median[layer], "low": steps.quantile(0.25)[layer]}
            quartiles["high"] = steps.quantile(0.75)[layer]
            finite = {name: value if np.isfinite(value) else None for name, value in quartiles.items()}
            rows.append({"task": task, "size": size, "parameters": parameters, "layer": layer, **finite, **verdicts})
    return pd.DataFrame(rows)


def chance_of_downward(layers: int) -> float:
    """Share of all orders of ``layers`` steps whose Kendall correlation with depth is negative.

    From the numbers of permutations by inversions; half of those that are not even.

    >>> chance_of_downward(2), chance_of_downward(4)
    (0.5, 0.375)
    """
    counts = np.ones(1)
    for size in range(2, layers + 1):
        counts = np.convolve(counts, np.ones(size) / size)
    return float(counts[np.arange(len(counts)) > (len(counts) - 1) / 2].sum())


def top_down(units: pd.DataFrame, confidence: float) -> pd.DataFrame:
    """Shares of top-down and of downward units, by size and over all, with exact intervals (table ``top_down``)."""
    layers = units.groupby(["task", "size"], sort=False)["layer"].transform("nunique")
    chances = {"last_first": 1 / layers, "downward": layers.map(chance_of_downward)}
    tasks = units.assign(**{f"chance_{name}": chance for name, chance in chances.items()})
    tasks = tasks.drop_duplicates(["task", "size"])
    rows = []
    for size, statistic in product(["all", *tasks["size"].unique()], chances):
        chosen = tasks[(size == "all") | (tasks["size"] == size)]
        hits, chance = chosen[statistic], chosen[f"chance_{statistic}"].mean()
        low, high = clopper_pearson(int(hits.sum()), len(hits), confidence)
        share = {"count": hits.sum(), "units": len(hits), "share": hits.mean(), "low": low, "high": high}
        rows.append({"size": size, "statistic": statistic, **share, "chance": chance})
    return pd.DataFrame(rows)


def make(settings: DirectionSettings, collapses: Path, steps_table: Path, shares_table: Path) -> None:
    """Compare the collapse steps of the primary variant over layers."""
    found = tables.read(COLLAPSE, collapses)
    units = direction(found[(found["variant"] == settings.variant) & ~found["task"].isin(settings.left_out)])
    tables.write(DIRECTION, units, steps_table)
    tables.write(TOP_DOWN, top_down(units, settings.confidence), shares_table)
