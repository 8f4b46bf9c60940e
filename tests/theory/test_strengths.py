"""Strengths against what they solve: gradient flow in time, projections in data, counting in width."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.integrate import solve_ivp

from emergence.theory import loss, strengths
from emergence.theory.constants import Constants, Objective
from emergence.theory.domain import TheoryError
from emergence.theory.skills import Skills, shares


@pytest.mark.parametrize("objective", ["half_mse", "mse"])
def test_time_against_gradient_flow(five: Skills, network: Constants, objective: Objective) -> None:
    """a and b of each skill, descended from a = b = √R(0), on ½·MSE or twice that."""
    constants = replace(network, objective=objective, speed=1.0)
    weight = {"half_mse": 0.5, "mse": 1.0}[objective]
    p, S = five.frequencies, constants.target

    def flow(_: float, parameters: np.ndarray) -> np.ndarray:
        a, b = parameters.reshape(2, -1)
        slope = -2 * weight * p * (S - a * b)  # of weight·P(S − ab)² in ab
        return -constants.learning_rate * np.concatenate([slope * b, slope * a])

    steps = np.linspace(0, 2000, 41)
    start = np.full(10, np.sqrt(constants.initial))
    solved = solve_ivp(flow, (0, 2000), start, t_eval=steps, rtol=1e-10, atol=1e-14).y
    strength = (solved[:5] * solved[5:]).T
    assert strength[0] == pytest.approx(constants.initial)
    assert strength[-1, 0] == pytest.approx(S)
    found = strengths.of_time(steps, p, constants)
    np.testing.assert_allclose(found, strength, rtol=1e-6, atol=1e-9)


def test_speed_stretches_time(five: Skills, network: Constants) -> None:
    slow = strengths.of_time([220.0], five.frequencies, network)
    np.testing.assert_allclose(slow, strengths.of_time([10.0], five.frequencies, replace(network, speed=1.0)))


def test_data_against_projections(multilinear: Constants) -> None:
    """Minimum-norm fits of a target of D_c parameters on d Gaussian samples: R/S is d/D_c, the loss S²/2 (1 − d/D_c).

    So the linear law is that of R, and the square root what R would be if nothing but the target were fitted.
    """
    rng, size, trials = np.random.default_rng(0), 64, 400
    target = np.eye(size)[0]
    for d in (16, 32, 48):
        draws = rng.standard_normal((trials, d, size))
        fitted = np.stack([np.linalg.lstsq(x, x @ target, rcond=None)[0] for x in draws])
        R, left = fitted[:, 0], ((fitted - target) ** 2).sum(axis=1) / 2
        known = replace(multilinear, shots=size)
        error = 4 * R.std() / np.sqrt(trials)
        linear, published = (strengths.of_data(d, 1.0, known, law)[0] for law in ("linear", "published"))
        assert R.mean() == pytest.approx(linear, abs=error)
        assert (1 - np.sqrt(2 * left.mean())) == pytest.approx(published, abs=error)
        assert left.mean() == pytest.approx(float(loss.of_data(d, Skills(0.6, 1), known)), abs=error)
        assert linear - published > 2 * error


def test_width_fills_skills_in_turn(network: Constants) -> None:
    found = strengths.of_width([1, 4, 6, 20, 100], 5, network) / network.target
    expected = [[0.25, 0, 0, 0, 0], [1, 0, 0, 0, 0], [1, 0.5, 0, 0, 0], [1, 1, 1, 1, 1], [1, 1, 1, 1, 1]]
    np.testing.assert_allclose(found, expected)


def test_a_skill_that_is_never_sampled_stays(network: Constants) -> None:
    share = shares([700, 300, 0])
    assert strengths.of_time(1e6, share, network)[2] == pytest.approx(network.initial)
    assert strengths.of_data(1e6, share, network, "published").tolist() == [5, 5, 0]


@given(
    st.lists(st.floats(0, 1e5), min_size=2, max_size=20),
    st.floats(0.05, 2),
    st.floats(1e-8, 0.4),
    st.sampled_from(["time", "published", "linear", "width"]),
)
def test_strengths_rise_within_bounds(values: list[float], alpha: float, initial: float, axis: str) -> None:
    """Along each axis up to S; and no skill is ahead of a more frequent one."""
    constants, skills = Constants("mse", 0.02, 1.0, initial, shots=30, neurons=3), Skills(alpha, 6)
    ordered = np.sort(values)
    found = {
        "time": lambda: strengths.of_time(ordered, skills.frequencies, constants),
        "published": lambda: strengths.of_data(ordered, skills.frequencies, constants, "published"),
        "linear": lambda: strengths.of_data(ordered, skills.frequencies, constants, "linear"),
        "width": lambda: strengths.of_width(ordered + 1, skills.count, constants),
    }[axis]()
    assert found.shape == (len(values), 6)
    assert (found >= (initial * (1 - 1e-9) if axis == "time" else 0)).all()
    assert (found <= 1).all()
    assert (np.diff(found, axis=0) >= -1e-15).all()
    assert (np.diff(found, axis=1) <= 1e-15).all()


def test_the_linear_law_is_ahead(five: Skills, network: Constants) -> None:
    """1 − √(1 − x) < x between 0 and 1, and both are 0 and 1 together."""
    sizes = np.linspace(0, 20_000, 50)
    published, linear = (strengths.of_data(sizes, five.frequencies, network, law) for law in ("published", "linear"))
    partly = (linear > 0) & (linear < network.target)
    assert (linear[partly] > published[partly]).all()
    np.testing.assert_array_equal(linear[~partly], published[~partly])


@pytest.mark.parametrize("width", [0, -1, np.nan, [4, 0]])
def test_a_width_of_zero_is_refused(network: Constants, width: float) -> None:
    with pytest.raises(TheoryError, match=r"width = .*: a network needs at least one hidden unit"):
        strengths.of_width(width, 5, network)


def test_other_bad_input_is_refused(network: Constants) -> None:
    with pytest.raises(TheoryError, match="steps = -1: training takes zero or more"):
        strengths.of_time([0, -1], 1.0, network)
    with pytest.raises(TheoryError, match=r"frequency = 1\.5"):
        strengths.of_time(1, [0.5, 1.5], network)
    with pytest.raises(TheoryError, match="samples = inf: a data set has zero or more"):
        strengths.of_data(np.inf, 1.0, network, "linear")
