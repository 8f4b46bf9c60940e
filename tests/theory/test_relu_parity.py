"""Three ReLU neurons: parity exactly, by gradients that are those of a network, and a rate of a third."""

import numpy as np
import pytest
from scipy.optimize import minimize_scalar
from scipy.special import expit

from emergence.theory import relu_parity
from emergence.theory.relu_parity import BITS, PARITY, SHARES

S = 5.0


@pytest.mark.parametrize("target", [1.0, 5.0])
def test_the_exact_weights_are_parity_and_at_rest(target: float) -> None:
    weights = relu_parity.exact(target)
    np.testing.assert_allclose(relu_parity.outputs(weights), target * PARITY)
    assert relu_parity.strength(weights) == pytest.approx(target)
    assert weights.tolist() == pytest.approx([(2 * target) ** 0.5] * 3 + [-target])


def test_outputs_are_those_of_three_neurons_over_all_inputs() -> None:
    a, b, g, c = 0.7, 1.3, 0.4, -0.2
    relu = lambda x: np.maximum(x, 0)  # noqa: E731
    bits = np.array(np.meshgrid(*[[0, 1]] * 3)).reshape(3, -1)
    s = bits.sum(axis=0)
    f = a * relu(a * (1 - s)) + b * relu(b * (s - 1)) - 2 * g * relu(g * (s - 2)) + c
    np.testing.assert_allclose(relu_parity.outputs([a, b, g, c])[s], f)
    assert relu_parity.strength([a, b, g, c]) == pytest.approx(((-1.0) ** s * f).mean())
    assert relu_parity.strength([a, b, g, c]) == pytest.approx((a**2 + b**2) / 8 + g**2 / 4)
    assert np.bincount(s) / 8 == pytest.approx(SHARES)
    assert len(BITS) == 4


def test_gradient_flow_descends_the_loss_as_finite_differences_do() -> None:
    start, moment = 0.3, 1e-4
    loss = lambda w: (SHARES * (S * PARITY - relu_parity.outputs(w)) ** 2).sum() / 2  # noqa: E731
    weights = np.array([start] * 3 + [0.0])
    moved = (relu_parity.gradient_flow([0.0, moment], S, start)[1] - weights) / moment
    slopes = [(loss(weights + e) - loss(weights - e)) / 2e-6 for e in 1e-6 * np.eye(4)]
    np.testing.assert_allclose(moved, -np.array(slopes), rtol=2e-3)


def test_it_ends_at_parity_with_a_rate_near_a_third() -> None:
    """B² of the nearest sigmoid approaches 1/3 from below as the weights at the start vanish."""
    times, fitted = np.linspace(0, 120, 1500), []
    for start in (1e-1, 1e-2, 1e-4):
        strength = relu_parity.strength(relu_parity.gradient_flow(times, 1.0, start))
        assert strength[-1] == pytest.approx(1.0, abs=1e-3)
        delay = np.log(1 / strength[0] - 1)
        miss = lambda speed, k=strength, d=delay: ((expit(2 * speed * times - d) - k) ** 2).sum()  # noqa: E731
        fitted.append(minimize_scalar(miss, bounds=(0.1, 1.0), method="bounded").x)
    assert fitted == sorted(fitted)
    assert fitted[-1] == pytest.approx(1 / 3, abs=0.01)


def test_a_sum_of_sigmoids_saturates_later_than_one() -> None:
    times = np.linspace(0, 60, 3000)
    strength = relu_parity.strength(relu_parity.gradient_flow(times, 1.0, 0.01))
    begun, half, late = (np.interp(share, strength, times) for share in (0.05, 0.5, 0.95))
    assert late - half > 1.05 * (half - begun)
