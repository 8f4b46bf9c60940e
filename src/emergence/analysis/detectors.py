"""Detectors of emergence behind one interface: score curves in, positions of events out.

A detector takes curves (..., checkpoints) of scores (0 at the best blind guess, 1 when perfect) and the settings of
events, and returns positions (...,) in checkpoints, fractional, NaN where there is no event. Each dates a transition
at its half-way point, by what it takes a transition to be: a passage that lasts, a step of the mean, or a sigmoid.

The step and the sigmoid are least-squares fits, held to the same rules: the level before lies below the threshold and
the level after above it; as many checkpoints follow as a passage must last; and the fit beats a constant by more than
noise would.
"""

from collections.abc import Callable
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import uniform_filter1d
from scipy.special import expit

from emergence.analysis.curves import Array, crossing, mean_shift, noise
from emergence.settings.analysis import Events

Detector = Callable[[Array, Events], Array]

STEEPEST = 0.1  # scale of the steepest sigmoid that is tried, checkpoints; it rises within one
WIDENING = 1.4  # from one scale to the next
PER_CHECKPOINT = 2  # centres that are tried
BLOCK = 512  # curves that are fitted at once; bounds memory


def threshold(curves: Array, settings: Events) -> Array:
    """Where the score passes the threshold to stay above it, interpolated.

    Whether there is an event is for the scores to say: they stay above for as many checkpoints as are asked for. When
    it is, their running mean: noise delays the first lasting passage of a slow rise, while the mean passes half-way.
    So the event is dated by the last passage of the mean up to the first lasting one of the scores.
    """
    passage = crossing(curves, settings.threshold, settings.persistence)
    smooth = uniform_filter1d(curves, settings.smoothing, axis=-1, mode="nearest")
    place = np.arange(1, curves.shape[-1])
    rises = (smooth[..., :-1] <= settings.threshold) & (smooth[..., 1:] > settings.threshold)
    rises &= place <= np.ceil(np.nan_to_num(passage, nan=-1.0) + settings.smoothing // 2)[..., None]
    last = np.where(rises, place, 0).max(axis=-1, initial=0)
    before, after = _at(smooth, np.maximum(last - 1, 0)), _at(smooth, last)
    share = (settings.threshold - before) / np.where(after > before, after - before, 1.0)
    return np.where(np.isnan(passage) | (last == 0), passage, last - 1 + share)


def changepoint(curves: Array, settings: Events) -> Array:
    """The one step of the mean that leaves the least squared residual, half-way between two checkpoints."""
    n = curves.shape[-1]
    position, step = mean_shift(curves)
    before, mean = position + 0.5, curves.mean(axis=-1)  # checkpoints before the step, and the mean of all
    low, high = mean - step * (n - before) / n, mean + step * before / n
    return _accepted(position, curves, low, high, step**2 * before * (n - before) / n, settings)


def sigmoid(curves: Array, settings: Events) -> Array:
    """Centre of the logistic rise ``a + b / (1 + exp(-(t - centre) / scale))`` that leaves the least squared residual.

    Height and base are linear, so that centre and scale alone are searched, on a grid (variable projection, Golub &
    Pereyra 1973); the centre is then refined by a parabola through the best place and its neighbours, to about a tenth
    of a checkpoint.
    """
    n = curves.shape[-1]
    if n < 2:
        return np.full(curves.shape[:-1], np.nan)
    centres, templates = _sigmoids(n)
    flat = curves.reshape(-1, n)
    blocks = [flat[start : start + BLOCK] for start in range(0, len(flat), BLOCK)]
    fitted = [_fitted(block, centres, templates, settings) for block in blocks]
    return np.concatenate([np.empty(0), *fitted]).reshape(curves.shape[:-1])


DETECTORS: dict[str, Detector] = {"threshold": threshold, "changepoint": changepoint, "sigmoid": sigmoid}


@lru_cache(maxsize=8)
def _sigmoids(n: int) -> tuple[Array, Array]:
    """Centres (c,) and logistic curves (scales, c, n) to be tried, from a step to one as wide as the curve is long."""
    centres = np.arange(PER_CHECKPOINT * (n - 1) + 1) / PER_CHECKPOINT
    scales = STEEPEST * WIDENING ** np.arange(np.ceil(np.log(n / 4 / STEEPEST) / np.log(WIDENING)) + 1)
    return centres, expit((np.arange(n) - centres[:, None]) / scales[:, None, None])


def _fitted(curves: Array, centres: Array, templates: Array, settings: Events) -> Array:
    """Centres of the best-fitting sigmoids (curves,), NaN where none is accepted."""
    scales, places, n = templates.shape
    centred = templates - templates.mean(axis=-1, keepdims=True)
    length = np.linalg.norm(centred, axis=-1)
    products = curves @ (centred / length[..., None]).reshape(-1, n).T
    gains = (np.maximum(products, 0) ** 2).reshape(-1, scales, places)  # a rise; what falls gains nothing
    scale, place = np.unravel_index(gains.reshape(len(curves), -1).argmax(axis=-1), (scales, places))
    curve = np.arange(len(curves))
    gain, chosen = gains[curve, scale, place], centred[scale, place]
    height = np.sqrt(gain) / length[scale, place]
    first, last = (curves.mean(axis=-1) + height * chosen[:, end] for end in (0, -1))
    centre = centres[place] + _summit(gains[curve, scale], place) / PER_CHECKPOINT
    return _accepted(centre, curves, first, last, gain, settings)


def _summit(gains: Array, place: NDArray[np.int64]) -> Array:
    """Offset of the top of a parabola through the highest value and its neighbours, in that distance; 0 at ends."""
    inner = np.clip(place, 1, gains.shape[-1] - 2)
    left, middle, right = (_at(gains, inner + shift) for shift in (-1, 0, 1))
    bend = left - 2 * middle + right
    offset = (left - right) / (2 * np.where(bend < 0, bend, -np.inf))
    return np.where(inner == place, offset, 0.0)


def _accepted(position: Array, curves: Array, before: Array, after: Array, gain: Array, settings: Events) -> Array:
    """Positions of the fits that are events, NaN for the others.

    ``before`` and ``after`` are a fit's levels, ``gain`` is by how much its squared residual is below a constant's.
    """
    n = curves.shape[-1]
    chance = settings.penalty * np.log(n) * noise(curves) ** 2
    passed = (before < settings.threshold) & (after > settings.threshold) & (gain > chance)
    return np.where(passed & (position <= n - settings.persistence), position, np.nan)


def _at(values: Array, place: NDArray[np.int64]) -> Array:
    return np.take_along_axis(values, place[..., None], axis=-1)[..., 0]
