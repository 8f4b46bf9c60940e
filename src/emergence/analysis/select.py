"""Selections and summaries that analyses, claims and figures share: rows of a table, and their spread over seeds.

A figure draws what these return and computes nothing itself.
"""

from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import Any, Literal

import numpy as np
import pandas as pd

from emergence.tasks.symbols import CONTROL

Spread = Literal["range", "quartiles", "deciles", "deviation"]
QUANTILES = {"quartiles": (0.25, 0.75), "deciles": (0.1, 0.9)}


def select(table: pd.DataFrame, **values: object) -> pd.DataFrame:
    """Rows whose columns hold the given values.

    Args:
        table: Any table.
        **values: A value for each column named, a collection of values of which any will do, or None for a null.

    Returns:
        The rows, with their index.

    >>> table = pd.DataFrame({"size": ["small", "small", "large"], "level": ["1", None, "1"], "seed": [1, 2, 1]})
    >>> select(table, size="small", seed=[1, 2])["seed"].tolist(), select(table, level=None)["seed"].tolist()
    ([1, 2], [2])
    """
    chosen = np.ones(len(table), dtype=bool)
    for column, value in values.items():
        if value is None:
            matches = table[column].isna()
        elif isinstance(value, Collection) and not isinstance(value, str):
            matches = table[column].isin(list(value))
        else:
            matches = (table[column] == value).fillna(False)
        chosen &= matches.to_numpy(dtype=bool)
    return table[chosen]


def last_layer(table: pd.DataFrame) -> pd.DataFrame:
    """Rows about the last layer of each run, and rows that are about no layer.

    >>> last_layer(pd.DataFrame({"run": ["a", "a", "b", "b"], "layer": [0, 1, 0, None]}))["run"].tolist()
    ['a', 'b', 'b']
    """
    last = table.groupby("run")["layer"].transform("max")
    return table[(table["layer"].isna() | (table["layer"] == last)).to_numpy(dtype=bool)]


def without_control(table: pd.DataFrame) -> pd.DataFrame:
    """Rows about tasks that can be learned: all but those about the control.

    >>> without_control(pd.DataFrame({"task": ["ADD", "CTL"]}))["task"].tolist()
    ['ADD']
    """
    return table[table["task"] != CONTROL]


def groups(table: pd.DataFrame, by: Sequence[str]) -> Iterator[tuple[tuple[Any, ...], pd.DataFrame]]:
    """Each combination of values of the columns ``by``, in the order of their first rows, with its rows.

    >>> runs = pd.DataFrame({"cell": ["b", "a", "b"], "seed": [1, 1, 1]})
    >>> [(keys, len(rows)) for keys, rows in groups(runs, ["cell", "seed"])]
    [(('b', 1), 2), (('a', 1), 1)]
    """
    yield from table.groupby(list(by), sort=False)


def numbered(table: pd.DataFrame, by: Sequence[str]) -> pd.DataFrame:
    """The table with a column ``number``: of each combination of the columns ``by``, in the order of their first rows.

    >>> numbered(pd.DataFrame({"factor": ["b", "a", "b"], "value": ["1", None, "1"]}), ["factor", "value"])["number"]
    0    0
    1    1
    2    0
    Name: number, dtype: int64
    """
    return table.assign(number=table.groupby(list(by), sort=False, dropna=False).ngroup())


def within_error(table: pd.DataFrame) -> pd.DataFrame:
    """The table with columns ``low`` and ``high``: a value less and plus its standard error."""
    return table.assign(
        low=table["value"] - table["standard_error"],
        high=table["value"] + table["standard_error"],
    )


def errors_in_tolerances(calibration: pd.DataFrame) -> pd.DataFrame:
    """Relative errors, check by check.

    Args:
        calibration: Table ``calibration``.

    Returns:
        The checks, those of an estimator together and estimators in the order of their first checks. Columns ``value``,
        ``low`` and ``high`` are the error over the tolerance, and the same less and plus the standard error, where the
        estimate has one; ``number`` is that of the estimator.
    """
    value = calibration["error"] / calibration["tolerance"]
    spread = (calibration["standard_error"] / calibration["tolerance"]).fillna(0)
    rows = calibration.assign(value=value, low=value - spread, high=value + spread)
    return numbered(rows, ["estimator"]).sort_values("number", kind="stable", ignore_index=True)


def seed_summary(
    table: pd.DataFrame, value: str, by: Sequence[str], spread: Spread = "range", *, geometric: bool = False
) -> pd.DataFrame:
    """Mean, median and spread of a value over seeds, and over whatever else ``by`` does not name.

    Args:
        table: One row per value; null values do not count.
        value: Column to be summarised.
        by: Columns whose combinations each get a row; a null is a value of its own.
        spread: From the lowest to the highest value, between two quantiles, or one standard deviation (n − 1) about
            the mean, which is null for a single value.
        geometric: Whether the mean is taken over logarithms.

    Returns:
        Columns ``by``, ``mean``, ``median``, ``low`` and ``high``, in ascending order of ``by``.

    >>> runs = pd.DataFrame({"step": [1, 1, 2], "seed": [1, 2, 1], "value": [1.0, 4.0, 3.0]})
    >>> seed_summary(runs, "value", ["step"])[["step", "mean", "low", "high"]].values.tolist()
    [[1.0, 2.5, 1.0, 4.0], [2.0, 3.0, 3.0, 3.0]]
    """
    known = table.dropna(subset=[value])

    def grouped(values: pd.Series) -> Any:
        return values.groupby([known[column] for column in by], dropna=False)

    groups = grouped(known[value])
    mean = np.exp(grouped(np.log(known[value])).mean()) if geometric else groups.mean()
    if spread == "range":
        low, high = groups.min(), groups.max()
    elif spread == "deviation":
        low, high = mean - groups.std(), mean + groups.std()
    else:
        low, high = (groups.quantile(share) for share in QUANTILES[spread])
    return pd.DataFrame({"mean": mean, "median": groups.median(), "low": low, "high": high}).reset_index()


def evenly_spaced(values: Iterable[int], count: int) -> list[int]:
    """Up to ``count`` of the values, the first and the last among them, at even distances in their order.

    >>> evenly_spaced([9, 1, 2, 3, 4], 3), evenly_spaced([], 3)
    ([1, 3, 9], [])
    """
    ordered = sorted(values)
    if not ordered:
        return []
    places = np.unique(np.linspace(0, len(ordered) - 1, count).round().astype(int))
    return [ordered[place] for place in places]
