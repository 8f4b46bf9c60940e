"""Means over runs with Student's intervals: what few runs allow.

A percentile bootstrap over three runs covers far less than it says; the skills of one run share a network, so that each
run counts once, by its median.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import stats


@dataclass(frozen=True)
class Mean:
    """A mean over runs with its interval, NaN for fewer than two of them, and how many there are."""

    value: float
    low: float
    high: float
    runs: int

    def named(self, name: str) -> dict[str, float]:
        """The columns of a table: ``name``, ``name_low``, ``name_high``."""
        return {name: self.value, f"{name}_low": self.low, f"{name}_high": self.high}


def mean(values: pd.Series, confidence: float) -> Mean:
    """Mean of one value a run; those that are NaN do not count.

    >>> found = mean(pd.Series([1.0, 2.0, 3.0, np.nan]), 0.95)
    >>> found.value, round(found.low, 2), round(found.high, 2), found.runs
    (2.0, -0.48, 4.48, 3)
    """
    known = values.dropna().to_numpy(dtype=float)
    if not len(known):
        return Mean(np.nan, np.nan, np.nan, 0)
    value = float(known.mean())
    if len(known) < 2:
        return Mean(value, np.nan, np.nan, 1)
    half = float(stats.t.ppf((1 + confidence) / 2, len(known) - 1) * stats.sem(known))
    return Mean(value, value - half, value + half, len(known))


def mean_of_medians(values: pd.Series, runs: pd.Series, confidence: float) -> Mean:
    """Mean over runs of each run's median."""
    return mean(values.groupby(runs, sort=False).median(), confidence)
