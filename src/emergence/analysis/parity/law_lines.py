"""Laws as figures draw them: lines with an expected exponent, and constants in the unit of their axis."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

POINTS = 20
"""Of a line in the range of a fit."""


def expected_times(times: pd.DataFrame, fit: Mapping[str, float]) -> pd.Series:
    """Emergence times with the expected exponent, through the geometric mean of those measured.

    Args:
        times: Rows of table ``emergence_times`` of a network and a share.
        fit: The row of table ``power_laws`` against the rank ``k`` of skills.

    Returns:
        A time for each row, in optimiser steps; null without a fit.
    """
    return fit["scale"] * times["skill"] ** fit["expected"]


def expected_losses(losses: pd.DataFrame, fit: Mapping[str, float]) -> pd.DataFrame:
    """Losses with the expected exponent, through the closed form where the fitted range begins.

    Args:
        losses: Rows of table ``network_losses`` of an axis and a number of skills, in ascending order of ``x``.
        fit: Their row of table ``network_exponents``.

    Returns:
        Columns ``x``, as far as networks were trained, and ``value``; no rows where no exponent was fitted.
    """
    if not np.isfinite(fit["value"]):
        return pd.DataFrame(columns=["x", "value"])
    x = np.geomspace(fit["start"], min(fit["end"], losses["x"].max()), POINTS)
    first = np.interp(x[0], losses["x"], losses["closed"])
    return pd.DataFrame({"x": x, "value": first * (x / x[0]) ** fit["expected"]})


def on_axis(axis: str, constant: Mapping[str, float]) -> dict[str, float]:
    """A fitted and a published constant in the unit of its axis: a rate over time is shown as a time.

    Args:
        axis: ``step``, ``samples`` or ``width``.
        constant: A row of table ``constants``.

    Returns:
        ``value``, ``low``, ``high`` and ``published``, of which the interval of an inverse has its ends exchanged.

    >>> on_axis("step", {"value": 0.5, "low": 0.25, "high": 1.0, "published": 0.1})
    {'value': 2.0, 'low': 1.0, 'high': 4.0, 'published': 10.0}
    """
    if axis != "step":
        return {name: constant[name] for name in ("value", "low", "high", "published")}
    inverse = {"value": "value", "low": "high", "high": "low", "published": "published"}
    return {name: 1 / constant[of] for name, of in inverse.items()}
