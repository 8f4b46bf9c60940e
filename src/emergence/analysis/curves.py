"""Curves over checkpoints: smoothing, persistent crossings, positions.

Positions are counted in checkpoints and may be fractional; `to_steps` turns them into optimiser steps. All functions
work along the last axis and take any number of curves at once; a position that does not exist is NaN.
"""

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray
from scipy.ndimage import median_filter

Array = NDArray[np.float64]

NORMAL_MAD = 1.4826  # standard deviation of a normal distribution in units of its median absolute deviation


def smoothed(values: Array, window: int) -> Array:
    """Running median over ``window`` checkpoints; the ends are repeated."""
    return median_filter(values, size=(1,) * (values.ndim - 1) + (window,), mode="nearest")


def noise(values: Array) -> Array:
    """Standard deviation of the noise on smooth curves (..., n), robustly, from second differences.

    A trend does not count as noise, nor does smoothing hide any (Gasser, Sroka & Jennen-Steinmetz 1986); 0 for fewer
    than three checkpoints.
    """
    if values.shape[-1] < 3:
        return np.zeros(values.shape[:-1])
    return NORMAL_MAD * np.median(np.abs(np.diff(values, 2, axis=-1)), axis=-1) / np.sqrt(6)


def crossing(values: Array, threshold: Array | float, persistence: int, after: NDArray[np.int64] | int = 0) -> Array:
    """Position where a curve first rises above ``threshold`` and stays there for ``persistence`` checkpoints.

    The position is interpolated between the last value below and the first above; it is the first checkpoint looked at
    if the curve is above there already.
    Only passages from checkpoint ``after`` on count. Shapes: values (..., n), threshold and after broadcast to (...).

    >>> crossing(np.array([0.0, 0.9, 0.0, 0.4, 0.8, 0.9]), 0.5, persistence=2)
    array(3.25)
    """
    n = values.shape[-1]
    level = np.broadcast_to(np.asarray(threshold, dtype=float), values.shape[:-1])[..., None]
    if n < persistence:
        return np.full(values.shape[:-1], np.nan)
    held = sliding_window_view(values > level, persistence, axis=-1).all(axis=-1)
    held &= np.arange(held.shape[-1]) >= np.asarray(after)[..., None]
    first = held.argmax(axis=-1)
    before = np.maximum(first - 1, 0)
    low, high = (np.take_along_axis(values, i[..., None], axis=-1)[..., 0] for i in (before, first))
    span = np.where(high > low, high - low, 1.0)
    share = np.clip((level[..., 0] - low) / span, 0.0, 1.0)
    position = np.maximum(np.where(first > before, before + share, 0.0), after)
    return np.where(held.any(axis=-1), position, np.nan)


def mean_shift(values: Array, after: NDArray[np.int64] | int = 0) -> tuple[Array, Array]:
    """Where one change of mean fits curves (..., n) from checkpoint ``after`` on best, and its size.

    Exact least squares over all splits. The position is half-way between the last checkpoint before the change and the
    first after it; both are NaN for fewer than two checkpoints.

    >>> position, size = mean_shift(np.array([0.0, 0.0, 0.0, 1.0, 1.0]))
    >>> float(position), float(size)
    (2.5, 1.0)
    """
    if values.shape[-1] < 2:
        return np.full(values.shape[:-1], np.nan), np.full(values.shape[:-1], np.nan)
    counted = np.broadcast_to(np.arange(values.shape[-1]) >= np.asarray(after)[..., None], values.shape)
    start = np.take_along_axis(values, np.broadcast_to(after, values.shape[:-1])[..., None], axis=-1)
    moved = np.where(counted, values - start, 0.0)  # so that a constant curve is one without rounding
    sums, counts = np.cumsum(moved, axis=-1), np.cumsum(counted, axis=-1)
    left = counts[..., :-1]
    right: Array = counts[..., -1:] - left
    with np.errstate(divide="ignore", invalid="ignore"):
        size = (sums[..., -1:] - sums[..., :-1]) / right - sums[..., :-1] / left
    explained = np.where((left > 0) & (right > 0), left * right * size**2, -1.0)
    best = explained.argmax(axis=-1)
    found = np.take_along_axis(explained, best[..., None], axis=-1)[..., 0] >= 0
    chosen = np.take_along_axis(size, best[..., None], axis=-1)[..., 0]
    return np.where(found, best + 0.5, np.nan), np.where(found, chosen, np.nan)


def to_steps(position: Array, steps: NDArray[np.int64]) -> Array:
    """Optimiser steps at (fractional) checkpoint positions."""
    return np.interp(position, np.arange(len(steps)), steps)


def to_positions(step: Array, steps: NDArray[np.int64]) -> Array:
    """Inverse of `to_steps`."""
    return np.interp(step, steps, np.arange(len(steps)))
