"""Tables as plain values for JSON: records for the paper, numbers of four significant digits for the explorer."""

import math
from collections.abc import Collection, Iterable
from typing import Any

import numpy as np
import pandas as pd

Record = dict[str, Any]


def records(frame: pd.DataFrame, columns: Collection[str] = ()) -> list[Record]:
    """Rows of a table, with all or the given columns; nulls become None.

    >>> records(pd.DataFrame({"task": ["ADD"], "step": [float("nan")]}))
    [{'task': 'ADD', 'step': None}]
    """
    chosen = frame[list(columns)] if columns else frame
    return [{str(key): plain(value) for key, value in row.items()} for row in chosen.to_dict("records")]


def plain(value: Any) -> Any:
    """A cell as text, number, boolean or None; infinity, which JSON lacks, becomes None."""
    if value is None or value is pd.NA:
        return None
    scalar = value.item() if hasattr(value, "item") else value
    return None if isinstance(scalar, float) and not math.isfinite(scalar) else scalar


def one(frame: pd.DataFrame, **where: Any) -> Record | None:
    """The only row with the given values, or None.

    Raises:
        ValueError: if several rows match.

    >>> one(pd.DataFrame({"task": ["ADD", "MUL"], "step": [3, 4]}), task="MUL")
    {'task': 'MUL', 'step': 4}
    """
    for column, value in where.items():
        frame = frame[frame[column] == value]
    if len(frame) > 1:
        raise ValueError(f"{len(frame)} rows have {where}")
    return records(frame)[0] if len(frame) else None


def quartiles(values: pd.Series) -> Record:
    """Median and quartiles of the non-null values, and their number.

    >>> quartiles(pd.Series([1.0, 2.0, 3.0, None]))
    {'value': 2.0, 'low': 1.5, 'high': 2.5, 'count': 3}
    """
    known = values.dropna()
    summary = {name: plain(known.quantile(at)) for name, at in (("value", 0.5), ("low", 0.25), ("high", 0.75))}
    return {**summary, "count": len(known)}


DIGITS = 4
"""Significant digits: more than a line on a screen can show, and a third of the bytes."""

LARGE = 1e15
"""Whole numbers from here on are written with an exponent."""


def number(value: float | None) -> float | int | None:
    """A number as the page has it.

    >>> number(3.14159), number(1234.0), number(123456.7), number(float("nan")), number(None)
    (3.142, 1234, 123500, None, None)

    Raises:
        ValueError: if it is infinite, which JSON has no word for.
    """
    if value is None or value is pd.NA or np.isnan(value):
        return None
    if np.isinf(value):
        raise ValueError(f"{value} cannot be shown")
    short = float(f"{value:.{DIGITS}g}")
    return int(short) if short.is_integer() and abs(short) < LARGE else short


def numbers(values: Iterable[float | None]) -> list[float | int | None]:
    """The same of many."""
    return [number(value) for value in values]


def columns(frame: pd.DataFrame) -> dict[str, list[Any]]:
    """A table as lists by column."""
    return {str(name): _column(frame[name]) for name in frame}


def _column(values: pd.Series) -> list[Any]:
    if pd.api.types.is_bool_dtype(values):
        return [bool(value) for value in values]
    if pd.api.types.is_numeric_dtype(values):
        return numbers(values)
    return [None if pd.isna(value) else value for value in values]


def nested(rows: Iterable[tuple[tuple[str, ...], Any]]) -> dict[str, Any]:
    """Values under keys of several parts, as objects in objects.

    >>> nested([(("a", "x"), 1), (("a", "y"), 2)])
    {'a': {'x': 1, 'y': 2}}
    """
    tree: dict[str, Any] = {}
    for keys, value in rows:
        place = tree
        for key in keys[:-1]:
            place = place.setdefault(key, {})
        place[keys[-1]] = value
    return tree
