"""Detectors of emergence behind one interface: score curves in, positions of events out.

A detector takes curves (..., checkpoints) of scores (0 at the best input-independent guess, 1 when perfect) and the
settings of events, and returns positions (...,) in checkpoints, fractional, NaN where there is no event. Each dates a
transition at its half-way point under its own model: a persistent crossing, a step of the mean, or a sigmoid.

The step and the sigmoid are least-squares fits under the same criteria: the level before lies below the threshold and
the level after above it; at least ``persistence`` checkpoints follow; and the fit improves on a constant by more than
noise would.
"""

from collections.abc import Callable
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import uniform_filter1d
from scipy.special import expit

from emergence.analysis.curves import Array, crossing, mean_shift, noise
from emergence.config.protocol import Events

Detector = Callable[[Array, Events], Array]

STEEPEST = 0.1  # scale of the steepest sigmoid tried, in checkpoints: it rises within one
WIDENING = 1.4  # factor from one scale to the next
PER_CHECKPOINT = 2  # centres tried
BLOCK = 64  # curves fitted at once; so that their products stay in the processor's cache


def threshold(curves: Array, settings: Events) -> Array:
    """Position at which the score crosses the threshold persistently, interpolated.

    An event requires the scores themselves to stay above the threshold for ``persistence`` checkpoints. Its date comes
    from their running mean, since noise delays the first persistent crossing of a slow rise: the last crossing of the
    mean up to the first persistent one of the scores.
    """
    persistent = crossing(curves, settings.threshold, settings.persistence)
    smooth = uniform_filter1d(curves, settings.smoothing, axis=-1, mode="nearest")
    place = np.arange(1, curves.shape[-1])
    rises = (smooth[..., :-1] <= settings.threshold) & (smooth[..., 1:] > settings.threshold)
    rises &= place <= np.ceil(np.nan_to_num(persistent, nan=-1.0) + settings.smoothing // 2)[..., None]
    last = np.where(rises, place, 0).max(axis=-1, initial=0)
    before, after = _at(smooth, np.maximum(last - 1, 0)), _at(smooth, last)
    share = (settings.threshold - before) / np.where(after > before, after - before, 1.0)
    return np.where(np.isnan(persistent) | (last == 0), persistent, last - 1 + share)


def changepoint(curves: Array, settings: Events) -> Array:
    """Position of the step of the mean with the least squared residual, half-way between two checkpoints."""
    n = curves.shape[-1]
    position, step = mean_shift(curves)
    before, mean = position + 0.5, curves.mean(axis=-1)  # checkpoints before the step, and the mean of all
    low, high = mean - step * (n - before) / n, mean + step * before / n
    return _accept(position, curves, low, high, step**2 * before * (n - before) / n, settings)


def sigmoid(curves: Array, settings: Events) -> Array:
    """Centre of the logistic rise ``a + b / (1 + exp(-(t - centre) / scale))`` with the least squared residual.

    Base and height enter linearly, so only centre and scale are searched, on a grid (variable projection, Golub &
    Pereyra 1973). A parabola through the best centre and its neighbours refines it to about a tenth of a checkpoint.
    """
    n = curves.shape[-1]
    if n < 2:
        return np.full(curves.shape[:-1], np.nan)
    flat = curves.reshape(-1, n)
    blocks = [flat[start : start + BLOCK] for start in range(0, len(flat), BLOCK)]
    fitted = [_fit_sigmoids(block, *_sigmoids(n), settings) for block in blocks]
    return np.concatenate([np.empty(0), *fitted]).reshape(curves.shape[:-1])


DETECTORS: dict[str, Detector] = {"threshold": threshold, "changepoint": changepoint, "sigmoid": sigmoid}


@lru_cache(maxsize=8)
def _sigmoids(n: int) -> tuple[Array, Array]:
    """Centres (c,) and logistic curves (scales, c, n) of mean 0 and length 1, from a step to one as wide as a curve."""
    centres = np.arange(PER_CHECKPOINT * (n - 1) + 1) / PER_CHECKPOINT
    scales = STEEPEST * WIDENING ** np.arange(np.ceil(np.log(n / 4 / STEEPEST) / np.log(WIDENING)) + 1)
    curves = expit((np.arange(n) - centres[:, None]) / scales[:, None, None])
    curves -= curves.mean(axis=-1, keepdims=True)
    return centres, curves / np.linalg.norm(curves, axis=-1, keepdims=True)


def _fit_sigmoids(curves: Array, centres: Array, templates: Array, settings: Events) -> Array:
    """Centres of the best-fitting sigmoids (curves,), NaN where none is accepted."""
    scales, places, n = templates.shape
    products = (curves @ templates.reshape(-1, n).T).reshape(-1, scales, places)
    scale, place = np.unravel_index(products.reshape(len(curves), -1).argmax(axis=-1), (scales, places))
    gains = np.maximum(products[np.arange(len(curves)), scale], 0) ** 2  # rises only
    gain, chosen = _at(gains, place), templates[scale, place]
    first, last = (curves.mean(axis=-1) + np.sqrt(gain) * chosen[:, end] for end in (0, -1))
    centre = centres[place] + _summit(gains, place) / PER_CHECKPOINT
    return _accept(centre, curves, first, last, gain, settings)


def _summit(gains: Array, place: NDArray[np.int64]) -> Array:
    """Offset of the top of a parabola through the highest value and its neighbours, in that distance; 0 at ends."""
    inner = np.clip(place, 1, gains.shape[-1] - 2)
    left, middle, right = (_at(gains, inner + shift) for shift in (-1, 0, 1))
    bend = left - 2 * middle + right
    offset = (left - right) / (2 * np.where(bend < 0, bend, -np.inf))
    return np.where(inner == place, offset, 0.0)


def _accept(position: Array, curves: Array, before: Array, after: Array, gain: Array, settings: Events) -> Array:
    """Positions of the fits that count as events, NaN for the others.

    ``before`` and ``after`` are the fit's levels, ``gain`` is the reduction of squared residuals from a constant.
    """
    n = curves.shape[-1]
    chance = settings.penalty * np.log(n) * noise(curves) ** 2
    passed = (before < settings.threshold) & (after > settings.threshold) & (gain > chance)
    return np.where(passed & (position <= n - settings.persistence), position, np.nan)


def _at(values: Array, place: NDArray[np.int64]) -> Array:
    return np.take_along_axis(values, place[..., None], axis=-1)[..., 0]
