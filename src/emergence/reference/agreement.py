"""When do two runs of one configuration agree on a claim? By what the claim is about.

On another kind of processor, sums are taken in another order. Closed forms and the early collapse hardly notice; long
training is chaotic, and its outcome is another draw of the same experiment (docs/determinism.md, Tolerances).
"""

import math
import re
from collections.abc import Mapping
from typing import Any, Literal, NamedTuple

from emergence.settings.reference import Reproduce

Kind = Literal["exact", "collapse", "networks", "language", "draws"]
Outcome = Literal["same", "within sampling", "differs", "missing", "added"]

KINDS: dict[str, Kind] = {
    r"L\d|M[1-4]": "exact",
    r"A[2-5]( v\d)?": "collapse",
    r"B[1-689]|T\d.*|J[23]": "networks",
    r"LM\d( v\d)?|P\d": "language",
}
"""Claims by the pattern of their name; all others are about single events, leads or spectra, and are draws."""

SAMPLED = ("networks", "draws")
"""Kinds of which a run elsewhere is another draw."""


class Agreement(NamedTuple):
    """How two runs agree on something, and why that is said."""

    outcome: Outcome
    reason: str


def kind(claim: str) -> Kind:
    """What a claim is about.

    >>> kind("A3"), kind("A13 v1"), kind("B7"), kind("L2")
    ('collapse', 'draws', 'draws', 'exact')
    """
    return next((found for pattern, found in KINDS.items() if re.fullmatch(pattern, claim)), "draws")


def agree(ours: Mapping[str, Any], theirs: Mapping[str, Any], of: Kind, allowed: Reproduce) -> Agreement:
    """Hold a row of the claims table (value, low, high, verdict) against that of the reference run.

    ``same``: one verdict, and values within the tolerance of their kind, the exact one for draws. ``within sampling``,
    where a run elsewhere is another draw: each value within the other's interval, and the verdicts the same or one of
    them undecided. Otherwise ``differs``.
    """
    if ours["verdict"] == theirs["verdict"] and close(ours["value"], theirs["value"], of, allowed):
        return Agreement("same", "")
    change = f"{_shown(theirs)} became {_shown(ours)}"
    if of not in SAMPLED:
        return Agreement("differs", f"{change}; {_tolerance(of, allowed)}")
    if not (_within(ours["value"], theirs) and _within(theirs["value"], ours)):
        return Agreement("differs", f"{change}; not each within the other's interval")
    if ours["verdict"] != theirs["verdict"] and "undecided" not in (ours["verdict"], theirs["verdict"]):
        return Agreement("differs", f"{change}; the verdict turned")
    if "not testable at this tier" in (ours["verdict"], theirs["verdict"]) and ours["verdict"] != theirs["verdict"]:
        return Agreement("differs", f"{change}; testable in one run alone")
    return Agreement("within sampling", change)


def close(one: float, other: float, of: Kind, allowed: Reproduce) -> bool:
    """Whether two values are the same within the tolerance of a kind; two that do not exist are."""
    if math.isnan(one) or math.isnan(other):
        return math.isnan(one) and math.isnan(other)
    if of == "language":
        return abs(one - other) <= allowed.language
    return math.isclose(one, other, rel_tol=allowed.exact if of == "draws" else getattr(allowed, of), abs_tol=0.0)


def _tolerance(of: Kind, allowed: Reproduce) -> str:
    return f"tolerance {getattr(allowed, of):g}{'' if of == 'language' else ', relative'}, and the same verdict"


def _within(value: float, row: Mapping[str, Any]) -> bool:
    """Whether a value lies in the interval of a row; false where either is not there."""
    return bool(row["low"] <= value <= row["high"])


def _shown(row: Mapping[str, Any]) -> str:
    interval = "" if math.isnan(row["low"]) else f" [{row['low']:.4g}, {row['high']:.4g}]"
    return f"{row['value']:.6g}{interval} ({row['verdict']})"
