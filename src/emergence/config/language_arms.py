"""Part of Study 4: paired language models; a penalty prevents the early collapse in one of each pair."""

from typing import Annotated, Self

from pydantic import Field, model_validator

from emergence.config.arms import Arm
from emergence.config.training import Size
from emergence.config.types import Count, Seed, Strict

OTHER_CHANGES = ("matched", "warmup", "rate", "sigma")
"""Keys that an arm of tasks may have, and one of language models may not."""


class LanguageArms(Strict):
    """Pairs of language models from the same weights and on the same batches, plain and with a penalty.

    Text, batches and optimisation are those of the language study's ladder, but for the number of steps.
    """

    sizes: Annotated[list[Size], Field(min_length=1)]
    seeds: Annotated[list[Seed], Field(min_length=1)]
    """one pair of each size and seed"""
    steps: Count
    """optimiser steps, over which the learning rate decays"""
    every: Count
    """steps between evaluations"""
    arm: Arm
    """the penalty of the run whose collapse is prevented"""

    @property
    def named_sizes(self) -> dict[str, Size]:
        """Sizes by name."""
        return {size.name: size for size in self.sizes}

    @property
    def pair_count(self) -> int:
        """Pairs of runs, over all sizes."""
        return len(self.sizes) * len(self.seeds)

    @model_validator(mode="after")
    def _trainable(self) -> Self:
        if given := [key for key in OTHER_CHANGES if getattr(self.arm, key) is not None]:
            raise ValueError(f"arm.{given[0]}: language models differ in a penalty alone; leave it out")
        if (self.arm.until or 0) > self.steps:
            raise ValueError(f"arm.until: {self.arm.until} is after the last step; allowed: 1 to {self.steps}")
        for key, known in {"sizes": self.named_sizes, "seeds": set(self.seeds)}.items():
            if len(known) < len(getattr(self, key)):
                raise ValueError(f"{key}: one is listed twice; allowed: each once")
        return self
