"""Planned power: what a rule decides with a tier's units, at the spread between units that a pilot had.

The pilot has seeds that no tier has, so that neither the spread nor a margin comes from the numbers that are judged. A
spread is a standard deviation between units, on the scale on which the interval is symmetric.
"""

from dataclasses import replace
from typing import TypeVar

import numpy as np
from scipy import stats

from emergence.claims.estimates import Estimate, OverRuns, Resampled
from emergence.claims.rules import WANTED, Rule, detectable

Mean = TypeVar("Mean", bound="OverRuns | Resampled")


def with_spread(estimate: Mean, spread: float) -> Mean:
    """The estimate as it would be with this spread between units."""
    freedom = estimate.count - 1 if isinstance(estimate, OverRuns) else np.inf
    half = float(stats.t.ppf((1 + estimate.confidence) / 2, freedom)) * spread / np.sqrt(estimate.count)
    if estimate.log:
        return replace(estimate, low=estimate.value * np.exp(-half), high=estimate.value * np.exp(half))
    return replace(estimate, low=estimate.value - half, high=estimate.value + half)


def spread_of(estimate: OverRuns | Resampled) -> float:
    """Standard deviation between the units of an estimate."""
    return float(estimate.error * np.sqrt(estimate.count))


def planned_power(estimate: Estimate, rule: Rule, expected: float | None = None) -> str:
    """The nearest true values that are decided with power .8, and the power for an expected one, as text.

    Args:
        estimate: With the spread between units that is planned for.
        rule: What its interval is held against.
        expected: A true value for which power is stated as well.
    """
    ends = [(rule.lowest, -1), (rule.highest, 1)]
    if np.isinf([rule.lowest, rule.highest]).any():  # one threshold, decided on either side
        threshold = rule.lowest if np.isfinite(rule.lowest) else rule.highest
        ends = [(threshold, -1), (threshold, 1)]
    sides = []
    for threshold, side in ends:
        far = detectable(lambda errors, at=threshold, to=side: _power(estimate, rule, at, to * errors))  # type: ignore[misc]
        if far is not None:
            sides.append(f"{'below' if side < 0 else 'above'} {estimate.beyond(threshold, side * far):.4g}")
    told = f"{WANTED} for true values {' or '.join(sides)}" if sides else f"below {WANTED} for all true values"
    if expected is not None:
        told += f", {estimate.power(rule, expected, estimate.count):.2f} for {expected:.3g}"
    return f"planned power with {estimate.amount(estimate.count)}: {told}"


def _power(estimate: Estimate, rule: Rule, threshold: float, errors: float) -> float:
    return estimate.power(rule, estimate.beyond(threshold, errors), estimate.count)


def at_pilot(estimate: OverRuns | Resampled, rule: Rule, spread: float | None, expected: float | None = None) -> str:
    """Planned power at the spread of the pilot, beside that of this run; empty without a pilot or two units.

    Args:
        estimate: Of this run.
        rule: What its interval is held against.
        spread: Standard deviation between units in the pilot, on the scale on which the interval is symmetric; None
            without a pilot.
        expected: A true value for which power is stated as well.
    """
    if spread is None or estimate.count < 2 or not np.isfinite(estimate.low):
        return ""
    told = planned_power(with_spread(estimate, spread), rule, expected)
    return f"{told} (spread {spread:.2g} in the pilot, {spread_of(estimate):.2g} here)"
