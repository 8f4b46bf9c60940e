"""The model's skills with their frequencies, and the constants of the model and of the networks compared with it."""

from dataclasses import dataclass
from functools import cached_property
from typing import Literal, get_args

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import zeta

from emergence.theory.domain import Array, TheoryError, nonnegative, positive


@dataclass(frozen=True)
class Skills:
    """``count`` (n_s) skills whose frequencies fall as the power −(``alpha`` + 1) of their rank.

    >>> Skills(alpha=0.6, count=5).frequencies.round(4).tolist()
    [0.5927, 0.1955, 0.1022, 0.0645, 0.0451]
    """

    alpha: float
    count: int

    def __post_init__(self) -> None:
        positive("alpha", self.alpha, "frequencies of infinitely many skills have no finite sum; take alpha above 0")
        if self.count < 1:
            raise TheoryError(f"count = {self.count}: there is nothing to learn; take one skill or more")

    @cached_property
    def scale(self) -> float:
        """Normaliser A = 1 / Σ_{k≤n_s} k^−(α+1), which approaches the published 1/ζ(α+1) for many skills."""
        return float(1 / (zeta(self.alpha + 1) - zeta(self.alpha + 1, self.count + 1)))

    @cached_property
    def frequencies(self) -> Array:
        """P_s(k) (skills,); their sum is 1."""
        weights = np.arange(1, self.count + 1, dtype=np.float64) ** -(self.alpha + 1)
        return weights / weights.sum()  # dividing by the scale could round to more than 1 for a single skill

    @property
    def beyond(self) -> float:
        """Weight A Σ_{k>n_s} k^−(α+1) that the same law gives to ranks past the last skill, about A n_s^−α/α."""
        return self.scale * float(zeta(self.alpha + 1, self.count + 1))


def shares(counts: ArrayLike) -> Array:
    """Shares d_k/D of skills in a data set, from the number of samples of each (skills,).

    They replace P_k for training on one fixed data set. A skill without samples has share 0: it keeps its initial
    strength, and its crossing time is infinite.

    Raises:
        TheoryError: if a count is negative, or a data set has fewer samples than skills.

    >>> shares([6, 2, 0]).tolist()
    [0.75, 0.25, 0.0]
    """
    drawn = nonnegative("samples of a skill", counts, "a skill has zero or more samples, and finitely many")
    if drawn.sum() < drawn.size:
        raise TheoryError(
            f"samples = {drawn.sum():g}: fewer than the {drawn.size} skills, so some have none; "
            f"take {drawn.size} samples or more"
        )
    return drawn / drawn.sum()


Objective = Literal["half_mse", "mse"]
"""Training objective: ½·MSE, as in the paper's text, or plain MSE, as in its code and figures."""

GRADIENT: dict[Objective, float] = {"half_mse": 1.0, "mse": 2.0}  # in units of the gradient of ½·MSE

INITIAL = 1 / 3.6  # R_k(0) in units of σ², as in the published curves over time


def initial_strength(sigma: float) -> float:
    """R_k(0) of a network with all parameters initialised at N(0, σ²): σ²/3.6, as published."""
    return float(INITIAL * positive("sigma", sigma, "weights that start at zero never leave it; take one above 0") ** 2)


@dataclass(frozen=True)
class Constants:
    """Constants shared by all skills; with the last three at 1, those of the multilinear model itself.

    B², D_c and N_c adapt the model to a network; `emergence.theory.fits` fits them to networks with one skill.
    """

    objective: Objective
    """sets the exponent of the sigmoid, 2ηP_kST for ``half_mse`` and 4ηP_kST for ``mse``; the losses of this package
    are those of ½·MSE for either objective"""
    learning_rate: float
    """η"""
    target: float
    """S, the strength of a learned skill"""
    initial: float
    """R_k(0), the strength of a skill before training"""
    speed: float = 1.0
    """B², the ratio of a network's learning rate to the model's"""
    shots: float = 1.0
    """D_c, the samples of a skill needed to learn it"""
    neurons: float = 1.0
    """N_c, the hidden units needed to represent a skill"""

    def __post_init__(self) -> None:
        if self.objective not in get_args(Objective):
            raise TheoryError(f"objective = {self.objective!r}: choose one of {', '.join(get_args(Objective))}")
        positive("learning_rate", self.learning_rate, "nothing is learned; take one above 0")
        positive("target", self.target, "strengths are measured against it; take one above 0")
        positive("initial", self.initial, "a skill of no strength has no gradient and never emerges; take one above 0")
        if self.initial >= self.target:
            raise TheoryError(f"initial = {self.initial:g}: not below the target, {self.target:g}; nothing is to learn")
        positive("speed", self.speed, "B² is a rate; take one above 0")
        positive("shots", self.shots, "a skill takes some samples; take D_c above 0")
        positive("neurons", self.neurons, "a skill takes some hidden units; take N_c above 0")

    @property
    def rate(self) -> float:
        """Rate ρ of the sigmoid of a skill of frequency 1, per step: 2ηSB², or 4ηSB² for ``mse``."""
        return 2 * GRADIENT[self.objective] * self.learning_rate * self.target * self.speed

    @property
    def delay(self) -> float:
        """ln(S/R_k(0) − 1): the exponent at which half of the strength is reached."""
        return float(np.log(self.target / self.initial - 1))
