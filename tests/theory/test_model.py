"""Frequencies of skills, shares of a data set, and constants."""

from dataclasses import FrozenInstanceError, replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import zeta

from emergence.theory.domain import TheoryError
from emergence.theory.model import Constants, Skills, initial_strength, shares


@pytest.mark.parametrize(
    ("alpha", "published"),
    [(0.6, [0.5927, 0.1955, 0.1022, 0.0645, 0.0451]), (0.9, [0.6619, 0.1774, 0.0821, 0.0475, 0.0311])],
)
def test_published_frequencies(alpha: float, published: list[float]) -> None:
    assert Skills(alpha, 5).frequencies.round(4).tolist() == published


@given(st.floats(0.05, 3), st.integers(1, 3000))
def test_frequencies_are_a_power_law_that_sums_to_one(alpha: float, count: int) -> None:
    found = Skills(alpha, count).frequencies
    assert found.sum() == pytest.approx(1, rel=1e-10)
    assert found[0] / found == pytest.approx(np.arange(1, count + 1) ** (alpha + 1))


def test_weight_beyond_the_last_skill() -> None:
    """What the same law gives to the ranks that are missing: here summed, in the limit A n^−α/α."""
    few, many = Skills(1.5, 100), Skills(1.5, 10**6)
    rest = few.scale * (np.arange(101, 10**6 + 1) ** -2.5).sum()
    assert few.beyond == pytest.approx(rest + few.scale / many.scale * many.beyond, rel=1e-9)
    assert many.beyond == pytest.approx(many.scale * 1e6**-1.5 / 1.5, rel=1e-5)


def test_the_normaliser_tends_to_that_of_infinitely_many_skills() -> None:
    assert Skills(0.3, 10**15).scale == pytest.approx(1 / zeta(1.3), rel=1e-4)
    assert Skills(0.3, 10**5).scale > 1.02 / zeta(1.3)  # 10⁵ are not infinitely many


def test_shares_of_a_data_set() -> None:
    assert shares([4, 3, 1]).tolist() == [0.5, 0.375, 0.125]
    assert shares([5, 0]).tolist() == [1.0, 0.0]


@pytest.mark.parametrize("alpha", [0.0, -0.5, np.nan, np.inf])
def test_alpha_must_be_positive(alpha: float) -> None:
    with pytest.raises(TheoryError, match=rf"alpha = {alpha:g}: "):
        Skills(alpha, 5)


def test_no_skills_are_refused() -> None:
    with pytest.raises(TheoryError, match="count = 0: "):
        Skills(0.6, 0)


@pytest.mark.parametrize(
    ("counts", "reason"),
    [
        ([1, 1, 1, 0, 0], r"samples = 3: .*\b5\b"),
        ([4, -1], "samples of a skill = -1"),
        ([4, np.nan], "nan"),
    ],
)
def test_data_sets_that_hold_no_shares(counts: list[float], reason: str) -> None:
    with pytest.raises(TheoryError, match=reason):
        shares(counts)


def test_rate_of_each_objective() -> None:
    """2ηS of the text, 4ηS of the figures, times B²."""
    text = Constants("half_mse", 0.05, 5.0, 1e-4)
    assert text.rate == pytest.approx(2 * 0.05 * 5)
    assert replace(text, objective="mse", speed=1 / 22).rate == pytest.approx(4 * 0.05 * 5 / 22)


def test_published_start() -> None:
    assert initial_strength(0.01) == pytest.approx(1e-4 / 3.6)
    assert Constants("mse", 0.02, 5.0, initial_strength(0.01)).delay == pytest.approx(np.log(179_999))


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"objective": "mean squared error"}, "objective = 'mean squared error': .*half_mse, mse"),
        ({"learning_rate": 0.0}, "learning_rate = 0: "),
        ({"target": -1.0}, "target = -1"),
        ({"initial": 0.0}, "initial = 0: "),
        ({"initial": 5.0}, "initial = 5: .*target"),
        ({"speed": 0.0}, "speed = 0"),
        ({"shots": np.nan}, "shots = nan"),
        ({"neurons": np.inf}, "neurons = inf"),
    ],
)
def test_constants_without_a_model(network: Constants, change: dict[str, Any], reason: str) -> None:
    with pytest.raises(TheoryError, match=reason):
        replace(network, **change)


def test_constants_do_not_change(network: Constants) -> None:
    with pytest.raises(FrozenInstanceError):
        network.speed = 1.0  # type: ignore[misc]


def test_a_start_of_zero_width_is_refused() -> None:
    with pytest.raises(TheoryError, match="sigma = 0: "):
        initial_strength(0.0)
