"""Constants of the model, and of the networks that it is compared with."""

from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np

from emergence.theory.domain import TheoryError, positive

Objective = Literal["half_mse", "mse"]
"""What training descends: ½·MSE, as in the paper's text, or plain MSE, as in its code and figures."""

GRADIENT: dict[Objective, float] = {"half_mse": 1.0, "mse": 2.0}  # in units of that of ½·MSE

INITIAL = 1 / 3.6  # R_k(0) in units of σ², as the published curves over time have it


def initial_strength(sigma: float) -> float:
    """R_k(0) of a network whose parameters all start at N(0, σ²): σ²/3.6, as published."""
    return float(INITIAL * positive("sigma", sigma, "weights that start at zero never leave it; take one above 0") ** 2)


@dataclass(frozen=True)
class Constants:
    """Constants that all skills share; with the last three at 1, those of the multilinear model itself.

    B², D_c and N_c carry the model over to a network; `emergence.theory.fits` finds them where there is one skill.
    """

    objective: Objective
    """sets the exponent of the sigmoid, 2ηP_kST for ``half_mse`` and 4ηP_kST for ``mse``; the losses of this package
    are those of ½·MSE whatever was descended"""
    learning_rate: float
    """η"""
    target: float
    """S, the strength of a learned skill"""
    initial: float
    """R_k(0), the strength of a skill before training"""
    speed: float = 1.0
    """B², by which a network's rate of learning differs"""
    shots: float = 1.0
    """D_c, samples of a skill that it takes to learn it"""
    neurons: float = 1.0
    """N_c, hidden units that it takes to hold a skill"""

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
        """Rate of the sigmoid of a skill with frequency 1, a step: 2ηSB², or 4ηSB² for ``mse``."""
        return 2 * GRADIENT[self.objective] * self.learning_rate * self.target * self.speed

    @property
    def delay(self) -> float:
        """ln(S/R_k(0) − 1): the exponent at which half of the strength is reached."""
        return float(np.log(self.target / self.initial - 1))
