"""Where curves of several seeds cross a share, and intervals over seeds: paired where networks are the same.

Standard errors come from a bootstrap over seeds, of the logarithm, and intervals from Student's quantiles.
"""

import numpy as np
from numpy.typing import NDArray
from scipy.stats import t

from emergence.analysis.curves import Array, crossing, to_steps
from emergence.analysis.parity.constants import Resampling

Row = dict[str, object]


def first_crossing(x: NDArray[np.int64], curves: Array, share: float) -> Array:
    """First crossing of a share by curves, interpolated; NaN without one, or if above it at first.

    Args:
        x: Points of the axis (points,).
        curves: Values (..., points).
        share: Value that is crossed from below.
    """
    position = crossing(curves, share, persistence=1)
    reached = np.isfinite(position) & (curves[..., 0] < share)
    return np.where(reached, to_steps(np.nan_to_num(position), x), np.nan)


def date_crossing(x: NDArray[np.int64], strength: Array, first: Array, share: float, how: Resampling) -> Row:
    """Crossing of a share by the mean R/S, and its ratio to the crossing of the first skill.

    Args:
        x: Points of the axis (points,).
        strength: R/S of a skill (seeds, points).
        first: R/S of the first skill (seeds, points).
        share: Share of the final strength.
        how: Confidence, draws and seed of the bootstrap.

    Returns:
        Columns of table ``crossings``, with Student's intervals on a logarithmic scale, their standard errors from a
        bootstrap over seeds, as in `emergence.theory.fits`.
    """
    seeds, draws = len(strength), bootstrap_weights(len(strength), how)
    value, start = (float(first_crossing(x, of_skill.mean(axis=0), share)) for of_skill in (strength, first))
    drawn, drawn_first = (first_crossing(x, draws @ of_skill, share) for of_skill in (strength, first))
    low, high = log_student_interval(value, drawn, seeds, how)
    ratio_low, ratio_high = log_student_interval(value / start, drawn / drawn_first, seeds, how)
    return {
        "seeds": seeds,
        "reached": int(np.isfinite(first_crossing(x, strength, share)).sum()),
        "value": value,
        "low": low,
        "high": high,
        "ratio": value / start,
        "ratio_low": ratio_low,
        "ratio_high": ratio_high,
    }


def paired_ratio(
    x: NDArray[np.int64], later: tuple[Array, float], earlier: tuple[Array, float], confidence: float
) -> tuple[float, float, float]:
    """Ratio of two crossings in the same network: geometric mean over seeds with Student's interval.

    Networks differ more in speed than in the ratio of their times, and a mean curve of slow and fast ones is wider
    than each. NaN unless every seed has both crossings.

    Args:
        x: Points of the axis (points,).
        later: R/S of one skill (seeds, points), and the share that it crosses.
        earlier: The same of the denominator.
        confidence: Of the interval.
    """
    logs = np.log(first_crossing(x, *later)) - np.log(first_crossing(x, *earlier))
    if not np.isfinite(logs).all():
        return np.nan, np.nan, np.nan
    value, low, high = np.exp(student_interval(logs, confidence))
    return float(value), float(low), float(high)


def student_interval(values: Array, confidence: float) -> tuple[float, float, float]:
    """Mean with Student's interval, whose bounds are NaN for fewer than two values."""
    mean, count = float(values.mean()), len(values)
    if count < 2:
        return mean, np.nan, np.nan
    half = float(t.ppf((1 + confidence) / 2, count - 1) * values.std(ddof=1) / np.sqrt(count))
    return mean, mean - half, mean + half


def log_student_interval(value: float, drawn: Array, seeds: int, how: Resampling) -> tuple[float, float]:
    """Student's interval of a positive value, with the standard error of its log from a bootstrap.

    Args:
        value: The estimate.
        drawn: The same in each draw of the bootstrap (draws,).
        seeds: Number of seeds that are resampled.
        how: Confidence of the interval.

    Returns:
        Lower and upper bound; NaN for fewer than two seeds, or if the value or a draw is not finite.
    """
    if seeds < 2 or not np.isfinite(value) or not np.isfinite(drawn).all():
        return np.nan, np.nan
    error = np.log(drawn).std(ddof=1) * np.sqrt(seeds / (seeds - 1))
    factor = float(np.exp(t.ppf((1 + how.confidence) / 2, seeds - 1) * error))
    return value / factor, value * factor


def bootstrap_weights(seeds: int, how: Resampling) -> Array:
    """Bootstrap weights of seeds (draws, seeds), the same for every quantity."""
    rng = np.random.default_rng(how.seed)
    return rng.multinomial(seeds, np.full(seeds, 1 / seeds), size=how.draws) / seeds
