"""Settings of the detectors' validity: what is planted, how often, and the marks that a detector must reach."""

from typing import Annotated, Self

from pydantic import Field, model_validator

from emergence.settings.analysis import Events
from emergence.settings.base import Count, Fraction, Positive, Seed, Strict
from emergence.settings.figures import Dpi

Share = Annotated[float, Field(ge=0, lt=1)]


class Marks(Strict):
    """What the primary detector must reach on transitions and noise like those of the run."""

    recall: Fraction
    """lowest share of planted transitions that are found"""
    false_positives: Fraction
    """highest share of curves without a transition in which one is found"""
    timing: Positive
    """highest median error of the time, checkpoints"""


class Validity(Strict):
    """Curves with a planted transition, and curves without one."""

    trials: Count
    """curves of each kind"""
    times: Annotated[list[Fraction], Field(min_length=2, max_length=2)]
    """transitions lie between these shares of training, uniformly"""
    widths: Annotated[list[Positive], Field(min_length=1)]
    """of transitions, from a tenth to nine tenths, checkpoints"""
    chances: list[Share]
    """rates of a blind guess, for the binomial noise of an evaluation set"""
    noises: Annotated[list[Positive], Field(min_length=1)]
    """standard deviations of white noise, score"""
    levels: Annotated[list[Share], Field(min_length=1)]
    """scores at which curves without a transition stay, or to which they drift; below the events' threshold"""
    spacings: Annotated[list[Count], Field(min_length=1)]
    """every n-th checkpoint is kept"""
    seed: Seed
    """of the planted curves"""
    marks: Marks

    @model_validator(mode="after")
    def _as_built(self) -> Self:
        if self.times[0] >= self.times[1]:
            raise ValueError(f"times: {self.times} must rise; allowed: two shares of training, the lower first")
        if 1 not in self.spacings:
            raise ValueError(f"spacings: {self.spacings} lacks 1, where the marks hold; allowed: 1 and others")
        return self


class ValiditySettings(Strict):
    """What the validity stage is given."""

    events: Events
    examples: Count
    """of each task-level, in the evaluation set"""
    confidence: Fraction
    validity: Validity


class FigureS1Settings(Strict):
    """What figure S1 is given."""

    dpi: Dpi
    marks: Marks
