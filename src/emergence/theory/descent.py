"""The multilinear model f = Σ_k a_k b_k g_k and the linear one f = Σ_k w_k g_k under stochastic gradient descent.

Since g_k is ±1 on inputs of skill k and 0 on all others, the loss of a batch is Σ_k (d_k/d)·½(S − R_k)², with
R_k = a_k b_k or w_k and d_k of the batch's d samples on skill k. A batch enters through these counts alone, so no input
needs to be drawn (arXiv:2404.17563).
"""

from collections.abc import Collection
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from emergence.errors import EmergenceError
from emergence.theory.domain import Array
from emergence.theory.model import GRADIENT, Constants

Model = Literal["multilinear", "linear"]

FACTORS: dict[Model, int] = {"multilinear": 2, "linear": 1}
"""Parameters of a skill, whose product is its strength."""


class DescentError(EmergenceError):
    """Divergent training; the message names the step and the remedy."""


def batches(frequencies: Array, batch: int, steps: int, seed: int) -> Array:
    """Shares d_k/d (steps, skills) of each skill in ``steps`` batches of fresh samples.

    Args:
        frequencies: P_k (skills,).
        batch: Samples of a batch.
        steps: Number of batches.
        seed: Of the draws.
    """
    rng = np.random.default_rng([seed, *b"multilinear"])
    return rng.multinomial(batch, frequencies, size=steps) / batch


def data_set(frequencies: Array, size: int, seed: int) -> NDArray[np.int64]:
    """Samples d_k (skills,) of each skill in one data set.

    Args:
        frequencies: P_k (skills,).
        size: Samples D of the data set.
        seed: Of the draws.
    """
    return np.random.default_rng([seed, *b"data"]).multinomial(size, frequencies)


def train(model: Model, shares: Array, constants: Constants, moments: Collection[int]) -> Array:
    """Train a model from equal parameters of each skill, whose product is R_k(0).

    Args:
        model: Multilinear or linear.
        shares: d_k/d of each batch (steps, ..., skills).
        constants: Objective, learning rate, target and initial strength; B², D_c and N_c are not used.
        moments: Numbers of steps after which the strengths are returned.

    Returns:
        Strengths R_k (moments, ..., skills).

    Raises:
        DescentError: if a strength becomes infinite or NaN.
    """
    pace = GRADIENT[constants.objective] * constants.learning_rate
    factors = np.full((FACTORS[model], *shares.shape[1:]), constants.initial ** (1 / FACTORS[model]))
    strengths = []
    with np.errstate(over="ignore", invalid="ignore"):
        for step in range(len(shares) + 1):
            strength = factors.prod(axis=0)
            if step in moments:
                if not np.isfinite(strength).all():
                    raise DescentError(f"the {model} model is not finite at step {step}; lower learning_rate")
                strengths.append(strength)
            if step < len(shares):
                others = factors[::-1] if len(factors) == 2 else 1.0  # the other factor of the product
                factors = factors + pace * shares[step] * (constants.target - strength) * others
    return np.stack(strengths)
