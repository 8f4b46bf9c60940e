"""Rules, the ranges that claims ask of values, and their power: the probability of the right verdict.

The right verdict is ``holds`` where the rule allows the true value and ``fails`` elsewhere. Probabilities refer to the
intervals that verdicts use: exact for shares (sums over all counts) and for Student's intervals (integrated over the
distribution of the standard error), Monte Carlo for the bootstrap over runs. The spread is the one estimated from this
run.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from math import inf
from typing import Literal

import numpy as np
from scipy import stats

from emergence.analysis.curves import Array
from emergence.analysis.intervals import exact_bounds

Verdict = Literal["holds", "fails", "undecided", "not testable at this tier", "not run"]
JUDGED: tuple[Verdict, ...] = ("holds", "fails", "undecided")
"""Verdicts of claims that the run could test."""


@dataclass(frozen=True)
class Rule:
    """The range, from ``lowest`` to ``highest``, that a claim asks of a value; either end may be infinite."""

    lowest: float = -inf
    highest: float = inf

    def allows(self, value: float) -> bool:
        """Whether a value lies in the range.

        >>> at_least(0.75).allows(0.75), within(1.8, 2.2).allows(2.3)
        (True, False)
        """
        return self.lowest <= value <= self.highest

    def verdict(self, low: float, high: float) -> Verdict:
        """Verdict on an interval; undecided if its ends are NaN.

        >>> [at_least(0.75).verdict(*interval) for interval in ((0.8, 0.9), (0.5, 0.7), (0.7, 0.8))]
        ['holds', 'fails', 'undecided']
        """
        if self.lowest <= low and high <= self.highest:
            return "holds"
        return "fails" if high < self.lowest or low > self.highest else "undecided"

    @property
    def conditions(self) -> tuple[str, str]:
        """Conditions on an interval for the claim to hold, and to fail, in words.

        >>> at_least(0.75).conditions, within(1.8, 2.2).conditions[1]
        (('interval at or above 0.75', 'interval below 0.75'), 'interval outside [1.8, 2.2]')
        """
        if np.isfinite([self.lowest, self.highest]).all():
            ends = f"[{self.lowest:.3g}, {self.highest:.3g}]"
            return f"interval within {ends}", f"interval outside {ends}"
        if np.isfinite(self.lowest):
            return f"interval at or above {self.lowest:.3g}", f"interval below {self.lowest:.3g}"
        return f"interval at or below {self.highest:.3g}", f"interval above {self.highest:.3g}"


ANYTHING = Rule()
"""No rule: every value is allowed."""


def at_least(threshold: float) -> Rule:
    """A value reaches ``threshold``."""
    return Rule(lowest=threshold)


def at_most(threshold: float) -> Rule:
    """A value does not exceed ``threshold``."""
    return Rule(highest=threshold)


def within(lowest: float, highest: float) -> Rule:
    """A value lies between two bounds."""
    return Rule(lowest, highest)


WANTED = 0.8
"""The power required, by convention."""
MOST = 2000
"""The largest number of units or runs that is tried."""
NEGLIGIBLE = 1e-12
POINTS = 2000  # quantiles of the distribution of a standard error
DATA_SETS, DRAWS = 400, 1000  # simulated data sets, bootstrap draws of each
MANY = 100  # runs from which the normal approximation is used
FARTHEST, CLOSE = 100.0, 1e-6  # standard errors


def right(rule: Rule, truth: float) -> Verdict:
    """The verdict that is right for a true value."""
    return "holds" if rule.allows(truth) else "fails"


def power_of_share(rule: Rule, truth: float, units: int, confidence: float) -> float:
    """Power of the exact (Clopper-Pearson) interval of a share of independent units, summed over all counts.

    Args:
        rule: range that the interval must lie in.
        truth: true share.
        units: number of independent units.
        confidence: of the interval.

    >>> [power_of_share(at_least(0.85), 1.0, units, 0.95) for units in (22, 23)]
    [0.0, 1.0]
    """
    chances = stats.binom.pmf(np.arange(units + 1), units, truth)
    hits = np.flatnonzero(chances > NEGLIGIBLE)
    verdict = right(rule, truth)
    bounds = zip(*exact_bounds(hits, units, confidence), strict=True)
    decided = [rule.verdict(low, high) == verdict for low, high in bounds]
    return float(chances[hits][decided].sum())


def power_of_mean(rule: Rule, truth: float, error: float, freedom: float, confidence: float) -> float:
    """Power of Student's interval of a mean, averaged over quantiles of the estimated standard error.

    Args:
        rule: range that the interval must lie in.
        truth: true mean.
        error: true standard error of the mean.
        freedom: degrees of freedom; infinite for a normal interval.
        confidence: of the interval.
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


@lru_cache(maxsize=4096)  # alternatives ask for the same rates again
def power_of_rate(rule: Rule, truth: float, spread: float, runs: int, confidence: float, seed: int) -> float:
    """Power of the bootstrap interval of a rate over runs, to which one run at 0 and one at 1 are added; simulated.

    The rates of runs follow a beta distribution. Its variance is ``spread`` times the Bernoulli variance (0: all runs
    alike, 1: each run is 0 or 1); see `emergence.analysis.intervals.cluster_bootstrap`. Above a hundred runs the mean
    is taken as normal.

    Args:
        rule: range that the interval must lie in.
        truth: true rate.
        spread: between 0 and 1.
        runs: number of runs.
        confidence: of the interval.
        seed: of the simulation and of the bootstrap.
    """
    if runs > MANY:
        return power_of_mean(rule, truth, float(np.sqrt(spread * truth * (1 - truth) / runs)), np.inf, confidence)
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
    """The smallest count with the required power, by bisection; None if ``most`` is too small.

    Power increases with the count, apart from the sawtooth of discrete intervals.

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
    """The smallest distance with the required power, in standard errors; None beyond a hundred.

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
