"""Curves over checkpoints: smoothing, persistent crossings, positions.

Positions are counted in checkpoints and may be fractional; `to_steps` turns them into optimiser steps. All functions
work along the last axis and take any number of curves at once; a position that does not exist is NaN.
"""

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import median_filter

Array = NDArray[np.float64]

NORMAL_MAD = 1.4826  # standard deviation of a normal distribution in units of its median absolute deviation


def smooth(values: Array, window: int) -> Array:
    """Running median over ``window`` checkpoints, with the ends repeated."""
    return median_filter(values, size=(1,) * (values.ndim - 1) + (window,), mode="nearest")


def noise(values: Array) -> Array:
    """Robust standard deviation of the noise on curves (..., n), from second differences.

    A trend does not count as noise (Gasser, Sroka & Jennen-Steinmetz 1986). Take it of curves that are not smoothed; 0
    for fewer than three checkpoints.
    """
    if values.shape[-1] < 3:
        return np.zeros(values.shape[:-1])
    return NORMAL_MAD * np.median(np.abs(np.diff(values, 2, axis=-1)), axis=-1) / np.sqrt(6)


def crossing(values: Array, threshold: Array | float, persistence: int, after: NDArray[np.int64] | int = 0) -> Array:
    """Position where a curve first rises above ``threshold`` and stays there for ``persistence`` checkpoints.

    Args:
        values: Curves (..., n).
        threshold: Broadcast to (...).
        persistence: Number of consecutive checkpoints above the threshold.
        after: First checkpoint that counts, broadcast to (...).

    Returns:
        Positions (...), interpolated between the last value below and the first above; ``after`` where the curve is
        above the threshold there already, NaN where there is no crossing.

    >>> crossing(np.array([0.0, 0.9, 0.0, 0.4, 0.8, 0.9]), 0.5, persistence=2)
    array(3.25)
    """
    n = values.shape[-1]
    level = np.broadcast_to(np.asarray(threshold, dtype=float), values.shape[:-1])[..., None]
    if n < persistence:
        return np.full(values.shape[:-1], np.nan)
    higher, last = values > level, n - persistence + 1
    above = np.arange(last) >= np.asarray(after)[..., None]
    for ahead in range(persistence):
        above = above & higher[..., ahead : last + ahead]
    first = above.argmax(axis=-1)
    before = np.maximum(first - 1, 0)
    low, high = (np.take_along_axis(values, i[..., None], axis=-1)[..., 0] for i in (before, first))
    span = np.where(high > low, high - low, 1.0)
    share = np.clip((level[..., 0] - low) / span, 0.0, 1.0)
    position = np.maximum(np.where(first > before, before + share, 0.0), after)
    return np.where(above.any(axis=-1), position, np.nan)


def mean_shift(values: Array, after: NDArray[np.int64] | int = 0) -> tuple[Array, Array]:
    """Position and size of the one change of mean that fits curves (..., n) best from checkpoint ``after`` on.

    Exact least squares over all splits. The position is half-way between the last checkpoint before the change and the
    first after it; position and size are NaN for fewer than two checkpoints.

    >>> position, size = mean_shift(np.array([0.0, 0.0, 0.0, 1.0, 1.0]))
    >>> float(position), float(size)
    (2.5, 1.0)
    """
    if values.shape[-1] < 2:
        return np.full(values.shape[:-1], np.nan), np.full(values.shape[:-1], np.nan)
    counted = np.broadcast_to(np.arange(values.shape[-1]) >= np.asarray(after)[..., None], values.shape)
    start = np.take_along_axis(values, np.broadcast_to(after, values.shape[:-1])[..., None], axis=-1)
    moved = np.where(counted, values - start, 0.0)  # so that a constant curve stays constant without rounding
    sums, counts = np.cumsum(moved, axis=-1), np.cumsum(counted, axis=-1)
    left = counts[..., :-1]
    right: Array = counts[..., -1:] - left
    with np.errstate(divide="ignore", invalid="ignore"):
        size = (sums[..., -1:] - sums[..., :-1]) / right - sums[..., :-1] / left
    explained = np.where((left > 0) & (right > 0), left * right * size**2, -1.0)
    best = explained.argmax(axis=-1)
    fits = np.take_along_axis(explained, best[..., None], axis=-1)[..., 0] >= 0
    chosen = np.take_along_axis(size, best[..., None], axis=-1)[..., 0]
    return np.where(fits, best + 0.5, np.nan), np.where(fits, chosen, np.nan)


def to_steps(position: Array, steps: NDArray[np.int64]) -> Array:
    """Optimiser steps at (fractional) checkpoint positions."""
    return np.interp(position, np.arange(len(steps)), steps)


def to_positions(step: Array, steps: NDArray[np.int64]) -> Array:
    """Inverse of `to_steps`."""
    return np.interp(step, steps, np.arange(len(steps)))
