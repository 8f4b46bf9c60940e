"""Confidence intervals and tests for rates, means over runs and dependent observations."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy import stats
from scipy.special import betaincinv, stdtrit

from emergence.analysis.curves import Array

EXACT_UP_TO = 16  # clusters whose signs are all tried


def clopper_pearson(successes: int, trials: int, confidence: float) -> tuple[float, float]:
    """Exact interval of a binomial rate, for independent trials (Clopper & Pearson 1934).

    Args:
        successes: Trials that succeed.
        trials: Number of trials.
        confidence: Coverage, such as 0.95.

    Returns:
        Lower and upper bound of the rate.

    >>> [round(bound, 3) for bound in clopper_pearson(32, 32, 0.95)]
    [0.891, 1.0]
    """
    low, high = exact_bounds(np.array([successes]), trials, confidence)
    return float(low[0]), float(high[0])


def exact_bounds(successes: NDArray[np.intp], trials: int, confidence: float) -> tuple[Array, Array]:
    """Bounds of the same intervals for many counts (n,) at once: quantiles of beta distributions.

    Args:
        successes: Counts of successes (n,).
        trials: Number of trials of each count, the same for all.
        confidence: Coverage, such as 0.95.

    Returns:
        Lower and upper bounds, each (n,).
    """
    tail = (1 - confidence) / 2
    low = betaincinv(np.maximum(successes, 1), trials - successes + 1, tail)
    high = betaincinv(successes + 1, np.maximum(trials - successes, 1), 1 - tail)
    return np.where(successes > 0, low, 0.0), np.where(successes < trials, high, 1.0)


@dataclass(frozen=True)
class MeanInterval:
    """A mean over runs with its interval, NaN for fewer than two runs, and the number of runs."""

    value: float
    low: float
    high: float
    runs: int

    def named(self, name: str) -> dict[str, float]:
        """The columns of a table: ``name``, ``name_low``, ``name_high``."""
        return {name: self.value, f"{name}_low": self.low, f"{name}_high": self.high}


def student_mean(values: pd.Series, confidence: float) -> MeanInterval:
    """Mean of one value per run with Student's interval; NaN values do not count.

    A percentile bootstrap over three runs covers far less than its nominal confidence.

    >>> mean = student_mean(pd.Series([1.0, 2.0, 3.0, np.nan]), 0.95)
    >>> mean.value, round(mean.low, 2), round(mean.high, 2), mean.runs
    (2.0, -0.48, 4.48, 3)
    """
    return mean_interval(values.to_numpy(dtype=float, na_value=np.nan), confidence)


def mean_interval(values: Array, confidence: float) -> MeanInterval:
    """`student_mean` of an array."""
    known = values[~np.isnan(values)]
    if not len(known):
        return MeanInterval(np.nan, np.nan, np.nan, 0)
    value = float(known.mean())
    if len(known) < 2:
        return MeanInterval(value, np.nan, np.nan, 1)
    error = float(known.std(ddof=1) / np.sqrt(len(known)))
    half = float(stdtrit(len(known) - 1, (1 + confidence) / 2) * error)
    return MeanInterval(value, value - half, value + half, len(known))


def log_width(row: Mapping[str, Any] | pd.Series) -> float:
    """Half of an interval, ``low`` to ``high``, on a logarithmic scale."""
    return float(np.log(row["high"] / row["low"])) / 2


def welch_factor(estimates: Iterable[tuple[float, int]], confidence: float) -> float:
    """Factor of the interval of a product or ratio of independent estimates (Welch 1947).

    Args:
        estimates: Half of the interval of each, on a logarithmic scale, and the number of seeds that it is over.
        confidence: Of all intervals.

    >>> round(welch_factor([(0.1, 6), (0.0, 6)], 0.95), 6) == round(float(np.exp(0.1)), 6)
    True
    """
    halves, seeds = (np.array(values, dtype=float) for values in zip(*estimates, strict=True))
    freedoms = seeds - 1
    if np.isnan(halves).any() or (freedoms < 1).any():
        return float("nan")
    variances = (halves / stats.t.ppf((1 + confidence) / 2, freedoms)) ** 2
    total = variances.sum()
    if not total > 0:
        return 1.0
    freedom = total**2 / (variances**2 / freedoms).sum()
    return float(np.exp(stats.t.ppf((1 + confidence) / 2, freedom) * np.sqrt(total)))


def mean_of_medians(values: pd.Series, runs: pd.Series, confidence: float) -> MeanInterval:
    """Mean over runs of each run's median: the skills of a run share a network, so a run counts once.

    Args:
        values: One value per skill; NaN does not count.
        runs: Run of each value, with the same index.
        confidence: Coverage, such as 0.95.
    """
    return student_mean(values.groupby(runs, sort=False).median(), confidence)


def cluster_bootstrap(
    values: ArrayLike,
    clusters: ArrayLike,
    confidence: float,
    draws: int,
    rng: np.random.Generator,
    added: Sequence[float] = (),
) -> tuple[float, float]:
    """Percentile bootstrap interval of a mean, drawing whole clusters (runs) with replacement.

    Args:
        values: Observations (n,).
        clusters: Cluster of each observation (n,).
        confidence: Coverage, such as 0.95.
        draws: Number of bootstrap samples.
        rng: Source of the draws.
        added: Values of additional clusters of average size. One at each end of the range of a rate does for clusters
            what the pseudo-observations of Agresti and Coull (1998) do for single trials: a few clusters that agree
            show no spread, which is not certainty.

    Returns:
        Lower and upper bound; NaN for fewer than two observed clusters, whose spread is unknown.
    """
    observed: Array = np.asarray(values, dtype=float)
    _, member = np.unique(np.asarray(clusters), return_inverse=True)
    count = int(member.max()) + 1 if len(observed) else 0
    if count < 2:
        return float("nan"), float("nan")
    sums, sizes = np.bincount(member, observed), np.bincount(member).astype(float)
    sums = np.concatenate([sums, np.multiply(added, sizes.mean())])
    sizes = np.concatenate([sizes, np.full(len(added), sizes.mean())])
    count += len(added)
    weights, rng.bit_generator.state = _cluster_counts(count, draws, json.dumps(rng.bit_generator.state))
    means = weights @ sums / (weights @ sizes)
    low, high = np.quantile(means, [(1 - confidence) / 2, (1 + confidence) / 2])
    return float(low), float(high)


@lru_cache(maxsize=256)
def _cluster_counts(count: int, draws: int, state: str) -> tuple[Array, Mapping[str, Any]]:
    """How often each cluster is drawn (draws, clusters), and the generator's state after that.

    Analyses start many tables' cells from the same seed, and to draw takes longer than all else that a cell needs.
    """
    rng = np.random.default_rng()
    rng.bit_generator.state = json.loads(state)
    return rng.multinomial(count, np.full(count, 1 / count), size=draws).astype(float), rng.bit_generator.state


def sign_flip(values: ArrayLike, clusters: ArrayLike, draws: int, rng: np.random.Generator) -> float:
    """One-sided p-value for a mean above zero, by flipping the signs of whole clusters.

    Under the null each cluster's sum is as likely negative as positive. All signs are tried for up to `EXACT_UP_TO`
    clusters, ``draws`` random ones for more. With n clusters no p is below 2^-n; NaN without any.

    Args:
        values: Observations (n,).
        clusters: Cluster of each observation (n,).
        draws: Number of random choices of signs, where not all are tried.
        rng: Source of the draws.

    >>> sign_flip([1, 1, 1, 1], ["a", "b", "c", "d"], 0, np.random.default_rng(0))
    0.0625
    """
    _, member = np.unique(np.asarray(clusters), return_inverse=True)
    sums = np.bincount(member, np.asarray(values, dtype=float)) if len(member) else np.empty(0)
    if not len(sums):
        return float("nan")
    if len(sums) <= EXACT_UP_TO:
        signs = 1 - 2 * (np.arange(2 ** len(sums))[:, None] >> np.arange(len(sums)) & 1)
    else:
        signs = np.vstack([np.ones(len(sums)), rng.choice([-1, 1], (draws, len(sums)))])
    return float((signs @ sums >= sums.sum() - 1e-12).mean())


def known_quantiles(values: Array, shares: Array) -> Array:
    """Quantiles of each row's known values (rows, shares), as `numpy.nanquantile` has them; NaN without any.

    >>> known_quantiles(np.array([[2.0, np.nan, 1.0], [np.nan] * 3]), np.array([0.25, 0.5])).tolist()
    [[1.25, 1.5], [nan, nan]]
    """
    if not values.shape[-1]:
        return np.full((len(values), len(shares)), np.nan)
    ordered = np.sort(values, axis=-1)  # NaN comes last
    last = np.maximum(np.isfinite(values).sum(axis=-1, keepdims=True) - 1, 0)
    place = last * shares
    below = place.astype(int)
    low, high = (np.take_along_axis(ordered, np.minimum(at, last), axis=-1) for at in (below, below + 1))
    share = place - below
    return np.where(share < 0.5, low + (high - low) * share, high - (high - low) * (1 - share))


def holm(p: pd.Series) -> pd.Series:
    """Holm's step-down correction of the non-null p-values (statsmodels' version is slow: it collects garbage).

    >>> holm(pd.Series([0.04, np.nan, 0.01, 0.5, 0.03])).tolist()
    [0.09, nan, 0.04, 0.5, 0.09]
    """
    ordered = p.dropna().astype(float).sort_values(kind="stable")
    return (ordered * np.arange(len(ordered), 0, -1)).cummax().clip(upper=1.0).reindex(p.index)
