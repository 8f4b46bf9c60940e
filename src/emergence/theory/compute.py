"""Optimal compute C = N·T: the width and number of steps of least loss, and the law of that loss.

A model of width N learns its first K = N/N_c skills in time; the others stay unlearned. Let θ = ρP(K)T be the exponent
that the last of them has reached. With many skills, C = N_c K^(α+2) θ/(ρA) and

    L = ½S²A K^−α [1/α + θ^(−α/(α+1))/(α+1) · ∫_θ^∞ u^(−1/(α+1)) [1 + e^(u − delay)]^−2 du] = A(θ) C^(−α/(α+2)).

A(θ) has one minimum; its θ does not depend on C. So N ∝ C^(1/(α+2)) and T ∝ C^((α+1)/(α+2)), and A_C is the minimum
(arXiv:2404.17563, where it is written min_λ A(λ)).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.optimize import minimize_scalar

from emergence.theory import loss
from emergence.theory.domain import Array, TheoryError, positive, widths
from emergence.theory.loss import TAIL, PowerLaw, unlearned
from emergence.theory.model import Constants, Skills


@dataclass(frozen=True)
class Envelope:
    """The optimal use of compute: the law of the loss, and the width N = ``width_scale`` · C^``width_exponent``."""

    loss: PowerLaw
    width_scale: float
    width_exponent: float
    progress: float
    """θ, the exponent that the last skill within the width has reached"""

    def width(self, compute: ArrayLike) -> Array:
        """Best width N, fractional."""
        return self.width_scale * positive("compute", compute, "take an amount above 0") ** self.width_exponent

    def steps(self, compute: ArrayLike) -> Array:
        """Best number of steps T = C/N."""
        return np.asarray(compute, dtype=np.float64) / self.width(compute)


def envelope(skills: Skills, constants: Constants) -> Envelope:
    """The numerical optimum over θ."""
    alpha, power = skills.alpha, 1 / (skills.alpha + 2)
    pace = constants.rate * skills.scale / constants.neurons  # C in units of K^(α+2) θ

    def prefactor(log_progress: float) -> float:
        theta = float(np.exp(log_progress))
        late = theta ** (-alpha / (alpha + 1)) / (alpha + 1) * unlearned(constants.delay, alpha, theta)
        return constants.target**2 / 2 * skills.scale * (pace / theta) ** (-alpha * power) * (1 / alpha + late)

    bounds = (np.log(1e-6), np.log(max(constants.delay, 0.0) + TAIL))
    best = minimize_scalar(prefactor, bounds=bounds, method="bounded", options={"xatol": 1e-9})
    theta = float(np.exp(best.x))
    law = PowerLaw(-alpha * power, float(best.fun), constants.target**2 / 2 * skills.beyond)
    return Envelope(law, constants.neurons * (pace / theta) ** power, power, theta)


def best_width(compute: ArrayLike, width: ArrayLike, skills: Skills, constants: Constants) -> tuple[Array, Array]:
    """Least L(C/N, N) over given widths by direct sums, and the width that attains it.

    Args:
        compute: C (...).
        width: Candidates N (widths,).
        skills: The skills.
        constants: The constants.

    Raises:
        TheoryError: if the best width is the smallest or largest candidate, and so perhaps no optimum.
    """
    C, N = positive("compute", compute, "take an amount above 0"), np.unique(widths(width))
    losses = loss.of_time_and_width(C[..., None] / N, N, skills, constants)
    best = losses.argmin(axis=-1)
    at_end = (N.size > 1) & ((best == 0) | (best == N.size - 1))
    if at_end.any():
        raise TheoryError(
            f"compute = {C[at_end].flat[0]:g}: the best width is an end of {N[0]:g} … {N[-1]:g}; widen the range"
        )
    return losses.min(axis=-1), N[best]
