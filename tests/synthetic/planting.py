"""Where planted data of claims are declared, and intervals over runs that nearly agree.

A plant takes the configuration of a tier and whether the claim shall hold, and returns the tables that the claim is
read from, with as many runs, seeds and units as the tier has. A claim that cannot come out both ways with them is not
testable at the tier.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from emergence.analysis.intervals import mean_interval
from emergence.config.configuration import Config

Tables = dict[str, pd.DataFrame]
Plant = Callable[[Config, bool], Tables]
Row = dict[str, Any]
PLANTED: dict[str, Plant] = {}
"""By claim."""
CLOSE = 1e-3
"""Relative spread of runs that nearly agree."""


def plant(*claims: str) -> Callable[[Plant], Plant]:
    """Declare the planted data of some claims."""

    def declared(made: Plant) -> Plant:
        PLANTED.update(dict.fromkeys(claims, made))
        return made

    return declared


def nearly_alike(count: int) -> np.ndarray:
    """Factors of runs that nearly agree (count,); their mean is 1."""
    return 1 + CLOSE * np.linspace(-1, 1, count) if count > 1 else np.ones(1)


def over_runs(value: float, runs: int, name: str = "") -> dict[str, float]:
    """A value with Student's interval over runs that nearly agree; columns begin with ``name``, if any."""
    mean = mean_interval(value + max(abs(value), 1e-2) * (nearly_alike(runs) - 1), 0.95)
    if name:
        return mean.named(name)
    return {"value": mean.value, "low": mean.low, "high": mean.high}


def table(schema: Any, rows: Sequence[Mapping[str, Any]]) -> pd.DataFrame:
    """Rows with all columns of a schema, null where they are not given."""
    return pd.DataFrame(rows).reindex(columns=schema.arrow.names)
