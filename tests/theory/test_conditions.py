"""Conditions of the scaling laws: the ratios, and which are met."""

from math import inf, log

import pytest

from emergence.theory import conditions
from emergence.theory.conditions import Resources
from emergence.theory.domain import TheoryError


def met(found: list[conditions.Condition]) -> list[bool]:
    return [condition.met for condition in found]


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
    found = {
        "time": conditions.of_time(given, 10),
        "data": conditions.of_data(given, 10, epsilon=0.1),
        "width": conditions.of_width(given, 10),
        "compute": conditions.of_compute(given, 10),
    }
    assert [name for name, each in found.items() if all(met(each))] == [bottleneck]


def test_the_margin_decides() -> None:
    given = Resources(time=10.0, samples=1e4, width=1e3, alpha=0.5)
    assert met(conditions.of_width(given, 10)) == [True, False]
    assert met(conditions.of_width(given, 11)) == [False, False]
    same = Resources(time=1e3, samples=inf, width=100.0, alpha=0.5)
    assert met(conditions.of_compute(same, 1.5)) == [True, True]


def test_bad_input_is_refused() -> None:
    with pytest.raises(TheoryError, match="width = 0: conditions compare powers of it"):
        Resources(1.0, 1.0, 0.0, 0.6)
    with pytest.raises(TheoryError, match="samples = 1: the condition takes their logarithm"):
        conditions.of_data(Resources(1.0, 1.0, 1.0, 0.6), 10, epsilon=0.1)
