"""Total loss L = Σ_k P_k L_k of ½·MSE on each axis: sums over all skills, and the scaling laws that they approach.

For values (...) of time, data or width the sums are (...), with no continuum limit. Skills are summed for one value at
a time: 10⁵ skills for all values at once would not fit in memory.

With many skills a sum over them becomes an integral (arXiv:2404.17563). Substituting u = c·P(k)·x, for the time or data
x,

    Σ P_k h(cP_kx) → A^(1/(α+1))/(α+1) · (cx)^(−α/(α+1)) · ∫₀^∞ u^(−1/(α+1)) h(u) du,

which is a power law in x for any h. With a finite number n_s of skills the loss lacks the contribution of later skills,
a constant of order n_s^−α that bends it away from its power law, strongly for small α. Each law includes that constant.
A is the normaliser of n_s skills; the published laws use its limit, 1/ζ(α+1).
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.integrate import quad
from scipy.special import expit, gamma

from emergence.theory import domain, strengths
from emergence.theory.domain import Array, positive
from emergence.theory.model import Constants, Skills


def of_time(steps: ArrayLike, skills: Skills, constants: Constants) -> Array:
    """L(T) = Σ P_k ½(S − R_k(T))², with unlimited data and width.

    Args:
        steps: Optimiser steps T (...).
        skills: Their frequencies P_k.
        constants: Target S, start R_k(0) and rate ρ.

    Returns:
        Losses (...).
    """
    return summed(lambda t: strengths.of_time(t, skills.frequencies, constants), domain.steps(steps), skills, constants)


def of_width(width: ArrayLike, skills: Skills, constants: Constants) -> Array:
    """L(N) = Σ P_k ½(S − R_k(N))²; with N_c = 1 and whole N, the skills past the N-th are missing.

    Args:
        width: Hidden units N (...).
        skills: Their frequencies P_k.
        constants: Target S and units N_c of a skill.

    Returns:
        Losses (...).
    """
    return summed(lambda n: strengths.of_width(n, skills.count, constants), domain.widths(width), skills, constants)


def of_data(samples: ArrayLike, skills: Skills, constants: Constants) -> Array:
    """L(D) = Σ P_k ½S² max(0, 1 − DP_k/D_c) of a network that needs D_c samples per skill.

    The same for both laws of R_k, which is the projection on g_k alone (`emergence.theory.strengths.of_data`).

    Args:
        samples: Sizes D of data sets (...).
        skills: Their frequencies P_k.
        constants: Target S and samples D_c of a skill.

    Returns:
        Losses (...).
    """
    D = domain.samples(samples)
    left = [np.maximum(1 - size * skills.frequencies / constants.shots, 0.0) @ skills.frequencies for size in D.flat]
    return constants.target**2 / 2 * np.reshape(left, D.shape)


def one_shot(samples: ArrayLike, skills: Skills, constants: Constants) -> Array:
    """Expected L(D) = Σ P_k ½(S − R_k(0))² (1 − P_k)^D of the multilinear model: one sample suffices for a skill.

    The model's parameters are the skills themselves: it fits each sampled skill, and never changes the others.

    Args:
        samples: Sizes D of data sets (...).
        skills: Their frequencies P_k.
        constants: Target S and start R_k(0).

    Returns:
        Losses (...).
    """
    D = domain.samples(samples)
    left = [(1 - skills.frequencies) ** size @ skills.frequencies for size in D.flat]
    return (constants.target - constants.initial) ** 2 / 2 * np.reshape(left, D.shape)


def of_time_and_width(steps: ArrayLike, width: ArrayLike, skills: Skills, constants: Constants) -> Array:
    """L(T, N) for steps and widths that broadcast: only the skills that fit in width N are learned in time.

    The others, most of them where N is small, are summed at once.

    Args:
        steps: Optimiser steps T.
        width: Hidden units N; the two broadcast to (...).
        skills: Their frequencies P_k.
        constants: Target S, start R_k(0), rate ρ and units N_c of a skill.

    Returns:
        Losses (...).
    """
    T, N = np.broadcast_arrays(domain.steps(steps), domain.widths(width))
    unlearned_from = np.append(np.cumsum(skills.frequencies[::-1])[::-1], 0.0)  # weight of a skill and those after it

    def total(time: float, units: float) -> float:
        fit = min(skills.count, int(np.ceil(units / constants.neurons)))
        frequencies = skills.frequencies[:fit]
        capacity = strengths.of_width(units, fit, constants) / constants.target
        missing = constants.target - capacity * strengths.of_time(time, frequencies, constants)
        return float(missing**2 @ frequencies + constants.target**2 * unlearned_from[fit]) / 2

    losses = [total(*pair) for pair in zip(T.flat, N.flat, strict=True)]
    return np.reshape(np.asarray(losses, dtype=np.float64), T.shape)


def half_square(strength: Array, skills: Skills, constants: Constants) -> float:
    """Σ P_k ½(S − R_k)² for strengths (skills,).

    Args:
        strength: R_k (skills,).
        skills: Their frequencies P_k.
        constants: The target S.
    """
    return float((constants.target - strength) ** 2 @ skills.frequencies) / 2


def summed(strength: Callable[[float], Array], values: Array, skills: Skills, constants: Constants) -> Array:
    """Σ P_k ½(S − R_k)² for each of the values (...), from a function that gives their strengths (skills,).

    Args:
        strength: From a value to R_k (skills,).
        values: Of time, data or width (...).
        skills: Their frequencies P_k.
        constants: The target S.

    Returns:
        Losses (...).
    """
    losses = [half_square(strength(value), skills, constants) for value in values.flat]
    return np.reshape(np.asarray(losses, dtype=np.float64), values.shape)


TAIL = 40.0  # beyond this exponent past its delay a skill's squared deficit is below e^−80


@dataclass(frozen=True)
class PowerLaw:
    """L(x) = ``prefactor`` · x^``exponent`` for infinitely many skills, less the ``rest`` of those beyond n_s."""

    exponent: float
    prefactor: float
    rest: float

    def asymptote(self, x: ArrayLike) -> Array:
        """The loss for infinitely many skills: a straight line on logarithmic axes."""
        return self.prefactor * positive("x", x, "a power law holds above 0") ** self.exponent

    def loss(self, x: ArrayLike) -> Array:
        """The loss for n_s skills; NaN beyond the `reach` of the law."""
        loss = self.asymptote(x) - self.rest
        return np.where(loss > 0, loss, np.nan)

    def slope(self, x: ArrayLike) -> Array:
        """Logarithmic slope d ln L/d ln x for n_s skills, which leaves the exponent as x grows; NaN beyond `reach`."""
        return self.exponent * self.asymptote(x) / self.loss(x)

    @property
    def reach(self) -> float:
        """The x at which the law exhausts all n_s skills; it holds only far below."""
        return float((self.prefactor / self.rest) ** (-1 / self.exponent))


def law_of_time(skills: Skills, constants: Constants) -> PowerLaw:
    """A_T T^(−α/(α+1)), with h(u) = ½S²[1 + e^u/(S/R_k(0) − 1)]^−2 and c = ρ, the rate (2ηS for ½·MSE)."""
    height = (constants.target - constants.initial) ** 2 / 2
    start = float(expit(constants.delay)) ** 2  # h(0) in units of S²/2
    return power_law(skills, height, constants.rate, unlearned(constants.delay, skills.alpha) / start)


def law_of_one_shot(skills: Skills, constants: Constants) -> PowerLaw:
    """A_D D^(−α/(α+1)) of the multilinear model, with h(u) = ½(S − R_k(0))² e^−u, the chance of no sample among D."""
    height = (constants.target - constants.initial) ** 2 / 2
    return power_law(skills, height, 1.0, float(gamma(skills.alpha / (skills.alpha + 1))))


def law_of_width(skills: Skills, constants: Constants) -> PowerLaw:
    """A_N N^−α: half of S² times the weight Σ_{k>N/N_c} P_k of skills without hidden units, S²A/(2α)·(N/N_c)^−α.

    Published with the factor 1 − (N/n_s)^α, which is this law's ``rest``; its prefactor is not S²/2 alone.
    """
    half = constants.target**2 / 2
    prefactor = half * skills.scale / skills.alpha * constants.neurons**skills.alpha
    return PowerLaw(-skills.alpha, prefactor, half * skills.beyond)


def power_law(skills: Skills, height: float, pace: float, integral: float) -> PowerLaw:
    """Power law of Σ P_k h(pace·P_k·x), where h(0) = ``height`` and ``integral`` is ∫₀^∞ u^(−1/(α+1)) h(u)/h(0) du.

    Args:
        skills: Exponent, number and normaliser.
        height: h(0).
        pace: c, which scales the axis x.
        integral: Of h(u)/h(0).
    """
    power = skills.alpha / (skills.alpha + 1)
    prefactor = height * skills.scale ** (1 - power) / (skills.alpha + 1) * pace**-power * integral
    return PowerLaw(-power, prefactor, height * skills.beyond)


def unlearned(delay: float, alpha: float, start: float = 0.0) -> float:
    """∫_start^∞ u^(−1/(α+1)) [1 + e^(u − delay)]^−2 du, by v = u^(α/(α+1)), which removes the pole at 0.

    Args:
        delay: ln(S/R_k(0) − 1), above or below 0.
        alpha: α, above 0.
        start: Lower end of the integral.
    """
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
