"""Numbers of a page: four significant digits, whole ones without a point, null where there is none."""

from collections.abc import Iterable
from typing import Any

import numpy as np
import pandas as pd

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
    found: dict[str, Any] = {}
    for keys, value in rows:
        place = found
        for key in keys[:-1]:
            place = place.setdefault(key, {})
        place[keys[-1]] = value
    return found
