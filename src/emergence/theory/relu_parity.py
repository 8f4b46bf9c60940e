"""Why B² is below 1: three ReLU neurons that hold the parity of three bits (arXiv:2404.17563, figure 8).

Of s set bits, with the sign g = (−1)^s and weights that the bits share,

    f(s) = α ReLU(α(1 − s)) + β ReLU(β(s − 1)) − 2γ ReLU(γ(s − 2)) + c

is S g exactly at α = β = γ = √(2S) and c = −S. Under gradient flow of ½·MSE from small weights α² and β² first grow at
the rate S/2 and γ² at S, where the multilinear model's strength grows at 2S: a neuron sees its skill on a part of the
inputs alone. The strength R = E[g f] is a sum of three sigmoids, not one, so it saturates later than a sigmoid with the
same half-time. Its nearest sigmoid has B² → 1/3 for small weights.
"""

import numpy as np
from numpy.typing import ArrayLike
from scipy.integrate import solve_ivp

from emergence.theory import domain
from emergence.theory.domain import Array, TheoryError, positive

BITS = np.arange(4)  # s
SHARES = np.array([1, 3, 3, 1]) / 8  # of inputs with s set bits
PARITY = (-1.0) ** BITS  # g
NEURONS = np.array([np.maximum(1 - BITS, 0), np.maximum(BITS - 1, 0), -2 * np.maximum(BITS - 2, 0)])
"""contribution of each neuron to f, over its squared weight (neurons, bits)"""


def outputs(weights: ArrayLike) -> Array:
    """f(s) (..., 4) for α, β, γ and c (..., 4).

    >>> outputs([2.0, 2.0, 2.0, -2.0]).tolist()
    [2.0, -2.0, 2.0, -2.0]
    """
    values: Array = np.asarray(weights, dtype=np.float64)
    return values[..., :3] ** 2 @ NEURONS + values[..., 3:]


def strength(weights: ArrayLike) -> Array:
    """R = E[g f] (...), (α² + β²)/8 + γ²/4."""
    return outputs(weights) @ (SHARES * PARITY)


def exact(target: float) -> Array:
    """The weights (4,) at which f is S g."""
    root = np.sqrt(2 * positive("target", target, "there is nothing to learn; take one above 0"))
    return np.array([root, root, root, -target])


def gradient_flow(time: ArrayLike, target: float, initial: float) -> Array:
    """Weights (times, 4) of gradient flow on E[½(S g − f)²] from α = β = γ = ``initial`` and c = 0.

    Args:
        time: Times t = ηT (times,), ascending.
        target: S, above 0.
        initial: Weight of each neuron at t = 0.

    Raises:
        TheoryError: if the equations could not be integrated.
    """
    t = domain.steps(time)

    def slope(_: float, weights: Array) -> Array:
        error = SHARES * (target * PARITY - outputs(weights))
        return np.append(2 * weights[:3] * (NEURONS @ error), error.sum())

    solved = solve_ivp(slope, (0.0, float(t.max())), [initial] * 3 + [0.0], t_eval=t, rtol=1e-8, atol=1e-12)
    if not solved.success:
        raise TheoryError(f"gradient flow of three neurons: {solved.message}; take a shorter time")
    return np.asarray(solved.y.T, dtype=np.float64)
