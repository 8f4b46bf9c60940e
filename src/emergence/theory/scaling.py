"""Scaling laws of the loss in time, data and width, with their prefactors (arXiv:2404.17563).

With many skills a sum over them becomes an integral. Substituting u = c·P(k)·x, for the time or data x,

    Σ P_k h(cP_kx) → A^(1/(α+1))/(α+1) · (cx)^(−α/(α+1)) · ∫₀^∞ u^(−1/(α+1)) h(u) du,

which is a power law in x, whatever h. A finite number of skills n_s lacks what the integral counts past the last of
them: a constant, of the order n_s^−α, that bends the loss away from its power law, strongly for small α. Each law
carries that constant. A is the normaliser of n_s skills; the published laws have its limit, 1/ζ(α+1).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.integrate import quad
from scipy.special import beta, expit, gamma

from emergence.theory.constants import Constants
from emergence.theory.domain import Array, positive
from emergence.theory.skills import Skills

TAIL = 40.0  # past this exponent beyond its delay a skill's squared deficit is below e^−80


@dataclass(frozen=True)
class PowerLaw:
    """L(x) = ``prefactor`` · x^``exponent`` for infinitely many skills, less the ``rest`` past the n_s there are."""

    exponent: float
    prefactor: float
    rest: float

    def asymptote(self, x: ArrayLike) -> Array:
        """The loss for infinitely many skills: a straight line on logarithmic axes."""
        return self.prefactor * positive("x", x, "a power law holds above 0") ** self.exponent

    def loss(self, x: ArrayLike) -> Array:
        """The loss for n_s skills; NaN past the `reach` of the law, where not all is power law any more."""
        found = self.asymptote(x) - self.rest
        return np.where(found > 0, found, np.nan)

    def slope(self, x: ArrayLike) -> Array:
        """Logarithmic slope d ln L/d ln x for n_s skills, which leaves the exponent as x grows; NaN past `reach`."""
        return self.exponent * self.asymptote(x) / self.loss(x)

    @property
    def reach(self) -> float:
        """The x at which the power law has used up all n_s skills; of use far below that alone."""
        return float((self.prefactor / self.rest) ** (-1 / self.exponent))


def of_time(skills: Skills, constants: Constants) -> PowerLaw:
    """A_T T^(−α/(α+1)), with h(u) = ½S²[1 + e^u/(S/R_k(0) − 1)]^−2 and c = ρ, the rate (2ηS for ½·MSE)."""
    height = (constants.target - constants.initial) ** 2 / 2
    start = float(expit(constants.delay)) ** 2  # h(0) in units of S²/2
    return law(skills, height, constants.rate, unlearned(constants.delay, skills.alpha) / start)


def one_shot(skills: Skills, constants: Constants) -> PowerLaw:
    """A_D D^(−α/(α+1)) of the multilinear model, with h(u) = ½(S − R_k(0))² e^−u: not one sample among D."""
    height = (constants.target - constants.initial) ** 2 / 2
    return law(skills, height, 1.0, float(gamma(skills.alpha / (skills.alpha + 1))))


def of_data(skills: Skills, constants: Constants) -> PowerLaw:
    """The same law of a network that needs D_c samples a skill, with h(u) = ½S² max(0, 1 − u) and c = 1/D_c."""
    integral = float(beta(skills.alpha / (skills.alpha + 1), 2))
    return law(skills, constants.target**2 / 2, 1 / constants.shots, integral)


def of_width(skills: Skills, constants: Constants) -> PowerLaw:
    """A_N N^−α: half of S² times the weight Σ_{k>N/N_c} P_k of skills without hidden units, S²A/(2α)·(N/N_c)^−α.

    Published with the factor 1 − (N/n_s)^α, which is the rest of this law. S²/2 alone is not the prefactor.
    """
    half = constants.target**2 / 2
    prefactor = half * skills.scale / skills.alpha * constants.neurons**skills.alpha
    return PowerLaw(-skills.alpha, prefactor, half * skills.beyond)


def law(skills: Skills, height: float, pace: float, integral: float) -> PowerLaw:
    """Power law of Σ P_k h(pace·P_k·x), where h(0) = ``height`` and ``integral`` is ∫₀^∞ u^(−1/(α+1)) h(u)/h(0) du."""
    power = skills.alpha / (skills.alpha + 1)
    prefactor = height * skills.scale ** (1 - power) / (skills.alpha + 1) * pace**-power * integral
    return PowerLaw(-power, prefactor, height * skills.beyond)


def unlearned(delay: float, alpha: float, start: float = 0.0) -> float:
    """∫_start^∞ u^(−1/(α+1)) [1 + e^(u − delay)]^−2 du, by v = u^(α/(α+1)), which removes the pole at 0."""
    power = alpha / (alpha + 1)
    end = max(delay, 0.0) + TAIL
    if start >= end:
        return 0.0
    bends = [max(delay, 0.0) + shift for shift in (-10.0, 0.0, 10.0)]  # around the sigmoid's flank
    inner = [bend**power for bend in bends if start < bend < end]
    integral, _ = quad(
        lambda v: expit(delay - v ** (1 / power)) ** 2, start**power, end**power, points=inner, epsabs=0.0, epsrel=1e-10
    )
    return float(integral / power)
