"""Settings of the theory of multitask sparse parity: scaling laws, solved models, staging, power laws."""

from typing import Annotated, Self

from pydantic import Field, model_validator

from emergence.config.types import Count, Fraction, Positive, Seed, Strict

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
    """Power laws and direct sums for η = S = 1, so that T stands for ηST."""

    alphas: Annotated[list[Positive], Field(min_length=1)]
    """α of skill frequencies, a law each"""
    initial: Fraction
    """R_k(0)/S"""
    skills: Count
    """n_s, on all axes but that of compute"""
    points: Annotated[int, Field(ge=3)]
    """on each axis, evenly on a logarithmic scale"""
    margin: Annotated[float, Field(gt=1, allow_inf_nan=False)]
    """ratio from which one side of a condition counts as much larger than the other"""
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


class Staging(Strict):
    """When training counts as stage-like: a skill saturates before the next one begins."""

    epsilon: Epsilon
    """share of S at which a skill begins; it has saturated at 1 − ε"""
    skills: Count
    """up to which theory is asked"""


class PowerLawSettings(Strict):
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


class Modes(Strict):
    """A linear network of two layers (arXiv:2404.17563, figure 5)."""

    strengths: Annotated[list[Positive], Field(min_length=1)]
    """λ of its modes"""
    initial: Positive
    """a(0)b(0), below the weakest mode"""
    until: Positive
    """time ηt"""


class Neurons(Strict):
    """Three ReLU neurons on three bits (figure 8)."""

    target: Positive
    """S"""
    initial: Positive
    """of all three weights"""
    learning_rate: Positive
    """η"""
    until: Positive
    """steps"""


class FiniteSkills(Strict):
    """The law of time for finitely many skills (figure 7)."""

    alphas: Annotated[list[Positive], Field(min_length=1)]
    """α of skill frequencies, a curve each"""
    skills: Count
    """n_s"""
    until: Annotated[float, Field(gt=1, allow_inf_nan=False)]
    """time ηST"""


class ComputeCurves(Strict):
    """The loss against compute, one curve a width (figure 3)."""

    alphas: Annotated[list[Positive], Field(min_length=1)]
    """α of skill frequencies, a panel each"""
    skills: Count
    """n_s"""
    widths: Annotated[list[Count], Field(min_length=1)]
    """N"""
    between: Pair
    """compute N·ηST, first and last"""


class TheoryCurves(Strict):
    """Curves of theory beside the main laws."""

    points: Annotated[int, Field(ge=3)]
    """of each curve that is a sum over skills"""
    modes: Modes
    neurons: Neurons
    finite: FiniteSkills
    compute: ComputeCurves
