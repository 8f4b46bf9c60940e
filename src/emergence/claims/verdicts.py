"""Verdicts on estimates, single and combined, with the power of undecided ones.

A claim about sizes that a tier does not train is ``not testable at this tier``; one whose tables are not part of the
run is ``not run``.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from emergence.claims.estimates import Estimate, Share
from emergence.claims.rules import ANYTHING, MOST, WANTED, Rule, Verdict, detectable, needed

Row = dict[str, Any]


@dataclass(frozen=True)
class Judged:
    """A verdict, its reason and its conditions.

    The reason of an undecided verdict is its power, a text that takes seconds and is made when read.
    """

    verdict: Verdict
    reason: str | Callable[[], str] = ""
    holds_if: str = ""
    """condition, in words; the finding's rule if empty"""
    fails_if: str = ""

    @property
    def power(self) -> str:
        """The reason, as text."""
        return self.reason if isinstance(self.reason, str) else self.reason()


UNTESTED = Judged("not testable at this tier")


@dataclass(frozen=True)
class Finding:
    """The finding of a run's tables on a claim."""

    value: float = np.nan
    low: float = np.nan
    high: float = np.nan
    interval: str = "–"
    """what the interval varies over"""
    control: str = ""
    """nulls, rivals and parts, beside the value"""
    judged: Judged = UNTESTED
    rule: str = ""
    """for reading, with its thresholds"""
    bounds: Rule = ANYTHING
    """what the rule asks of the interval; infinite where it bounds something else"""
    published: str = ""
    """the published value, where the run's own settings say what it is"""
    planned: str = ""
    """power that was planned, stated for every verdict"""

    def columns(self, *, power: bool = True) -> Row:
        """For the claims table; ``power`` says whether that of an undecided verdict is stated."""
        known = self.judged.power if power and self.judged.verdict == "undecided" else ""
        return {
            "value": self.value,
            "low": self.low,
            "high": self.high,
            "interval": self.interval,
            "control": _without_nan(self.control),
            "verdict": self.judged.verdict,
            "power": "; ".join(filter(None, (known, self.planned if power else ""))),
            "rule": self.rule,
            "otherwise": self.otherwise,
            "rule_low": self.bounds.lowest if np.isfinite(self.bounds.lowest) else np.nan,
            "rule_high": self.bounds.highest if np.isfinite(self.bounds.highest) else np.nan,
        }

    @property
    def otherwise(self) -> str:
        """The condition under which the verdict would have come out otherwise.

        A claim with an interval of its own at least fails by that.
        """
        outside = self.bounds.conditions[1] if self.bounds != ANYTHING else f"not so: {self.rule}"
        holds = f"holds if {self.judged.holds_if or self.rule}"
        fails = f"fails if {self.judged.fails_if or outside}"
        match self.judged.verdict:
            case "holds":
                return fails
            case "fails":
                return holds
            case "undecided":
                return f"{holds}; {fails}"
            case "not testable at this tier":
                return f"no data of this tier's sizes and runs decide it: {self.judged.power or self.rule}"
        return ""


def _without_nan(text: str) -> str:
    """A text for readers: missing numbers are dashes, missing intervals left out.

    >>> _without_nan("0.95 [nan, nan]; error nan, nano 1")
    '0.95; error –, nano 1'
    """
    return re.sub(r"[+-]?\bnan\b", "–", re.sub(r" \[[+-]?nan, [+-]?nan\]", "", text))


NOT_RUN = Finding(judged=Judged("not run"), control="its tables are not part of this run", rule="–")


def of_share(share: Share, rule: Rule, expected: float | None, *, control: str, text: str) -> Finding:
    """A finding that is a share of units, judged by its exact interval.

    Args:
        share: Count of the units of which the claim is true.
        rule: What the interval of the share is held against.
        expected: The published share, for which power is stated.
        control: What stands beside the share, as text.
        text: The rule, as text.
    """
    judged, ends = judge(share, rule, expected), (share.value, share.low, share.high)
    return Finding(*ends, interval=share.counted, control=control, judged=judged, rule=text, bounds=rule)


def undecided(why: str) -> Judged:
    """Undecided for want of anything to judge, with the reason."""
    return Judged("undecided", why)


def untested(why: str) -> Judged:
    """Not testable at this tier, with the reason."""
    return Judged("not testable at this tier", why)


def decided(holds: bool, holds_if: str, fails_if: str) -> Judged:
    """A verdict without an interval, with its conditions.

    Args:
        holds: Whether the claim holds.
        holds_if: What would make it hold, as text.
        fails_if: What would make it fail, as text.
    """
    return Judged("holds" if holds else "fails", "", holds_if, fails_if)


def judge(estimate: Estimate, rule: Rule, expected: float | None = None, what: str = "") -> Judged:
    """Verdict of a rule on an estimate.

    Args:
        estimate: With its interval and its number of runs or units.
        rule: What the interval is held against.
        expected: Published value, for which power is stated beside that for the estimated one; without it, for the
            nearest values that this many runs or units would decide.
        what: Name of the part of a claim that has several.
    """
    prefix = f"{what}: " if what else ""
    conditions = [f"{prefix}{condition}" for condition in rule.conditions]
    if not estimate.can_decide(rule):
        return untested(f"{prefix}with {estimate.amount(estimate.count)} only one verdict is possible, or none")
    verdict = rule.verdict(estimate.low, estimate.high)
    if verdict != "undecided":
        return Judged(verdict, "", *conditions)
    return Judged(verdict, lambda: prefix + _power(estimate, rule, expected), *conditions)


