"""Verdicts on estimates, alone and combined, each with what it would take to decide one that is undecided.

A claim about sizes that a tier does not train is ``not testable at this tier``, and has no power.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from emergence.analysis.claims import power
from emergence.analysis.claims.estimates import Estimate
from emergence.analysis.claims.rules import Rule, Verdict

Row = dict[str, Any]


@dataclass(frozen=True)
class Judged:
    """A verdict and, of an undecided one, its power as text."""

    verdict: Verdict
    power: str = ""

    @property
    def columns(self) -> Row:
        """For the claims table, whose stability is known where all claims are joined."""
        return {"verdict": self.verdict, "stability": "", "power": self.power if self.verdict == "undecided" else ""}


UNTESTED = Judged("not testable at this tier")


def undecided(why: str) -> Judged:
    """Nothing to judge, and why."""
    return Judged("undecided", why)


def judge(found: Estimate, rule: Rule, expected: float | None = None, what: str = "") -> Judged:
    """Verdict of a rule on an estimate.

    Its power is stated for the value ``expected`` by what was published, and for the one found; without one expected,
    the values are named that would be decided. ``what`` names the part of a claim that has several.
    """
    verdict = rule.verdict(found.low, found.high)
    if verdict != "undecided":
        return Judged(verdict)
    text = _power(found, rule, expected)
    return Judged(verdict, f"{what}: {text}" if what else text)


def _power(found: Estimate, rule: Rule, expected: float | None) -> str:
    if np.isnan([found.value, found.low, found.high]).any():
        return "no interval, so no power"
    if np.isnan([rule.lowest, rule.highest]).any():
        return "nothing to compare with, so no power"
    as_found = (
        f"{_chance(found, rule, found.value)} if {found.value:.3g} is, as found{_enough(found, rule, found.value)}"
    )
    if expected is None:
        first = f"{power.WANTED} if what is true lies {_decided(found, rule)}"
    else:
        first = f"{_chance(found, rule, expected)} if {expected:.3g} is true{_enough(found, rule, expected)}"
    parts = [first] if expected is not None and f"{found.value:.3g}" == f"{expected:.3g}" else [first, as_found]
    return f"with {found.amount(found.count)} power {', '.join(parts)}"


def _chance(found: Estimate, rule: Rule, truth: float) -> str:
    return f"{found.power(rule, truth, found.count):.2f}"


def _enough(found: Estimate, rule: Rule, truth: float) -> str:
    """What it would take to have enough power."""
    count = power.needed(lambda count: found.power(rule, truth, count))
    return f" ({power.WANTED} {f'from {found.amount(count)}' if count else f'not with {found.amount(power.MOST)}'})"


def _decided(found: Estimate, rule: Rule) -> str:
    """The values on either side of a threshold that so many would decide."""
    threshold = rule.lowest if np.isfinite(rule.lowest) else rule.highest
    below, above = (_nearest(found, rule, threshold, side) for side in (-1, 1))
    return f"below {below} or above {above}"


def _nearest(found: Estimate, rule: Rule, threshold: float, side: int) -> str:
    errors = power.detectable(lambda far: found.power(rule, found.beyond(threshold, side * far), found.count))
    return "none" if errors is None else f"{found.beyond(threshold, side * errors):.3g}"


def _power_at(found: Estimate, rule: Rule, truth: float) -> float:
    return found.power(rule, truth, found.count)


def both(*parts: Judged) -> Judged:
    """Verdict on a claim with several parts: it fails with any, and holds with all.

    >>> both(Judged("holds"), Judged("undecided", "few runs")), both(Judged("undecided"), Judged("fails")).verdict
    (Judged(verdict='undecided', power='few runs'), 'fails')
    """
    verdicts = {part.verdict for part in parts}
    if "fails" in verdicts:
        return Judged("fails")
    return left_open(*parts) if "undecided" in verdicts else Judged("holds")


def none_of(*parts: Judged) -> Judged:
    """Verdict on a claim that not all parts of another hold: it holds if any of them fails.

    >>> none_of(Judged("holds"), Judged("fails")).verdict, none_of(Judged("holds"), Judged("holds")).verdict
    ('holds', 'fails')
    """
    verdicts = {part.verdict for part in parts}
    if "fails" in verdicts:
        return Judged("holds")
    return left_open(*parts) if "undecided" in verdicts else Judged("fails")


def left_open(*parts: Judged) -> Judged:
    """Undecided, for what its undecided parts lack."""
    return undecided("; ".join(dict.fromkeys(part.power for part in parts if part.verdict == "undecided")))


def from_runs(runs: int, fewest: int, judged: Judged) -> Judged:
    """The same, from enough runs; fewer decide nothing."""
    return judged if runs >= fewest else undecided(f"needs {fewest} runs, has {runs}")


def interval(row: pd.Series | Row, name: str, form: str, prefix: str = "") -> str:
    """A value with its interval, as text."""
    low, high = row[f"{prefix}low"], row[f"{prefix}high"]
    if np.isnan(row[name]):
        return "none"
    return f"{row[name]:{form}} [{low:{form}}, {high:{form}}]"
