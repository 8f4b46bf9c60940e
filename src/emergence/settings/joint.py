"""Settings of the joint study: Study 1's tools on networks whose true times of emergence are known."""

from typing import Annotated, Self

from pydantic import Field, model_validator

from emergence.settings.analysis import Definition, Events, Precursors, ScoredMetric, Statistics, Verdicts
from emergence.settings.base import Count, Fraction, Positive, Strict
from emergence.settings.networks import Sweep


class Joint(Strict):
    """What is asked of measures where the truth is known, fixed before any of them was seen there."""

    floor_until: Count
    """floors of measures are looked for up to this step, before the first skill rises"""
    own: Annotated[list[Positive], Field(min_length=2, max_length=2)]
    """slopes of log onset on log T50 between which a measure follows each skill"""
    common: Fraction
    """slope below which it moves at one time for all"""
    minimum_skills: Annotated[int, Field(ge=3)]
    """with an onset, for a slope"""

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if not self.common < self.own[0] < self.own[1]:
            raise ValueError(f"own: {self.own} must rise, above common; allowed: two slopes above {self.common}")
        return self


class JointSettings(Strict):
    """What the joint stage is given."""

    target: Positive
    """S"""
    skills: Count
    alpha: Positive
    network: Sweep
    """how the runs are trained, for the closed form"""
    joint: Joint
    events: Events
    precursors: Precursors
    statistics: Statistics
    verdicts: Verdicts


class JointClaimSettings(Strict):
    """What claims of the joint study are judged by."""

    metric: ScoredMetric
    detector: str
    definition: Definition
    timing: Positive
    """highest median error of the detector, checkpoints"""
    statistics: Statistics
    verdicts: Verdicts
