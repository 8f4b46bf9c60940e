"""The baseline: a model linear in its parameters, f = Σ w_k g_k, with the same exponents and no delay.

Gradient flow dw_k/dT = ηP_k(S − w_k) starts at once: without a second layer, no small weight delays a skill. Data and
width act as in the multilinear model, since both models fit whatever was sampled and fits in, so `loss` applies.
So do the objective and B².
"""

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import gamma

from emergence.theory import domain, loss, strengths
from emergence.theory.domain import Array, TheoryError, within
from emergence.theory.loss import PowerLaw
from emergence.theory.model import Constants, Skills


def rate(constants: Constants) -> float:
    """Rate of a skill of frequency 1, per step: ηB², or 2ηB² for ``mse``; independent of S."""
    return constants.rate / (2 * constants.target)


def of_time(steps: ArrayLike, frequency: ArrayLike, constants: Constants) -> Array:
    """R_k(T) = S − (S − R_k(0)) e^−ηP_kT, for steps (...) and skills (k,).

    Args:
        steps: Optimiser steps T (...).
        frequency: P_k (skills,).
        constants: Target S, start R_k(0) and learning rate η.

    Returns:
        Strengths (..., skills).
    """
    decayed = np.exp(-rate(constants) * domain.steps(steps)[..., None] * domain.frequencies(frequency))
    return constants.target - (constants.target - constants.initial) * decayed


def crossing_times(share: ArrayLike, frequency: ArrayLike, constants: Constants) -> Array:
    """Steps at which skills (k,) reach shares (...) of S; infinite for a skill that is never sampled.

    Args:
        share: Of the target (...), above that of the start and below 1.
        frequency: P_k (skills,).
        constants: Target, start and learning rate.

    Returns:
        Steps (..., skills).

    Raises:
        TheoryError: if a share is not crossed.
    """
    start = constants.initial / constants.target
    reason = f"skills start at {start:g} of the target and approach 1 from below; take a share between"
    reached = within("share", share, np.nextafter(start, 1.0), np.nextafter(1.0, 0.0), reason)
    return strengths.per_frequency((np.log1p(-start) - np.log1p(-reached)) / rate(constants), frequency)


def spread(epsilon: float, constants: Constants) -> float:
    """Ratio q of the times to reach 1 − ε and ε, for the criterion of `emergence.theory.conditions`."""
    if not epsilon < 0.5:
        raise TheoryError(f"epsilon = {epsilon:g}: a rise from ε to 1 − ε requires less than one half")
    begun, saturated = crossing_times([epsilon, 1 - epsilon], 1.0, constants)[:, 0]
    return float(saturated / begun)


def loss_of_time(steps: ArrayLike, skills: Skills, constants: Constants) -> Array:
    """L(T) = Σ P_k ½(S − R_k(T))², by direct sum.

    Args:
        steps: Optimiser steps T (...).
        skills: Their frequencies P_k.
        constants: Target, start and learning rate.

    Returns:
        Losses (...).
    """
    return loss.summed(lambda t: of_time(t, skills.frequencies, constants), domain.steps(steps), skills, constants)


def scaling_of_time(skills: Skills, constants: Constants) -> PowerLaw:
    """A_T T^(−α/(α+1)), with h(u) = ½(S − R_k(0))² e^−u and c twice the rate."""
    height = (constants.target - constants.initial) ** 2 / 2
    return loss.power_law(skills, height, 2 * rate(constants), float(gamma(skills.alpha / (skills.alpha + 1))))
