"""Settings of the transformer that learns multitask sparse parity, and of the power law of emergence times."""

from typing import Annotated, Self

from pydantic import Field, model_validator

from emergence.settings.base import Count, Device, Fraction, Positive, Seed, Strict, heads_divide_width
from emergence.settings.learning import Sample
from emergence.settings.parity import Parity


class Momentum(Strict):
    """Stochastic gradient descent with momentum, without warm-up or decay."""

    learning_rate: Positive
    """η"""
    momentum: Annotated[float, Field(ge=0, lt=1)]
    """share of the last step that is kept"""
    weight_decay: Annotated[float, Field(ge=0, allow_inf_nan=False)]
    """of all parameters, added to the gradient"""


class ScalarTransformer(Strict):
    """Transformers of one block with a scalar output, one a seed (arXiv:2404.17563, appendix K.2)."""

    parity: Parity
    """the task, with skills and bits of its own"""
    target: Positive
    """S, the strength of a learned skill"""
    width: Count
    """d of the residual stream"""
    heads: Count
    """must divide the width"""
    seeds: Annotated[list[Seed], Field(min_length=1)]
    """one run each"""
    steps: Count
    """optimiser steps"""
    batch: Count
    """fresh samples a step"""
    optimiser: Momentum
    """descends the mean squared error"""
    every: Count
    """steps between evaluations; the last step has one as well"""
    test: Sample
    """of each skill: fresh samples on which strengths are measured, the same at every evaluation"""

    @model_validator(mode="after")
    def _heads_divide_width(self) -> Self:
        heads_divide_width(self.heads, self.width)
        return self

    @model_validator(mode="after")
    def _no_repeats(self) -> Self:
        if len(set(self.seeds)) < len(self.seeds):
            raise ValueError(f"seeds: {self.seeds} names one twice; allowed: each once")
        return self

    @model_validator(mode="after")
    def _all_taught(self) -> Self:
        if self.parity.untaught:
            raise ValueError(f"parity.untaught: {self.parity.untaught} skills are never sampled; allowed: 0")
        return self


class ScalarTransformerSettings(Strict):
    """What the transformer stage is given: one run."""

    run: str
    seed: Seed
    transformer: ScalarTransformer
    """how it is trained, for this seed alone"""
    device: Device


class PowerLaw(Strict):
    """The power law of emergence times, T ∝ k^(α+1), and when it counts as one; fixed before the numbers were seen."""

    shares: Annotated[list[Fraction], Field(min_length=2, max_length=2)]
    """of the final strength, whose first passage is an emergence time: as published (figure 4), and half of it"""
    smoothing: Annotated[int, Field(ge=1)]
    """evaluations of the running median in which passages are dated (odd)"""
    minimum: Annotated[int, Field(ge=3)]
    """skills that must emerge in every run for an exponent to be fitted; two have one whatever they do"""
    tolerance: Fraction
    """relative, of the exponent"""
    broken: Fraction
    """share of the exponent below which the law counts as broken"""

    @model_validator(mode="after")
    def _odd_window(self) -> Self:
        if self.smoothing % 2 == 0:
            raise ValueError(f"smoothing: {self.smoothing} is even; allowed: odd numbers of evaluations")
        return self

    @model_validator(mode="after")
    def _shares_rise(self) -> Self:
        if self.shares[0] >= self.shares[1]:
            raise ValueError(f"shares: {self.shares} must rise; allowed: two shares, the lower first")
        return self


class PowerSettings(Strict):
    """What the powers stage is given."""

    alpha: Positive
    """of the two-layer networks"""
    transformer_alpha: Positive
    law: PowerLaw
    confidence: Fraction
    """of the intervals over seeds"""
