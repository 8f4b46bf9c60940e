"""Skill strengths R_k = E[g_k f | I = k]: how much of each skill is learned, by time, data or width.

The laws of arXiv:2404.17563, with the constants that carry them over to a network; with those at 1, of the model.
"""

from typing import Literal, assert_never

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import expit

from emergence.theory import domain
from emergence.theory.constants import Constants
from emergence.theory.domain import Array

DataLaw = Literal["published", "linear"]
"""R_k/S = 1 − √(1 − d_k/D_c), as the paper plots it, or d_k/D_c. See `of_data`."""


def of_time(steps: ArrayLike, frequency: ArrayLike, constants: Constants) -> Array:
    """R_k(T) = S / (1 + (S/R_k(0) − 1) e^−ρP_kT), with ρ the constants' ``rate``, for steps (...) and skills (k,).

    Gradient flow da/dT = ηP_k(S − ab)b, with a = b at the start, is logistic growth of R_k = ab. The rate is twice that
    for plain MSE, and B² times that for a network.
    """
    exponent = constants.rate * domain.steps(steps)[..., None] * domain.frequencies(frequency)
    return constants.target * expit(exponent - constants.delay)


def of_data(samples: ArrayLike, frequency: ArrayLike, constants: Constants, law: DataLaw) -> Array:
    """R_k(D) of a network trained to the end on D samples (...), of which d_k = DP_k show skill k; S from d_k = D_c on.

    The minimum-norm solution projects g_k on d_k random directions out of D_c. That leaves the loss
    L_k = ½S²(1 − d_k/D_c). The paper takes f ∝ g_k, so that L_k = ½(S − R_k)², and finds the square root
    (``published``). From the definition of R_k the same projection gives S d_k/D_c (``linear``): what is left of the
    loss is not along g_k alone.
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
    """R_k(N) = S·clip((N − (k−1)N_c)/N_c, 0, 1): N_c hidden units a skill, frequent ones of ``count`` first."""
    filled = domain.widths(width)[..., None] / constants.neurons
    return constants.target * np.clip(filled - np.arange(count), 0.0, 1.0)
