"""A linear network of two layers: its closed form solves its equations, and is that of the multilinear model."""

import numpy as np
import pytest
from scipy.integrate import solve_ivp

from emergence.theory import strengths
from emergence.theory.deep_linear import learned_share
from emergence.theory.domain import TheoryError
from emergence.theory.model import Constants

MODES = np.array([1.0, 0.5, 0.25])  # as published
TIMES = np.linspace(0, 100, 201)


def test_the_closed_form_solves_gradient_flow_of_both_layers() -> None:
    rate, start = 0.3, 1e-3

    def flow(_: float, state: np.ndarray) -> np.ndarray:
        a, b = state.reshape(2, 3)
        return np.concatenate([rate * b * (MODES - a * b), rate * a * (MODES - a * b)])

    solved = solve_ivp(flow, (0, 100), np.full(6, start**0.5), t_eval=TIMES, rtol=1e-10, atol=1e-12)
    a, b = solved.y.reshape(2, 3, -1)
    np.testing.assert_allclose(learned_share(TIMES, MODES, start, rate), (a * b).T / MODES, atol=1e-6)


def test_one_mode_is_one_skill() -> None:
    skill = Constants("half_mse", learning_rate=0.3, target=2.0, initial=0.01)
    expected = strengths.of_time(TIMES, 1.0, skill)[:, 0] / 2.0
    np.testing.assert_allclose(learned_share(TIMES, [2.0], 0.01, 0.3)[:, 0], expected)


def test_strong_modes_come_first_and_a_start_above_a_mode_is_refused() -> None:
    half = [np.interp(0.5, of, TIMES) for of in learned_share(TIMES, MODES, 1e-3, 1.0).T]
    assert half == sorted(half)
    with pytest.raises(TheoryError, match=r"initial = 0\.5: .*\b0\.25\b"):
        learned_share(TIMES, MODES, 0.5, 1.0)
