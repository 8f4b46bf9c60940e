"""Part of Study 4: runs whose task-levels have power-law frequencies, and which of them is rare is exchanged."""

from typing import Annotated, Literal, Self

import numpy as np
from pydantic import Field, model_validator

from emergence.config.training import Size, Training
from emergence.config.types import Count, Positive, Seed, Strict

OptimiserName = Literal["adamw", "adam", "sgd"]


class Frequencies(Strict):
    """Task-levels with power-law frequencies; in a Latin square of runs each has every frequency once."""

    alpha: Positive
    """the k-th frequency falls as k^−(alpha + 1), as in the solvable model"""
    size: Size
    seeds: Annotated[list[Seed], Field(min_length=1)]
    """one Latin square each"""
    training: Training
    """with ``examples`` of a task-level on average; a constant rate, so that steps are its sum"""
    every: Count
    """steps between evaluations"""
    optimisers: Annotated[dict[OptimiserName, Positive], Field(min_length=1)]
    """with the factor on the learning rate; SGD has a momentum of 0.9"""

    def counts(self, levels: int) -> list[int]:
        """Examples of each task-level in a batch, the most frequent first: largest remainders of the power law.

        Raises:
            ValueError: if a frequency is zero, with the key.
        """
        from emergence.theory.model import Skills  # takes SciPy, which a start of Snakemake does without

        wanted = Skills(self.alpha, levels).frequencies * self.training.examples * levels
        counts = np.floor(wanted).astype(int)
        rest = self.training.examples * levels - counts.sum()
        counts[np.argsort(counts - wanted, kind="stable")[:rest]] += 1
        if (counts == 0).any():
            raise ValueError(
                f"frequencies.training.examples: {self.training.examples} leave the rarest task-level none in a batch; "
                "allowed: more, or a smaller alpha"
            )
        return [int(count) for count in counts]

    @model_validator(mode="after")
    def _constant_rate(self) -> Self:
        if self.training.final_fraction != 1:
            raise ValueError(f"training.final_fraction: {self.training.final_fraction} is a decay; allowed: 1")
        return self
