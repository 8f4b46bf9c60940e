"""Estimates with their intervals, and the power that a rule has with more runs or units."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any, Protocol

import numpy as np
import pandas as pd
from scipy import stats

from emergence.analysis.intervals import clopper_pearson, exact_bounds
from emergence.claims.rules import WANTED, Rule, power_of_mean, power_of_rate, power_of_share

Row = dict[str, Any]


def ends(row: pd.Series | Row, name: str, prefix: str = "") -> tuple[float, float, float]:
    """A value and the ends of its interval, from a row of a table.

    Args:
        row: A row with the value and its interval.
        name: Column of the value.
        prefix: What stands before ``low`` and ``high`` in the columns of the interval.
    """
    value, low, high = (
        np.nan if pd.isna(row[column]) else float(row[column]) for column in (name, f"{prefix}low", f"{prefix}high")
    )
    return value, low, high


class Estimate(Protocol):
    """A value with its interval, from ``count`` runs, seeds or units."""

    @property
    def value(self) -> float:
        """The estimate."""

    @property
    def low(self) -> float:
        """Lower end of the interval; NaN if there is none."""

    @property
    def high(self) -> float:
        """Upper end of the interval."""

    @property
    def count(self) -> int:
        """Number of runs, seeds or units."""

    def amount(self, count: int) -> str:
        """A count with its unit, as text."""

    def power(self, rule: Rule, truth: float, count: int) -> float:
        """Probability of the right verdict with this count, for a true value ``truth``.

        Args:
            rule: What the interval is held against.
            truth: The true value, on the scale of the estimate.
            count: Number of runs, seeds or units that the estimate would have.
        """

    def beyond(self, threshold: float, errors: float) -> float:
        """The value that lies ``errors`` standard errors above a threshold."""

    def can_decide(self, rule: Rule) -> bool:
        """Whether data of this count exist for which the rule holds, and data for which it fails."""


@dataclass(frozen=True)
class Share:
    """A share of independent units with its exact (Clopper-Pearson) interval."""

    hits: int
    count: int
    confidence: float
    unit: str = "units"

    @property
    def value(self) -> float:
        """The share; NaN without units."""
        return self.hits / self.count if self.count else np.nan

    @cached_property
    def _interval(self) -> tuple[float, float]:
        return clopper_pearson(self.hits, self.count, self.confidence) if self.count else (np.nan, np.nan)

    @property
    def low(self) -> float:
        """Lower end of the interval."""
        return self._interval[0]

    @property
    def high(self) -> float:
        """Upper end of the interval."""
        return self._interval[1]

    def power(self, rule: Rule, truth: float, count: int) -> float:
        """Exact, by summing over all counts."""
        return power_of_share(rule, truth, count, self.confidence)

    def amount(self, count: int) -> str:
        """A number of units."""
        return f"{count} {self.unit}"

    def beyond(self, threshold: float, errors: float) -> float:
        """Uses the standard error of a share at the threshold."""
        return _inside(threshold + errors * float(np.sqrt(threshold * (1 - threshold) / self.count)))

    def can_decide(self, rule: Rule) -> bool:
        """Tries all counts; a range in the middle, one part of a claim, need not be able to fail."""
        every = zip(*exact_bounds(np.arange(self.count + 1), self.count, self.confidence), strict=True)
        return self.count == 0 or "holds" in {rule.verdict(low, high) for low, high in every}

    @property
    def counted(self) -> str:
        """The counts, as text."""
        return f"exact, {self.hits}/{self.count} {self.unit}"


@dataclass(frozen=True)
class OverRuns:
    """A mean over runs or seeds with Student's interval; symmetric on a logarithmic scale if ``log``."""

    value: float
    low: float
    high: float
    count: int
    confidence: float
    unit: str = "runs"
    log: bool = False

    @property
    def error(self) -> float:
        """Standard error, from the interval."""
        return _half(self.low, self.high, self.log) / stats.t.ppf((1 + self.confidence) / 2, self.count - 1)

    def power(self, rule: Rule, truth: float, count: int) -> float:
        """With the estimated spread over runs; 0 for fewer than two runs, which have no interval."""
        if count < 2:
            return 0.0
        error = self.error * np.sqrt(self.count / count)
        return power_of_mean(*_scaled(rule, truth, self.log), error, count - 1, self.confidence)

    def amount(self, count: int) -> str:
        """A number of runs or seeds."""
        return f"{count} {self.unit}"

    def beyond(self, threshold: float, errors: float) -> float:
        """On the scale on which the interval is symmetric."""
        return _beyond(threshold, errors * self.error, self.log)

    def can_decide(self, rule: Rule) -> bool:  # noqa: ARG002 - runs that agree have an interval of no width
        """From two runs, whose spread may be as small as can be; without any run nothing is known."""
        return self.count != 1


