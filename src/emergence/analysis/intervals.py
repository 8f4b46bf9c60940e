"""Intervals for rates and for dependent observations."""

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.stats import binomtest


def clopper_pearson(successes: int, trials: int, confidence: float) -> tuple[float, float]:
    """Exact interval of a binomial rate, for independent trials.

    >>> [round(bound, 3) for bound in clopper_pearson(32, 32, 0.95)]
    [0.891, 1.0]
    """
    interval = binomtest(successes, trials).proportion_ci(confidence, method="exact")
    return float(interval.low), float(interval.high)


def clustered(
    values: ArrayLike, clusters: ArrayLike, confidence: float, draws: int, rng: np.random.Generator
) -> tuple[float, float]:
    """Percentile bootstrap interval of a mean, drawing whole clusters (runs) with replacement.

    Returns NaNs for fewer than two clusters, where nothing can be said of the spread between them.
    """
    observed: NDArray[np.float64] = np.asarray(values, dtype=float)
    _, member = np.unique(np.asarray(clusters), return_inverse=True)
    count = int(member.max()) + 1 if len(observed) else 0
    if count < 2:
        return float("nan"), float("nan")
    sums, sizes = np.bincount(member, observed), np.bincount(member)
    weights = rng.multinomial(count, np.full(count, 1 / count), size=draws)
    means = weights @ sums / (weights @ sizes)
    low, high = np.quantile(means, [(1 - confidence) / 2, (1 + confidence) / 2])
    return float(low), float(high)
