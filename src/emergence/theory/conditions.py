"""Conditions of the scaling laws, and the criterion of stage-like training (arXiv:2404.17563).

A scaling law holds where one resource is the bottleneck. T stands for ηST, the dimensionless time. "Much larger" is a
matter of degree, so each condition gives the ratio of its two sides, and is met from ``margin`` on. Unlimited resources
may be infinite.

Training is stage-like where a skill saturates before the next one begins. A skill begins at a share ε of its strength
and has saturated at 1 − ε. All crossing times are t(share)/P_k with one function t, so that training is stage-like at
skill k when

    t(1 − ε)/P_k < t(ε)/P_{k+1},   that is   ((k+1)/k)^(α+1) > q,   with the spread   q = t(1 − ε)/t(ε).

The ratio of neighbouring ranks falls with k, so the criterion holds for k < 1/(q^(1/(α+1)) − 1) and no later skill.
For the multilinear model t(share) = (ln(S/R_k(0) − 1) + logit(share))/ρ, so learning rate, B² and objective cancel:
a small initial strength makes training stage-like. With α = 0.6, ε = 0.05 and the published start (R_k(0)/S = 5.6·10⁻⁶)
q = 1.64 and training is stage-like for k = 1 and 2 alone: 3.03, 1.91, then 1.58 < q.
"""

from dataclasses import dataclass
from math import inf, isinf, log

import numpy as np
from numpy.typing import NDArray

from emergence.theory import strengths
from emergence.theory.domain import TheoryError, within
from emergence.theory.model import Constants, Skills


@dataclass(frozen=True)
class Condition:
    """One condition, by its name in the paper, the ratio of its sides, and whether it is met."""

    name: str
    ratio: float
    met: bool


@dataclass(frozen=True)
class Resources:
    """Resources of a training: time ηST, samples D, width N, and the exponent α of the skills."""

    time: float
    samples: float
    width: float
    alpha: float

    def __post_init__(self) -> None:
        for name, value in vars(self).items():
            if not value > 0:
                raise TheoryError(f"{name} = {value:g}: conditions compare powers of it; take one above 0")

    @property
    def held(self) -> float:
        """N^(α+1), the time at which the last skill within the width is due."""
        return self.width ** (self.alpha + 1)


def of_time(given: Resources, margin: float) -> list[Condition]:
    """For L ∝ T^(−α/(α+1)): D ≫ NT², D ≫ T³, N^(α+1) ≫ T."""
    return [
        _much_larger("D ≫ N T²", given.samples, given.width * given.time**2, margin),
        _much_larger("D ≫ T³", given.samples, given.time**3, margin),
        _much_larger("N^(α+1) ≫ T", given.held, given.time, margin),
    ]


def of_data(given: Resources, margin: float, epsilon: float) -> list[Condition]:
    """For L ∝ D^(−α/(α+1)): T ≫ D (log D)^(1+ε), for some ε > 0, and N^(α+1) ≫ D.

    Args:
        given: Time, samples, width and exponent.
        margin: Ratio from which a quantity is much larger than another.
        epsilon: ε, above 0.

    Raises:
        TheoryError: if there is no more than one sample.
    """
    if given.samples <= 1:
        raise TheoryError(f"samples = {given.samples:g}: the condition takes their logarithm; take more than one")
    needed = given.samples * log(given.samples) ** (1 + epsilon)
    return [
        _much_larger("T ≫ D (log D)^(1+ε)", given.time, needed, margin),
        _much_larger("N^(α+1) ≫ D", given.held, given.samples, margin),
    ]


def of_width(given: Resources, margin: float) -> list[Condition]:
    """For L ∝ N^−α: D ≫ T³, and N^(α+1) = o(T)."""
    return [
        _much_larger("D ≫ T³", given.samples, given.time**3, margin),
        _much_larger("T ≫ N^(α+1)", given.time, given.held, margin),
    ]


def of_compute(given: Resources, margin: float) -> list[Condition]:
    """For L ∝ C^(−α/(α+2)): D ≫ T³, and N^(α+1) ≈ T, which is met where neither is ``margin`` times the other."""
    ratio = given.held / given.time
    return [
        _much_larger("D ≫ T³", given.samples, given.time**3, margin),
        Condition("N^(α+1) ≈ T", ratio, 1 / margin < ratio < margin),
    ]


def _much_larger(name: str, large: float, small: float, margin: float) -> Condition:
    ratio = inf if isinf(large) else large / small
    return Condition(name, ratio, ratio >= margin)


def spread(epsilon: float, constants: Constants) -> float:
    """Ratio of the times to reach 1 − ε and ε: q = (ln(S/R_k(0) − 1) + e)/(… − e), e = ln(1/ε − 1)."""
    half = within("epsilon", epsilon, np.nextafter(0.0, 1.0), np.nextafter(0.5, 0.0), "take one between 0 and ½")
    begun, saturated = strengths.crossing_times([half, 1 - half], 1.0, constants)[:, 0]
    return float(saturated / begun)


def staged(skills: Skills, spread: float) -> NDArray[np.bool_]:
    """Whether each skill but the last saturates before the next begins (skills − 1,)."""
    rank = np.arange(1, skills.count)
    return ((rank + 1) / rank) ** (skills.alpha + 1) > spread
