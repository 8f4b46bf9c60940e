"""Verdicts: functions of an interval and a threshold that was fixed in the configuration before the run.

``holds`` if the whole interval lies on the claimed side, ``fails`` if it lies wholly on the other, ``undecided``
between. A claim about sizes that a tier does not train is ``not testable at this tier``.
"""

from typing import Any, Literal

import numpy as np
import pandas as pd

from emergence.analysis.intervals import clopper_pearson

Row = dict[str, Any]
Verdict = Literal["holds", "fails", "undecided", "not testable at this tier"]


def at_least(low: float, high: float, threshold: float) -> Verdict:
    """Verdict on a claim that a value reaches ``threshold``.

    >>> at_least(0.8, 0.9, 0.75), at_least(0.5, 0.7, 0.75), at_least(0.7, 0.8, 0.75)
    ('holds', 'fails', 'undecided')
    """
    return "holds" if low >= threshold else "fails" if high < threshold else "undecided"


def at_most(low: float, high: float, threshold: float) -> Verdict:
    """Verdict on a claim that a value does not exceed ``threshold``.

    >>> at_most(0.0, 0.1, 0.14), at_most(0.2, 0.4, 0.14), at_most(0.1, 0.2, 0.14)
    ('holds', 'fails', 'undecided')
    """
    return "holds" if high <= threshold else "fails" if low > threshold else "undecided"


def within(low: float, high: float, lowest: float, highest: float) -> Verdict:
    """Verdict on a claim that a value lies between two bounds.

    >>> within(1.9, 2.1, 1.8, 2.2), within(2.3, 2.4, 1.8, 2.2), within(2.1, 2.3, 1.8, 2.2)
    ('holds', 'fails', 'undecided')
    """
    if lowest <= low and high <= highest:
        return "holds"
    return "fails" if high < lowest or low > highest else "undecided"


def both(*verdicts: Verdict) -> Verdict:
    """Verdict on a claim with several parts: it fails with any, and holds with all.

    >>> both("holds", "undecided"), both("undecided", "fails")
    ('undecided', 'fails')
    """
    return "fails" if "fails" in verdicts else "undecided" if "undecided" in verdicts else "holds"


def none_of(*verdicts: Verdict) -> Verdict:
    """Verdict on a claim that not all parts of another hold: it holds if any of them fails.

    >>> none_of("holds", "fails"), none_of("holds", "holds"), none_of("holds", "undecided")
    ('holds', 'fails', 'undecided')
    """
    return "holds" if "fails" in verdicts else "undecided" if "undecided" in verdicts else "fails"


def share_of(hits: int, total: int, confidence: float) -> Row:
    """A share of units with its exact interval."""
    low, high = clopper_pearson(hits, total, confidence)
    return {"value": hits / total, "low": low, "high": high, "interval": f"exact, {hits}/{total} units"}


def interval(row: pd.Series | Row, name: str, form: str, prefix: str = "") -> str:
    """A value with its interval, as text."""
    low, high = row[f"{prefix}low"], row[f"{prefix}high"]
    if np.isnan(row[name]):
        return "none"
    return f"{row[name]:{form}} [{low:{form}}, {high:{form}}]"
