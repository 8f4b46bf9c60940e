"""Skill strengths R_k = E[g_k f | I = k] as functions of time, data or width, and their inverses.

The laws of arXiv:2404.17563 with the constants that adapt them to a network; with these at 1, the laws of the model.
The inverses give the time, data or width at which a skill reaches a share R_k/S of its final strength.
"""

from typing import Literal, assert_never

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import expit, logit

from emergence.theory import domain
from emergence.theory.domain import Array, TheoryError, frequencies, within
from emergence.theory.model import Constants

DataLaw = Literal["published", "linear"]
"""R_k/S = 1 − √(1 − d_k/D_c), as plotted in the paper, or d_k/D_c. See `of_data`."""


def of_time(steps: ArrayLike, frequency: ArrayLike, constants: Constants) -> Array:
    """R_k(T) = S / (1 + (S/R_k(0) − 1) e^−ρP_kT), with ρ the constants' ``rate``, for steps (...) and skills (k,).

    Gradient flow da/dT = ηP_k(S − ab)b, with a = b at the start, is logistic growth of R_k = ab. The rate is twice that
    for plain MSE, and B² times that for a network.

    Args:
        steps: Optimiser steps T (...).
        frequency: P_k (skills,).
        constants: Target S, start R_k(0) and rate ρ.

    Returns:
        Strengths (..., skills).
    """
    exponent = constants.rate * domain.steps(steps)[..., None] * domain.frequencies(frequency)
    return constants.target * expit(exponent - constants.delay)


def of_data(samples: ArrayLike, frequency: ArrayLike, constants: Constants, law: DataLaw) -> Array:
    """R_k(D) of a network trained to convergence on D samples (...), d_k = DP_k of skill k; S from d_k = D_c on.

    The minimum-norm solution projects g_k on d_k random directions out of D_c. That leaves the loss
    L_k = ½S²(1 − d_k/D_c). The paper assumes f ∝ g_k, so that L_k = ½(S − R_k)², and derives the square root
    (``published``). By the definition of R_k the same projection gives S d_k/D_c (``linear``), since the remaining
    error is not along g_k alone.

    Args:
        samples: Sizes D of data sets (...).
        frequency: P_k, or shares d_k/D of one data set (skills,).
        constants: Target S and samples D_c of a skill.
        law: ``published`` or ``linear``.

    Returns:
        Strengths (..., skills).
    """
    share = np.minimum(domain.samples(samples)[..., None] * domain.frequencies(frequency) / constants.shots, 1.0)
    match law:
        case "published":
            return constants.target * (1 - np.sqrt(1 - share))
        case "linear":
            return constants.target * share
        case _:
            assert_never(law)


def of_width(width: ArrayLike, count: int, constants: Constants) -> Array:
    """R_k(N) = S·clip((N − (k−1)N_c)/N_c, 0, 1): N_c hidden units a skill, frequent ones of ``count`` first.

    Args:
        width: Hidden units N (...).
        count: Number of skills.
        constants: Target S and units N_c of a skill.

    Returns:
        Strengths (..., skills).
    """
    filled = domain.widths(width)[..., None] / constants.neurons
    return constants.target * np.clip(filled - np.arange(count), 0.0, 1.0)


def crossing_times(share: ArrayLike, frequency: ArrayLike, constants: Constants) -> Array:
    """Steps τ_k = ln[(S/R_k(0) − 1)/(1/share − 1)]/(ρP_k), for shares (...) and skills (k,); ∝ k^(α+1).

    Infinite for a skill that is never sampled.

    Args:
        share: R/S (...).
        frequency: P_k (skills,).
        constants: Target S, start R_k(0) and rate ρ.

    Returns:
        Optimiser steps (..., skills).

    Raises:
        TheoryError: if no skill crosses a share: it is not above the initial one, or not below 1.
    """
    reached = _inside(share)
    start = constants.initial / constants.target
    if (reached <= start).any():
        raise TheoryError(f"share = {reached.min():g}: skills start at {start:g} of the target; take a larger one")
    return per_frequency((constants.delay + logit(reached)) / constants.rate, frequency)


def crossing_samples(share: ArrayLike, frequency: ArrayLike, constants: Constants, law: DataLaw) -> Array:
    """Samples D at which skills (k,) reach shares (...) of S; a share of 1 is saturation, d_k = D_c, in both laws.

    Args:
        share: R/S (...), above 0 and at most 1.
        frequency: P_k (skills,).
        constants: Samples D_c of a skill.
        law: Of R_k(D): ``published`` or ``linear``.

    Returns:
        Sizes of data sets (..., skills).

    Raises:
        TheoryError: if a share lies outside.
    """
    reached = _upto(share)
    match law:
        case "published":
            needed = 1 - (1 - reached) ** 2
        case "linear":
            needed = reached
        case _:
            assert_never(law)
    return per_frequency(constants.shots * needed, frequency)


def crossing_widths(share: ArrayLike, count: int, constants: Constants) -> Array:
    """Width N = (k − 1 + share)N_c at which each of ``count`` skills reaches shares (...) of S; fractional.

    Args:
        share: R/S (...), above 0 and at most 1.
        count: Number of skills.
        constants: Units N_c of a skill.

    Returns:
        Hidden widths (..., skills).

    Raises:
        TheoryError: if a share lies outside.
    """
    return constants.neurons * (_upto(share)[..., None] + np.arange(count))


def per_frequency(amount: Array, frequency: ArrayLike) -> Array:
    """Amounts (..., skills) for given frequencies, from those (...) of a skill of frequency 1; infinite at 0."""
    seen = frequencies(frequency)
    needed = np.broadcast_to(amount[..., None], (*amount.shape, seen.size))
    return np.divide(needed, seen, out=np.full(needed.shape, np.inf), where=seen > 0)


def _inside(share: ArrayLike) -> Array:
    reason = "a sigmoid only ever approaches 0 and 1; take a share between"
    return within("share", share, np.nextafter(0.0, 1.0), np.nextafter(1.0, 0.0), reason)


def _upto(share: ArrayLike) -> Array:
    return within("share", share, np.nextafter(0.0, 1.0), 1.0, "a skill reaches shares above 0 and up to 1")