def _power(estimate: Estimate, rule: Rule, expected: float | None) -> str:
    if np.isnan([estimate.value, estimate.low, estimate.high]).any():
        return "no interval, so no power"
    if np.isnan([rule.lowest, rule.highest]).any():
        return "nothing to compare with, so no power"
    value = estimate.value
    at_estimate = f"{_chance(estimate, rule, value)} for the estimate, {value:.3g}{_enough(estimate, rule, value)}"
    if expected is None:
        first = f"{WANTED} for {_decided(estimate, rule)}"
    else:
        chance, enough = _chance(estimate, rule, expected), _enough(estimate, rule, expected)
        first = f"{chance} for a true value of {expected:.3g}{enough}"
    parts = [first] if expected is not None and f"{estimate.value:.3g}" == f"{expected:.3g}" else [first, at_estimate]
    return f"with {estimate.amount(estimate.count)}, power is {' and '.join(parts)}"


def _chance(estimate: Estimate, rule: Rule, truth: float) -> str:
    return f"{estimate.power(rule, truth, estimate.count):.2f}"


def _enough(estimate: Estimate, rule: Rule, truth: float) -> str:
    """The count with enough power, as text."""
    count = needed(lambda count: estimate.power(rule, truth, count))
    if count is None:
        return f" (below {WANTED} even with {estimate.amount(MOST)})"
    return f" ({WANTED} from {estimate.amount(count)})"


def _decided(estimate: Estimate, rule: Rule) -> str:
    """The nearest values on either side of a threshold that this count would decide, as text."""
    threshold = rule.lowest if np.isfinite(rule.lowest) else rule.highest
    nearest = {"below": _nearest(estimate, rule, threshold, -1), "above": _nearest(estimate, rule, threshold, 1)}
    sides = [f"{side} {value:.3g}" for side, value in nearest.items() if value is not None]
    return f"true values {' or '.join(sides)}" if sides else "no true value"


def _nearest(estimate: Estimate, rule: Rule, threshold: float, side: int) -> float | None:
    errors = detectable(lambda far: estimate.power(rule, estimate.beyond(threshold, side * far), estimate.count))
    return None if errors is None else estimate.beyond(threshold, side * errors)


def both(*parts: Judged) -> Judged:
    """Verdict on a claim with several parts: holds if all hold, fails if any fails.

    >>> both(Judged("holds"), Judged("undecided", "few runs")).power, both(Judged("undecided"), Judged("fails")).verdict
    ('few runs', 'fails')
    """
    return _combined(parts, " and ".join(_given(parts, "holds_if")), " or ".join(_given(parts, "fails_if")), "fails")


def none_of(*parts: Judged) -> Judged:
    """Verdict on the claim that not all of these parts hold: holds if any fails, fails if all hold.

    >>> none_of(Judged("holds"), Judged("fails")).verdict, none_of(Judged("holds"), Judged("holds")).verdict
    ('holds', 'fails')
    """
    return _combined(parts, " or ".join(_given(parts, "fails_if")), " and ".join(_given(parts, "holds_if")), "holds")


def any_of(*parts: Judged) -> Judged:
    """Verdict on a claim that one of several parts is enough for: holds if any holds, fails if all fail.

    >>> any_of(Judged("holds"), Judged("undecided")).verdict, any_of(Judged("fails"), Judged("fails")).verdict
    ('holds', 'fails')
    """
    return none_of(*(none_of(part) for part in parts))


def _given(parts: Sequence[Judged], name: str) -> list[str]:
    """Conditions of the parts that have any, each once."""
    return list(dict.fromkeys(text for part in parts if (text := getattr(part, name))))


def _combined(parts: Sequence[Judged], holds_if: str, fails_if: str, after_failure: Verdict) -> Judged:
    """Verdict if a part fails, and its opposite if all hold; a part that no data decide leaves the whole untested.

    Without any part nothing is decided: all of nothing would hold.
    """
    if not parts:
        return undecided("nothing to judge")
    verdicts = {part.verdict for part in parts}
    if UNTESTED.verdict in verdicts:
        return untested("; ".join(_given([part for part in parts if part.verdict == UNTESTED.verdict], "power")))
    if "fails" in verdicts:
        return Judged(after_failure, "", holds_if, fails_if)
    if "undecided" in verdicts:
        return replace(left_open(*parts), holds_if=holds_if, fails_if=fails_if)
    return Judged("holds" if after_failure == "fails" else "fails", "", holds_if, fails_if)


def left_open(*parts: Judged) -> Judged:
    """Undecided, for the reasons of its undecided parts."""
    open_parts = [part for part in parts if part.verdict == "undecided"]
    return Judged("undecided", lambda: "; ".join(dict.fromkeys(part.power for part in open_parts)))


def from_runs(runs: int, fewest: int, judged: Judged, at_tier: int | None = None) -> Judged:
    """The verdict; below ``fewest`` runs undecided, and not testable where the tier has no more.

    Args:
        runs: that count, such as those with an event.
        fewest: that decide.
        judged: the verdict.
        at_tier: runs that the tier has; if absent, enough.
    """
    if runs >= fewest:
        return judged
    why = f"needs {fewest} runs, has {runs}"
    if at_tier is not None and at_tier < fewest:
        return untested(why)
    return replace(judged, verdict="undecided", reason=why)


def interval(row: pd.Series | Row, name: str, form: str, prefix: str = "") -> str:
    """A value with its interval, as text.

    Args:
        row: A row with the value and its interval.
        name: Column of the value.
        form: Format of the numbers, as ``.2f``.
        prefix: What stands before ``low`` and ``high`` in the columns of the interval.
    """
    low, high = row[f"{prefix}low"], row[f"{prefix}high"]
    if np.isnan(row[name]):
        return "–"
    return f"{row[name]:{form}} [{low:{form}}, {high:{form}}]"
