"""Verdict rules, case by case."""

from itertools import permutations

import numpy as np
import pytest

from emergence.analysis.claims.verdicts import Verdict, at_least, at_most, both, interval, none_of, share_of, within

NAN = float("nan")


@pytest.mark.parametrize(
    ("low", "high", "verdict"),
    [
        (0.80, 0.90, "holds"),
        (0.75, 0.75, "holds"),
        (0.74, 0.90, "undecided"),
        (0.10, 0.75, "undecided"),
        (0.10, 0.74, "fails"),
        (NAN, NAN, "undecided"),
    ],
)
def test_at_least(low: float, high: float, verdict: Verdict) -> None:
    assert at_least(low, high, 0.75) == verdict
    assert at_most(-high, -low, -0.75) == verdict, "its mirror image"


@pytest.mark.parametrize(
    ("low", "high", "verdict"),
    [
        (1.9, 2.1, "holds"),
        (1.8, 2.2, "holds"),
        (1.7, 2.1, "undecided"),
        (2.1, 2.3, "undecided"),
        (1.0, 3.0, "undecided"),
        (2.3, 2.4, "fails"),
        (1.0, 1.7, "fails"),
        (NAN, NAN, "undecided"),
    ],
)
def test_within(low: float, high: float, verdict: Verdict) -> None:
    assert within(low, high, 1.8, 2.2) == verdict


@pytest.mark.parametrize(
    ("parts", "every", "none"),
    [
        (("holds", "holds"), "holds", "fails"),
        (("holds", "undecided"), "undecided", "undecided"),
        (("holds", "fails"), "fails", "holds"),
        (("fails", "undecided", "holds"), "fails", "holds"),
    ],
)
def test_parts(parts: tuple[Verdict, ...], every: Verdict, none: Verdict) -> None:
    """A claim of several parts, and the claim that not all of them hold; whatever their order."""
    for order in permutations(parts):
        assert both(*order) == every
        assert none_of(*order) == none


def test_shares_have_exact_intervals() -> None:
    found = share_of(28, 32, 0.95)
    assert (found["value"], found["low"], found["high"]) == pytest.approx((0.875, 0.710, 0.965), abs=6e-4)
    assert found["interval"] == "exact, 28/32 units"


def test_intervals_as_text() -> None:
    row = {"share": 0.5, "low": 0.25, "high": 0.75, "rate": 1.0, "excess_low": -0.1, "excess_high": 0.2}
    assert interval(row, "share", ".2f") == "0.50 [0.25, 0.75]"
    assert interval(row, "rate", "+.1f", "excess_") == "+1.0 [-0.1, +0.2]"
    assert interval({**row, "share": np.nan}, "share", ".2f") == "none"