@dataclass(frozen=True)
class Resampled:
    """A mean with the percentile interval of a bootstrap over runs, or with an interval combined from several.

    The spread is taken as normal. Without a single number of runs, counts are multiples of the runs at hand.
    """

    value: float
    low: float
    high: float
    confidence: float
    runs: int | None = None
    log: bool = False

    @property
    def count(self) -> int:
        """The number of runs; 1 if there is no single number."""
        return self.runs or 1

    @property
    def error(self) -> float:
        """Standard error, from the interval."""
        return _half(self.low, self.high, self.log) / stats.norm.ppf((1 + self.confidence) / 2)

    def power(self, rule: Rule, truth: float, count: int) -> float:
        """With the estimated spread."""
        error = self.error * np.sqrt(self.count / count)
        return power_of_mean(*_scaled(rule, truth, self.log), error, np.inf, self.confidence)

    def amount(self, count: int) -> str:
        """A number of runs, or a multiple of the runs at hand."""
        if self.runs:
            return f"{count} runs"
        return "these runs" if count == 1 else f"{count} times as many"

    def beyond(self, threshold: float, errors: float) -> float:
        """On the scale on which the interval is symmetric."""
        return _beyond(threshold, errors * self.error, self.log)

    def can_decide(self, rule: Rule) -> bool:  # noqa: ARG002
        """From two runs; without a single number of them, wherever the value has an interval."""
        return self.runs != 1 and not (np.isfinite(self.value) and np.isnan(self.low))


@dataclass(frozen=True)
class Rate:
    """A rate over runs with the interval of a bootstrap to which one run at 0 and one at 1 were added."""

    value: float
    low: float
    high: float
    count: int
    confidence: float
    seed: int

    @property
    def error(self) -> float:
        """Standard error, from the interval."""
        return _half(self.low, self.high, log=False) / stats.norm.ppf((1 + self.confidence) / 2)

    @property
    def spread(self) -> float:
        """Variance between runs over the Bernoulli variance, without the two added runs.

        1, the most cautious value, where all runs are at 0 or all at 1: they do not tell the spread at other rates.
        """
        if not 0 < self.value < 1:
            return 1.0
        total, middle = self.count + 2, (self.count * self.value + 1) / (self.count + 2)
        added = self.count * (self.value - middle) ** 2 + middle**2 + (1 - middle) ** 2
        variance = (self.error**2 * total**2 - added) / self.count
        return float(np.clip(variance / (self.value * (1 - self.value)), 0.0, 1.0))

    def power(self, rule: Rule, truth: float, count: int) -> float:
        """Simulated."""
        return power_of_rate(rule, truth, self.spread, count, self.confidence, self.seed)

    def amount(self, count: int) -> str:
        """A number of runs."""
        return f"{count} runs"

    def beyond(self, threshold: float, errors: float) -> float:
        """Clipped to a rate."""
        return _inside(threshold + errors * self.error)

    def can_decide(self, rule: Rule) -> bool:
        """Tries runs that are all at 0, and runs that are all at 1."""
        extremes = (power_of_rate(rule, end, 0.0, self.count, self.confidence, self.seed) for end in (0.0, 1.0))
        return self.count == 0 or (self.count > 1 and min(extremes) >= WANTED)


def _half(low: float, high: float, log: bool) -> float:
    return float(np.log(high / low) if log else high - low) / 2


def _beyond(threshold: float, distance: float, log: bool) -> float:
    return float(threshold * np.exp(distance)) if log else threshold + distance


def _inside(rate: float) -> float:
    return float(np.clip(rate, 0.0, 1.0))


def _scaled(rule: Rule, truth: float, log: bool) -> tuple[Rule, float]:
    """Rule and true value on the scale on which the interval is symmetric."""
    if not log:
        return rule, truth
    lowest, highest = (np.log(bound) if bound > 0 else -np.inf for bound in (rule.lowest, rule.highest))
    return Rule(float(lowest), float(highest)), float(np.log(truth))
