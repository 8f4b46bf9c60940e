"""Settings of scaling laws, of the models that theory solves, and of stage-like training."""

from typing import Annotated, Self

from pydantic import Field, model_validator

from emergence.settings.base import Count, Fraction, Positive, Seed, Strict
from emergence.settings.figures import Dpi
from emergence.settings.networks import Sweep

Pair = Annotated[list[Positive], Field(min_length=2, max_length=2)]
Epsilon = Annotated[float, Field(gt=0, lt=0.5)]


class Range(Strict):
    """One axis of the scaling laws, from its first to its last value."""

    drawn: Pair
    """where the loss is summed"""
    holds: Pair
    """where the law holds, and its exponent is fitted"""

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        (first, last), (low, high) = self.drawn, self.holds
        if not first < last:
            raise ValueError(f"drawn: {self.drawn} must rise; allowed: two values, the lower first")
        if not first <= low < high <= last:
            raise ValueError(f"holds: {self.holds} must rise within drawn; allowed: {first:g} to {last:g}")
        return self


class ComputeRange(Range):
    """The axis of compute C = N·T, on which the best width is sought."""

    skills: Count
    """n_s"""
    widths: Annotated[list[Count], Field(min_length=2, max_length=2)]
    """smallest and largest width N that is tried"""
    tried: Annotated[int, Field(ge=3)]
    """widths, evenly on a logarithmic scale"""


class Laws(Strict):
    """What the scaling stage is given: power laws and direct sums for η = S = 1, so that T stands for ηST."""

    alphas: Annotated[list[Positive], Field(min_length=1)]
    """α of skill frequencies, a law each"""
    initial: Fraction
    """R_k(0)/S"""
    skills: Count
    """n_s, on all axes but that of compute"""
    points: Annotated[int, Field(ge=3)]
    """on each axis, evenly on a logarithmic scale"""
    time: Range
    data: Range
    width: Range
    compute: ComputeRange


class ScalingVerdicts(Strict):
    """Thresholds of the rules in the claims table."""

    exponent: Positive
    """largest distance of a fitted exponent from its law's"""
    agreement: Positive
    """largest relative or absolute distance of a simulated model from its closed form"""


class Scaling(Strict):
    """Scaling laws of the loss, and what is asked of them."""

    laws: Laws
    verdicts: ScalingVerdicts


class Models(Strict):
    """The multilinear and the linear model, trained as the networks are."""

    steps: Count
    """at the networks' learning rate; as many times more as that is lowered"""
    seeds: Annotated[list[Seed], Field(min_length=1)]
    """a model each, of every learning rate and data set"""
    points: Annotated[int, Field(ge=3)]
    """steps that are kept, evenly on a logarithmic scale"""
    slower: Annotated[list[Count], Field(min_length=1)]
    """divisors of the networks' learning rate, 1 among them; gradient flow is the limit of many"""
    samples: list[Count]
    """sizes of fixed data sets, each taken whole at every step"""

    @model_validator(mode="after")
    def _as_the_networks(self) -> Self:
        if 1 not in self.slower:
            raise ValueError(f"slower: {self.slower} lacks 1, the networks' own learning rate; add it")
        for key in ("seeds", "slower", "samples"):
            values = getattr(self, key)
            if len(set(values)) < len(values):
                raise ValueError(f"{key}: {values} names one twice; allowed: each once")
        return self


class ModelSettings(Strict):
    """What the models stage is given."""

    target: Positive
    """S"""
    skills: Count
    alpha: Positive
    network: Sweep
    """the runs over time: their loss, batch, learning rate and start are those of the models"""
    shares: Annotated[list[Fraction], Field(min_length=1)]
    """of the final strength, whose crossings are dated"""
    models: Models


class Staging(Strict):
    """When training counts as stage-like: a skill saturates before the next one begins."""

    epsilon: Epsilon
    """share of S at which a skill begins; it has saturated at 1 − ε"""
    skills: Count
    """up to which theory is asked"""


class StagingSettings(Strict):
    """What the staging stage is given."""

    target: Positive
    alpha: Positive
    network: Sweep
    staging: Staging


class ScalingClaims(Strict):
    """What the claims on scaling laws, models and stages are judged by."""

    verdicts: ScalingVerdicts
    epsilon: Epsilon
    confidence: Fraction


class Figure7Settings(Strict):
    """What figure 7 is given."""

    dpi: Dpi
    alphas: Annotated[list[Positive], Field(min_length=1)]


class FigureS6Settings(Strict):
    """What figure S6 is given."""

    dpi: Dpi
