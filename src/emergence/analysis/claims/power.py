"""Power of a rule: how likely is the right verdict, if a value is what it is thought to be?

The right verdict is that the claim holds where the rule allows the value, and that it fails elsewhere; an interval on
the wrong side is no success. The probabilities are those of the very intervals that verdicts rest on: exact for shares
(sums over all counts) and for Student's intervals (the standard error is integrated over its distribution), and drawn
for those of a bootstrap over runs. What is known of the spread is what this run shows of it.
"""

from collections.abc import Callable

import numpy as np
from scipy import stats

from emergence.analysis.claims.rules import Rule, Verdict
from emergence.analysis.curves import Array
from emergence.analysis.intervals import exact

WANTED = 0.8
"""The power that is asked for, as is usual."""
MOST = 2000
"""units or runs; more are not looked for"""
NEGLIGIBLE = 1e-12
POINTS = 2000  # at which the distribution of a standard error is taken
DATA_SETS, DRAWS = 400, 1000  # of the bootstrap over runs
MANY = 100  # runs
FARTHEST, CLOSE = 100.0, 1e-6  # standard errors


def right(rule: Rule, truth: float) -> Verdict:
    """The verdict that a rule should come to."""
    return "holds" if rule.allows(truth) else "fails"


def of_share(rule: Rule, truth: float, units: int, confidence: float) -> float:
    """Power of the exact (Clopper-Pearson) interval of a share of independent units: a sum over all counts.

    >>> from emergence.analysis.claims.rules import at_least
    >>> [of_share(at_least(0.85), 1.0, units, 0.95) for units in (22, 23)]
    [0.0, 1.0]
    """
    chances = stats.binom.pmf(np.arange(units + 1), units, truth)
    hits = np.flatnonzero(chances > NEGLIGIBLE)
    verdict = right(rule, truth)
    bounds = zip(*exact(hits, units, confidence), strict=True)
    decided = [rule.verdict(low, high) == verdict for low, high in bounds]
    return float(chances[hits][decided].sum())


def of_mean(rule: Rule, truth: float, error: float, freedom: float, confidence: float) -> float:
    """Power of Student's interval of a mean with this true standard error; normal if ``freedom`` is infinite.

    Given its estimated standard error, a mean is on the right side with a normal probability; that error is ``error``
    times a chi variable, over whose quantiles the probability is averaged.
    """
    middles = (np.arange(POINTS) + 0.5) / POINTS
    estimated = np.sqrt(stats.chi2.ppf(middles, freedom) / freedom) if np.isfinite(freedom) else np.ones(1)
    half = stats.t.ppf((1 + confidence) / 2, freedom) * estimated
    scale = max(error, np.finfo(float).tiny)
    lowest, highest = ((bound - truth) / scale for bound in (rule.lowest, rule.highest))
    if right(rule, truth) == "holds":
        chance = stats.norm.cdf(highest - half) - stats.norm.cdf(lowest + half)
    else:
        chance = stats.norm.cdf(lowest - half) + stats.norm.sf(highest + half)
    return float(np.clip(chance, 0.0, 1.0).mean())


def of_rate(rule: Rule, truth: float, spread: float, runs: int, confidence: float, seed: int) -> float:
    """Power of the bootstrap interval of a rate over runs, to which one run at 0 and one at 1 are added, by drawing.

    Runs have rates of a beta distribution whose variance is ``spread`` (0: all alike, 1: each is 0 or 1) times that of
    a coin; see `emergence.analysis.intervals.clustered`. Among a hundred runs the two make no difference any more, and
    the mean is taken as normal.
    """
    if runs > MANY:
        return of_mean(rule, truth, float(np.sqrt(spread * truth * (1 - truth) / runs)), np.inf, confidence)
    rates = _rates(truth, spread, runs, np.random.default_rng(seed))
    every = np.vstack([rates, np.zeros(rates.shape[1]), np.ones(rates.shape[1])])
    weights = np.random.default_rng(seed).multinomial(runs + 2, np.full(runs + 2, 1 / (runs + 2)), DRAWS) / (runs + 2)
    bounds = np.quantile(weights @ every, [(1 - confidence) / 2, (1 + confidence) / 2], axis=0)
    verdict = right(rule, truth)
    return float(np.mean([rule.verdict(low, high) == verdict for low, high in bounds.T]))


def _rates(truth: float, spread: float, runs: int, rng: np.random.Generator) -> Array:
    """Rates of runs, shape (runs, data sets)."""
    shape = (runs, DATA_SETS)
    if truth in (0.0, 1.0) or spread <= 0:
        return np.full((runs, 1), truth)
    if spread >= 1:
        return (rng.random(shape) < truth).astype(float)
    strength = 1 / spread - 1
    return rng.beta(truth * strength, (1 - truth) * strength, shape)


def needed(power: Callable[[int], float], most: int = MOST) -> int | None:
    """A count with the power that is wanted while one less has not; None where ``most`` have not.

    Found by doubling and halving: power grows with the count, but for the small teeth of what is discrete.

    >>> needed(lambda count: count / 30), needed(lambda count: 0.5)
    (24, None)
    """
    high = 1
    while power(high) < WANTED:
        if high >= most:
            return None
        high = min(2 * high, most)
    low = high // 2
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if power(middle) >= WANTED else (middle, high)
    return high


def detectable(power: Callable[[float], float]) -> float | None:
    """The smallest distance (in standard errors) with the power that is wanted; None where a hundred have not.

    >>> detectable(lambda distance: distance / 10)
    8.0
    """
    near, far = 0.0, 1.0
    while power(far) < WANTED:
        if far > FARTHEST:
            return None
        near, far = far, 2 * far
    while far - near > CLOSE:
        middle = (near + far) / 2
        near, far = (near, middle) if power(middle) >= WANTED else (middle, far)
    return far
