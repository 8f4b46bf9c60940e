"""Tables as records of plain values, which JSON can hold and the paper can read."""

import math
from collections.abc import Collection
from typing import Any

import pandas as pd

Record = dict[str, Any]


def records(frame: pd.DataFrame, columns: Collection[str] = ()) -> list[Record]:
    """Rows of a table, or of these columns of it; what is null is None.

    >>> records(pd.DataFrame({"task": ["ADD"], "step": [float("nan")]}))
    [{'task': 'ADD', 'step': None}]
    """
    chosen = frame[list(columns)] if columns else frame
    return [{str(key): plain(value) for key, value in row.items()} for row in chosen.to_dict("records")]


def plain(value: Any) -> Any:
    """A value of a table as a text, a number, a truth value or None; JSON has no infinity, so that is None as well."""
    if value is None or value is pd.NA:
        return None
    found = value.item() if hasattr(value, "item") else value
    return None if isinstance(found, float) and not math.isfinite(found) else found


def one(frame: pd.DataFrame, **where: Any) -> Record | None:
    """The row with these values, or None if there is no such row.

    Raises:
        ValueError: if there are several.

    >>> one(pd.DataFrame({"task": ["ADD", "MUL"], "step": [3, 4]}), task="MUL")
    {'task': 'MUL', 'step': 4}
    """
    for column, value in where.items():
        frame = frame[frame[column] == value]
    if len(frame) > 1:
        raise ValueError(f"{len(frame)} rows have {where}")
    return records(frame)[0] if len(frame) else None


def quartiles(values: pd.Series) -> Record:
    """Median and quartiles of the values that are known, and how many they are.

    >>> quartiles(pd.Series([1.0, 2.0, 3.0, None]))
    {'value': 2.0, 'low': 1.5, 'high': 2.5, 'count': 3}
    """
    known = values.dropna()
    found = {name: plain(known.quantile(at)) for name, at in (("value", 0.5), ("low", 0.25), ("high", 0.75))}
    return {**found, "count": len(known)}
