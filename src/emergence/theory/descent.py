"""The multilinear model f = Σ_k a_k b_k g_k and the linear one f = Σ_k w_k g_k, by stochastic gradient descent.

Since g_k is ±1 on inputs that ask for skill k and 0 on all others, the loss of a batch is Σ_k (d_k/d)·½(S − R_k)²,
with R_k = a_k b_k or w_k and d_k of its d samples on skill k: a batch enters through these numbers alone, and no input
need be drawn (arXiv:2404.17563).
"""

from collections.abc import Collection
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from emergence.errors import EmergenceError
from emergence.theory.constants import GRADIENT, Constants

Array = NDArray[np.float64]
Model = Literal["multilinear", "linear"]

FACTORS: dict[Model, int] = {"multilinear": 2, "linear": 1}
"""Parameters of a skill, whose product is its strength."""


class DescentError(EmergenceError):
    """Training that diverges; the message says where and what to try."""


def batches(frequencies: Array, batch: int, steps: int, seed: int) -> Array:
    """Shares d_k/d (steps, skills) of each skill in ``steps`` batches of fresh samples."""
    rng = np.random.default_rng([seed, *b"multilinear"])
    return rng.multinomial(batch, frequencies, size=steps) / batch


def data_set(frequencies: Array, size: int, seed: int) -> NDArray[np.int64]:
    """Samples d_k (skills,) of each skill in one data set."""
    return np.random.default_rng([seed, *b"data"]).multinomial(size, frequencies)


def trained(model: Model, shares: Array, constants: Constants, moments: Collection[int]) -> Array:
    """Strengths R_k (moments, ..., skills) after so many steps, for shares d_k/d (steps, ..., skills) of the batches.

    All parameters of a skill are alike at the start, with R_k(0) as their product. B², D_c and N_c have no part.

    Raises:
        DescentError: if a strength is not finite any more.
    """
    pace = GRADIENT[constants.objective] * constants.learning_rate
    factors = np.full((FACTORS[model], *shares.shape[1:]), constants.initial ** (1 / FACTORS[model]))
    found = []
    with np.errstate(over="ignore", invalid="ignore"):
        for step in range(len(shares) + 1):
            strength = factors.prod(axis=0)
            if step in moments:
                if not np.isfinite(strength).all():
                    raise DescentError(f"the {model} model is not finite at step {step}; lower learning_rate")
                found.append(strength)
            if step < len(shares):
                others = factors[::-1] if len(factors) == 2 else 1.0  # what a factor is multiplied by
                factors = factors + pace * shares[step] * (constants.target - strength) * others
    return np.stack(found)
