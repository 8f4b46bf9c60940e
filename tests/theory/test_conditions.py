"""Conditions of the scaling laws, and the criterion of stage-like training against the crossing times themselves."""

from dataclasses import replace
from math import inf, log

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from emergence.theory import conditions, linear, strengths
from emergence.theory.conditions import Resources
from emergence.theory.domain import TheoryError
from emergence.theory.model import Constants, Skills


def met(listed: list[conditions.Condition]) -> list[bool]:
    return [condition.met for condition in listed]


def test_ratios() -> None:
    given = Resources(time=10.0, samples=1e5, width=100.0, alpha=0.5)
    assert [c.ratio for c in conditions.of_time(given, 10)] == pytest.approx([1e5 / 1e4, 1e5 / 1e3, 1e3 / 10])
    data = [10 / (1e5 * log(1e5) ** 1.5), 1e3 / 1e5]
    assert [c.ratio for c in conditions.of_data(given, 10, epsilon=0.5)] == pytest.approx(data)
    assert [c.ratio for c in conditions.of_width(given, 10)] == pytest.approx([100, 10 / 1e3])
    assert [c.ratio for c in conditions.of_compute(given, 10)] == pytest.approx([100, 100])


@pytest.mark.parametrize(
    ("given", "bottleneck"),
    [
        (Resources(100.0, inf, 1e5, 0.6), "time"),
        (Resources(1e9, 1e3, 1e6, 0.6), "data"),
        (Resources(1e6, inf, 100.0, 0.6), "width"),
        (Resources(1e4, inf, 316.0, 0.6), "compute"),
    ],
)
def test_one_bottleneck_at_a_time(given: Resources, bottleneck: str) -> None:
    by_axis = {
        "time": conditions.of_time(given, 10),
        "data": conditions.of_data(given, 10, epsilon=0.1),
        "width": conditions.of_width(given, 10),
        "compute": conditions.of_compute(given, 10),
    }
    assert [name for name, each in by_axis.items() if all(met(each))] == [bottleneck]


def test_the_margin_decides() -> None:
    given = Resources(time=10.0, samples=1e4, width=1e3, alpha=0.5)
    assert met(conditions.of_width(given, 10)) == [True, False]
    assert met(conditions.of_width(given, 11)) == [False, False]
    same = Resources(time=1e3, samples=inf, width=100.0, alpha=0.5)
    assert met(conditions.of_compute(same, 1.5)) == [True, True]


def test_bad_input_is_refused() -> None:
    with pytest.raises(TheoryError, match="width = 0: "):
        Resources(1.0, 1.0, 0.0, 0.6)
    with pytest.raises(TheoryError, match="samples = 1: "):
        conditions.of_data(Resources(1.0, 1.0, 1.0, 0.6), 10, epsilon=0.1)


def test_only_the_first_two_skills_are_stage_like(five: Skills, network: Constants) -> None:
    spread = conditions.spread(0.05, network)
    assert spread == pytest.approx((network.delay + np.log(19)) / (network.delay - np.log(19)))
    assert conditions.staged(five, spread).tolist() == [True, True, False, False]


@given(st.floats(0.1, 3), st.floats(1e-12, 0.02), st.floats(0.03, 0.45))
def test_the_criterion_is_that_of_the_times(alpha: float, start: float, epsilon: float) -> None:
    skills, constants = Skills(alpha, 30), Constants("mse", 0.02, 1.0, start)
    begun, saturated = strengths.crossing_times([epsilon, 1 - epsilon], skills.frequencies, constants)
    spread = conditions.spread(epsilon, constants)
    before = saturated[:-1] < begun[1:]
    clear = np.abs(saturated[:-1] / begun[1:] - 1) > 1e-9
    assert (conditions.staged(skills, spread) == before)[clear].all()
    if clear.all():
        assert (np.diff(before.astype(int)) <= 0).all()  # once lost, lost for all later skills


def test_neither_rate_nor_objective_matters_but_the_start_does(network: Constants) -> None:
    same = replace(network, objective="half_mse", learning_rate=3.0, speed=7.0)
    assert conditions.spread(0.05, same) == pytest.approx(conditions.spread(0.05, network))
    assert conditions.spread(0.05, replace(network, initial=1e-9)) < conditions.spread(0.05, network)


def test_a_linear_model_has_no_stages(five: Skills, network: Constants) -> None:
    """Without a start its spread is ln ε/ln(1 − ε) = 58; the ratios of frequencies are 3 at most."""
    spread = linear.spread(0.05, replace(network, initial=1e-12))
    assert spread == pytest.approx(np.log(0.05) / np.log(0.95))
    assert not conditions.staged(five, spread).any()


def test_bad_shares_are_refused(network: Constants) -> None:
    for epsilon in (0.0, 0.5, 0.7):
        with pytest.raises(TheoryError, match="epsilon"):
            conditions.spread(epsilon, network)
    with pytest.raises(TheoryError, match=r"epsilon = 0\.5"):
        linear.spread(0.5, network)
