"""Intervals and tests for rates and for dependent observations."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy.special import betaincinv

from emergence.analysis.curves import Array


def clopper_pearson(successes: int, trials: int, confidence: float) -> tuple[float, float]:
    """Exact interval of a binomial rate, for independent trials.

    >>> [round(bound, 3) for bound in clopper_pearson(32, 32, 0.95)]
    [0.891, 1.0]
    """
    low, high = exact(np.array([successes]), trials, confidence)
    return float(low[0]), float(high[0])


def exact(successes: NDArray[np.intp], trials: int, confidence: float) -> tuple[Array, Array]:
    """Ends of the same intervals for many counts at once: quantiles of beta distributions."""
    tail = (1 - confidence) / 2
    low = betaincinv(np.maximum(successes, 1), trials - successes + 1, tail)
    high = betaincinv(successes + 1, np.maximum(trials - successes, 1), 1 - tail)
    return np.where(successes > 0, low, 0.0), np.where(successes < trials, high, 1.0)


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
    observed: Array = np.asarray(values, dtype=float)
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


EXACT_UP_TO = 16  # clusters whose signs are all tried


def sign_flip(values: ArrayLike, clusters: ArrayLike, draws: int, rng: np.random.Generator) -> float:
    """One-sided p of a mean no greater than zero, by the signs of whole clusters: exact for few, drawn for many.

    Under the null each cluster's sum is as likely negative. With n clusters no p is below 2^-n; NaN without any.

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


def holm(p: pd.Series) -> pd.Series:
    """Holm's step-down correction of the p that there are (that of statsmodels collects garbage, which takes long).

    >>> holm(pd.Series([0.04, np.nan, 0.01, 0.5, 0.03])).tolist()
    [0.09, nan, 0.04, 0.5, 0.09]
    """
    ordered = p.dropna().astype(float).sort_values()
    return (ordered * np.arange(len(ordered), 0, -1)).cummax().clip(upper=1.0).reindex(p.index)
