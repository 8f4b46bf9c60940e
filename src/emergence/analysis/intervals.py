"""Intervals for rates and for dependent observations."""

from collections.abc import Sequence

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
    values: ArrayLike,
    clusters: ArrayLike,
    confidence: float,
    draws: int,
    rng: np.random.Generator,
    added: Sequence[float] = (),
) -> tuple[float, float]:
    """Percentile bootstrap interval of a mean, drawing whole clusters (runs) with replacement.

    ``added`` clusters of average size with these values join the draw. One at each end of the range of a rate does for
    clusters what Agresti and Coull's pseudo-observations do for single trials: few clusters that agree show no spread,
    but are no certainty. Returns NaNs for fewer than two observed clusters: nothing is known of their spread.
    """
    observed: NDArray[np.float64] = np.asarray(values, dtype=float)
    _, member = np.unique(np.asarray(clusters), return_inverse=True)
    count = int(member.max()) + 1 if len(observed) else 0
    if count < 2:
        return float("nan"), float("nan")
    sums, sizes = np.bincount(member, observed), np.bincount(member).astype(float)
    sums = np.concatenate([sums, np.multiply(added, sizes.mean())])
    sizes = np.concatenate([sizes, np.full(len(added), sizes.mean())])
    count += len(added)
    weights = rng.multinomial(count, np.full(count, 1 / count), size=draws)
    means = weights @ sums / (weights @ sizes)
    low, high = np.quantile(means, [(1 - confidence) / 2, (1 + confidence) / 2])
    return float(low), float(high)
