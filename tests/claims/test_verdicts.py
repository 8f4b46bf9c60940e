"""Verdict rules, case by case."""

from itertools import permutations

import numpy as np
import pytest

from emergence.claims.estimates import OverRuns, Rate, Resampled, Share
from emergence.claims.rules import Verdict, at_least, at_most, within
from emergence.claims.verdicts import Finding, Judged, any_of, both, from_runs, interval, judge, none_of, undecided

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
    assert at_least(0.75).verdict(low, high) == verdict
    assert at_most(-0.75).verdict(-high, -low) == verdict, "its mirror image"


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
    assert within(1.8, 2.2).verdict(low, high) == verdict


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
    for order in permutations(Judged(verdict, f"power of {verdict}") for verdict in parts):
        assert both(*order).verdict == every
        assert none_of(*order).verdict == none
        for judged in (both(*order), none_of(*order)):
            assert Finding(judged=judged).columns()["power"] == (
                "power of undecided" if judged.verdict == "undecided" else ""
            )


def test_of_no_parts_nothing_is_decided() -> None:
    assert both().verdict == none_of().verdict == any_of().verdict == "undecided"


def test_few_runs_decide_nothing_and_say_how_many_would() -> None:
    assert from_runs(6, 6, Judged("holds")) == Judged("holds")
    assert from_runs(5, 6, Judged("holds")) == undecided("needs 6 runs, has 5")
    assert from_runs(5, 6, Judged("holds"), 20) == undecided("needs 6 runs, has 5")
    assert from_runs(5, 6, Judged("holds"), 5).verdict == "not testable at this tier"


def test_shares_have_exact_intervals() -> None:
    share = Share(28, 32, 0.95)
    assert (share.value, share.low, share.high) == pytest.approx((0.875, 0.710, 0.965), abs=6e-4)
    assert share.counted == "exact, 28/32 units"
    nothing = Share(0, 0, 0.95)
    assert np.isnan([nothing.value, nothing.low, nothing.high]).all()


def test_intervals_as_text() -> None:
    row = {"share": 0.5, "low": 0.25, "high": 0.75, "rate": 1.0, "excess_low": -0.1, "excess_high": 0.2}
    assert interval(row, "share", ".2f") == "0.50 [0.25, 0.75]"
    assert interval(row, "rate", "+.1f", "excess_") == "+1.0 [-0.1, +0.2]"
    assert interval({**row, "share": np.nan}, "share", ".2f") == "–"


# Power, in words --------------------------------------------------------------------------------------------------


def test_only_what_is_undecided_has_a_power() -> None:
    conditions = ("interval at or above 0.85", "interval below 0.85")
    assert judge(Share(32, 32, 0.95), at_least(0.85), 1.0) == Judged("holds", "", *conditions)
    assert judge(Share(10, 32, 0.95), at_least(0.85), 1.0) == Judged("fails", "", *conditions)
    assert Finding(judged=Judged("holds", "some")).columns()["power"] == ""


def test_the_power_of_a_share_that_is_as_expected_is_said_once() -> None:
    """Twenty-three units that all agree have an exact lower bound of .852."""
    found = judge(Share(22, 23, 0.95), at_least(0.85), 22 / 23)
    assert found.verdict == "undecided"
    assert found.power.startswith("with 23 units, power is 0.3")
    assert found.power.count("for") == 1


@pytest.mark.parametrize("hits", [0, 7, 14])
def test_what_no_data_could_decide_is_not_testable(hits: int) -> None:
    """Fourteen units that all agree have an exact lower bound of .768: the claim could fail, and never hold."""
    found = judge(Share(hits, 14, 0.95), at_least(0.85), 1.0)
    assert found.verdict == "not testable at this tier"
    assert both(found, Judged("fails")).verdict == none_of(found, Judged("holds")).verdict == found.verdict
    assert "14 units" in Finding(judged=found).otherwise


def test_estimates_know_what_they_can_decide() -> None:
    at_half = at_least(0.5)
    assert OverRuns(0.5, 0.4, 0.6, 2, 0.95).can_decide(at_half)
    assert not OverRuns(0.5, NAN, NAN, 1, 0.95).can_decide(at_half)
    assert Resampled(0.5, 0.4, 0.6, 0.95).can_decide(at_half)
    assert not Resampled(0.5, NAN, NAN, 0.95).can_decide(at_half), "one seed"
    few, many = (Rate(0.5, 0.4, 0.6, runs, 0.95, 0) for runs in (6, 30))
    assert many.can_decide(at_most(0.142)), "none of 24, published"
    assert not few.can_decide(at_most(0.142)), "two added runs keep six at zero from it"
    assert few.can_decide(at_half)
    assert not few.can_decide(at_least(0.75))


@pytest.mark.parametrize(
    ("verdict", "words"),
    [
        ("holds", "fails if b"),
        ("fails", "holds if a"),
        ("undecided", "holds if a; fails if b"),
        ("not run", ""),
    ],
)
def test_otherwise_says_what_would_have_changed_the_verdict(verdict: Verdict, words: str) -> None:
    assert Finding(judged=Judged(verdict, "", "a", "b")).otherwise == words
    assert Finding(judged=Judged("fails"), rule="the rule").otherwise == "holds if the rule"


def test_conditions_of_parts_are_joined() -> None:
    parts = Judged("holds", "", "a", "b"), Judged("holds", "", "c", "d")
    assert (both(*parts).holds_if, both(*parts).fails_if) == ("a and c", "b or d")
    assert (none_of(*parts).holds_if, none_of(*parts).fails_if) == ("b or d", "a and c")
    assert (any_of(*parts).holds_if, any_of(*parts).fails_if) == ("a or c", "b and d")


def test_the_power_for_what_was_published_stands_before_that_for_what_was_found() -> None:
    text = judge(OverRuns(1.7, 1.0, 2.4, 3, 0.95), within(1.52, 2.28), 1.9, "slope").power
    before, published, found = text.partition("for a true value of 1.9")
    assert before.startswith("slope: with 3 runs, power is ")
    assert published
    assert "for the estimate, 1.7 (0.8 from " in found


def test_without_a_published_value_the_values_are_named_that_would_be_decided() -> None:
    """A bootstrap's normal interval: threshold ± (z of .975 + z of .8) standard errors."""
    error = 0.1
    text = judge(Resampled(0.05, 0.05 - 1.96 * error, 0.05 + 1.96 * error, 0.95, 12), at_least(0.0)).power
    assert text.startswith("with 12 runs, power is 0.8 for true values below -0.28 or above 0.28 and ")
    assert "for the estimate, 0.05 (0.8 from 377 runs)" in text  # 12 (2.802 · 0.1 / 0.05)²


def test_what_has_no_number_of_runs_speaks_of_so_many_times_as_many() -> None:
    text = judge(Resampled(1.1, 0.8, 1.5, 0.95, log=True), within(0.85, 1.15), 1.0).power
    assert text.startswith("with these runs, power is 0.00 for a true value of 1 (0.8 from ")
    assert " times as many)" in text


@pytest.mark.parametrize("found", [OverRuns(NAN, NAN, NAN, 0, 0.95), Rate(NAN, NAN, NAN, 0, 0.95, 0)])
def test_without_an_interval_there_is_no_power(found: OverRuns | Rate) -> None:
    assert judge(found, at_least(0.4), 1.0).power == "no interval, so no power"


def test_without_a_threshold_there_is_no_power() -> None:
    assert judge(OverRuns(0.5, 0.4, 0.6, 3, 0.95), at_least(NAN)).power == "nothing to compare with, so no power"
