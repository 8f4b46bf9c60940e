"""The linear comparator against its own gradient flow: no delay, and the same exponents."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.integrate import solve_ivp

from emergence.theory import linear, loss, strengths
from emergence.theory.domain import TheoryError
from emergence.theory.model import Constants, Objective, Skills


@pytest.mark.parametrize(("objective", "weight"), [("half_mse", 0.5), ("mse", 1.0)])
def test_strengths_against_gradient_flow(five: Skills, network: Constants, objective: Objective, weight: float) -> None:
    constants = replace(network, objective=objective, speed=1.0, initial=0.2)
    p, S = five.frequencies, constants.target
    steps = np.linspace(0, 1000, 21)
    solved = solve_ivp(
        lambda _, w: 2 * weight * constants.learning_rate * p * (S - w),
        (0, 1000), np.full(5, 0.2), t_eval=steps, rtol=1e-10, atol=1e-14,
    )  # fmt: skip
    np.testing.assert_allclose(linear.of_time(steps, p, constants), solved.y.T, rtol=1e-6)


@given(st.floats(0.01, 0.999), st.floats(1e-6, 9e-3))
def test_times_invert_strengths(share: float, start: float) -> None:
    constants, skills = Constants("mse", 0.1, 2.0, 2 * start, speed=0.3), Skills(0.6, 4)
    times = linear.crossing_times(share, skills.frequencies, constants)
    np.testing.assert_allclose(np.diag(linear.of_time(times, skills.frequencies, constants)), 2 * share)


def test_no_delay(five: Skills, network: Constants) -> None:
    """A twentieth of the strength comes within a tenth of the time to a half; the multilinear model waits."""
    begun, half = linear.crossing_times([0.05, 0.5], five.frequencies, network)
    assert (begun / half < 0.1).all()
    begun, half = strengths.crossing_times([0.05, 0.5], five.frequencies, network)
    assert (begun / half > 0.7).all()


def test_times_are_in_the_same_order(five: Skills, network: Constants) -> None:
    found = linear.crossing_times(0.5, [*five.frequencies, 0.0], network)
    assert found[:5] / found[0] == pytest.approx(np.arange(1, 6) ** 1.6)
    assert found[5] == np.inf


@pytest.mark.parametrize("alpha", [0.3, 0.6, 0.9])
def test_scaling_of_time(multilinear: Constants, alpha: float) -> None:
    """Exponent of the multilinear model, its own prefactor; within 2 % for T = 10² … 10⁴ with 10⁵ skills."""
    skills, steps = Skills(alpha, 10**5), np.geomspace(1e2, 1e4, 5)
    law = linear.scaling_of_time(skills, multilinear)
    assert law.exponent == loss.law_of_time(skills, multilinear).exponent == -alpha / (alpha + 1)
    np.testing.assert_allclose(linear.loss_of_time(steps, skills, multilinear), law.loss(steps), rtol=0.02)


def test_shares_that_are_never_crossed(network: Constants) -> None:
    for share in (1e-6, 1.0):
        with pytest.raises(TheoryError, match=rf"share = {share:g}: .*\b5\.5\S*e-06\b"):
            linear.crossing_times(share, 1.0, network)
