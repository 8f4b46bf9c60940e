"""When a skill reaches a share R_k/S of its final strength: the inverses of `emergence.theory.strengths`."""

from typing import assert_never

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import logit

from emergence.theory.constants import Constants
from emergence.theory.domain import Array, TheoryError, frequencies, within
from emergence.theory.strengths import DataLaw


def times(share: ArrayLike, frequency: ArrayLike, constants: Constants) -> Array:
    """Steps τ_k = ln[(S/R_k(0) − 1)/(1/share − 1)]/(ρP_k), for shares (...) and skills (k,); ∝ k^(α+1).

    Infinite for a skill that is never sampled.

    Raises:
        TheoryError: a share that no skill crosses: not above the initial one, or not below 1.
    """
    reached = _inside(share)
    start = constants.initial / constants.target
    if (reached <= start).any():
        raise TheoryError(f"share = {reached.min():g}: skills start at {start:g} of the target; take a larger one")
    return per_frequency((constants.delay + logit(reached)) / constants.rate, frequency)


def durations(share: ArrayLike, frequency: ArrayLike, constants: Constants) -> Array:
    """Steps 2 ln(1/share − 1)/(ρP_k) from a share ε of the final strength to 1 − ε: the time of saturation.

    Raises:
        TheoryError: a share outside (0, ½), where no rise lies between ε and 1 − ε.
    """
    small = _inside(share)
    if (small >= 0.5).any():
        raise TheoryError(f"share = {small.max():g}: a rise from ε to 1 − ε asks for less than one half")
    return per_frequency(-2 * logit(small) / constants.rate, frequency)


def samples(share: ArrayLike, frequency: ArrayLike, constants: Constants, law: DataLaw) -> Array:
    """Samples D at which skills (k,) reach shares (...) of S; a share of 1 is saturation, d_k = D_c, in both laws."""
    reached = _upto(share)
    match law:
        case "published":
            needed = 1 - (1 - reached) ** 2
        case "linear":
            needed = reached
        case _:
            assert_never(law)
    return per_frequency(constants.shots * needed, frequency)


def widths(share: ArrayLike, count: int, constants: Constants) -> Array:
    """Width N = (k − 1 + share)N_c at which each of ``count`` skills reaches shares (...) of S; fractional."""
    return constants.neurons * (_upto(share)[..., None] + np.arange(count))


def per_frequency(amount: Array, frequency: ArrayLike) -> Array:
    """Amounts (...) that a skill of frequency 1 takes, for skills (k,) of these frequencies; infinite at 0."""
    seen = frequencies(frequency)
    needed = np.broadcast_to(amount[..., None], (*amount.shape, seen.size))
    return np.divide(needed, seen, out=np.full(needed.shape, np.inf), where=seen > 0)


def _inside(share: ArrayLike) -> Array:
    reason = "a sigmoid only ever approaches 0 and 1; take a share between"
    return within("share", share, np.nextafter(0.0, 1.0), np.nextafter(1.0, 0.0), reason)


def _upto(share: ArrayLike) -> Array:
    return within("share", share, np.nextafter(0.0, 1.0), 1.0, "a skill reaches shares above 0 and up to 1")
