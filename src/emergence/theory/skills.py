"""Frequencies of skills: P_s(k) = A k^−(α+1) for k = 1 … n_s (arXiv:2404.17563)."""

from dataclasses import dataclass
from functools import cached_property

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
        positive("alpha", self.alpha, "frequencies of ever more skills have no finite sum; take alpha above 0")
        if self.count < 1:
            raise TheoryError(f"count = {self.count}: there is nothing to learn; take one skill or more")

    @cached_property
    def scale(self) -> float:
        """Normaliser A = 1 / Σ_{k≤n_s} k^−(α+1), which tends to the published 1/ζ(α+1) for many skills."""
        return float(1 / (zeta(self.alpha + 1) - zeta(self.alpha + 1, self.count + 1)))

    @cached_property
    def frequencies(self) -> Array:
        """P_s(k) (skills,); their sum is 1."""
        weights = np.arange(1, self.count + 1, dtype=np.float64) ** -(self.alpha + 1)
        return weights / weights.sum()  # not by the scale, which rounding may leave above 1 for a single skill

    @property
    def beyond(self) -> float:
        """Weight A Σ_{k>n_s} k^−(α+1) that the same law gives to ranks past the last skill, about A n_s^−α/α."""
        return self.scale * float(zeta(self.alpha + 1, self.count + 1))


def shares(counts: ArrayLike) -> Array:
    """Shares d_k/D of skills in a data set, from the number of samples of each (skills,).

    They take the place of P_k where a network is trained on one fixed data set. A skill that was never sampled has
    share 0: it keeps its initial strength, and its crossing time is infinite.

    Raises:
        TheoryError: a count below zero, or a data set with fewer samples than skills.

    >>> shares([6, 2, 0]).tolist()
    [0.75, 0.25, 0.0]
    """
    drawn = nonnegative("samples of a skill", counts, "a skill has zero or more samples, and finitely many")
    if drawn.sum() < drawn.size:
        raise TheoryError(
            f"samples = {drawn.sum():g}: fewer than the {drawn.size} skills, so that some are never seen; "
            f"take {drawn.size} samples or more"
        )
    return drawn / drawn.sum()
