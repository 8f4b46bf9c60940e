"""Part of Study 4: pairs of language models, in one of each of which a penalty prevents the early collapse."""

from typing import Annotated, Self

from pydantic import Field, model_validator

from emergence.config.training import Size
from emergence.config.types import Count, Seed, Strict

PREVENT = "prevent"
"""The arm with the penalty."""


class Prevention(Strict):
    """The penalty of the run whose collapse is prevented."""

    penalty: str
    """function of `emergence.training.interventions`"""
    weight: Annotated[float, Field(ge=0, allow_inf_nan=False)]
    """of the penalty in the loss"""
    until: Count
    """step at which the penalty ends"""

    @model_validator(mode="after")
    def _known(self) -> Self:
        from emergence.config.interventions import penalties  # which has these settings among its own

        if self.penalty not in penalties():
            raise ValueError(f"penalty: no such function {self.penalty!r}; allowed: {', '.join(penalties())}")
        return self


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
    arm: Prevention

    @property
    def named_sizes(self) -> dict[str, Size]:
        """Sizes by name."""
        return {size.name: size for size in self.sizes}

    @property
    def pair_count(self) -> int:
        """Pairs of runs, over all sizes."""
        return len(self.sizes) * len(self.seeds)

    @model_validator(mode="after")
    def _within_training(self) -> Self:
        if self.arm.until > self.steps:
            raise ValueError(f"arm.until: {self.arm.until} is after the last step; allowed: 1 to {self.steps}")
        for key, known in {"sizes": self.named_sizes, "seeds": set(self.seeds)}.items():
            if len(known) < len(getattr(self, key)):
                raise ValueError(f"{key}: one is listed twice; allowed: each once")
        return self
