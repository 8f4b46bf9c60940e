"""Settings of the analysis: events, collapse, precursors, statistics, verdicts."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from emergence.settings.base import Count, Fraction, Positive, Seed, Strict
from emergence.settings.variants import Variant

ScoredMetric = Literal["exact_match", "log_probability"]


class Events(Strict):
    """Emergence events of behaviour; scores are 0 at the best input-blind guess and 1 when perfect."""

    primary: ScoredMetric
    """metric whose events enter the claims"""
    threshold: Fraction
    """score that counts as emerged"""
    persistence: Count
    """evaluations for which the score must stay there"""
    width: Annotated[list[Fraction], Field(min_length=2, max_length=2)]
    """scores between which the width of a transition is taken"""

    @model_validator(mode="after")
    def _width_rises(self) -> Self:
        if self.width[0] >= self.width[1]:
            raise ValueError(f"width: {self.width} must rise; allowed: two scores, the lower first")
        return self


class Collapse(Strict):
    """Early collapse and recovery of a measure."""

    smoothing: Annotated[int, Field(ge=1)]
    """window of the running median, checkpoints (odd)"""
    floor_until: Count
    """the floor is looked for up to this step"""
    depth: Fraction
    """a collapse is a floor below this share of the initial value"""
    noise_multiple: Positive
    """recovery begins this many noise widths above the floor"""
    persistence: Count
    """checkpoints for which it must stay there"""

    @model_validator(mode="after")
    def _odd_window(self) -> Self:
        if self.smoothing % 2 == 0:
            raise ValueError(f"smoothing: {self.smoothing} is even; allowed: odd numbers of checkpoints")
        return self


class Precursors(Strict):
    """Lead and lag of geometry against behaviour."""

    margin: Annotated[float, Field(ge=0, allow_inf_nan=False)]
    """checkpoints by which onset must precede the event to lead"""
    shifts: Count
    """circular shifts drawn for each event's null"""


class Statistics(Strict):
    """Intervals and tests."""

    confidence: Fraction
    equivalence: Fraction
    """floors are scale-invariant if they change by less than this share a decade of parameters"""
    bootstrap: Annotated[int, Field(ge=100)]
    """draws"""
    seed: Seed


class Verdicts(Strict):
    """Thresholds of the verdict rules, fixed before the numbers were seen."""

    universal: Fraction
    """lowest share of task x size units that collapse, for the collapse to be universal"""
    modular_floor: Positive
    """published floor of modular arithmetic (RankMe)"""
    modular_tolerance: Fraction
    """relative"""
    precursor_rate: Fraction
    """lowest published precursor rate of hard tasks"""
    minimum_runs: Count
    """with an event; a bootstrap over fewer decides nothing"""
    null_margin: Fraction
    """an excess over the null below this counts as none"""


class FloorSettings(Strict):
    """What the floors stage is given."""

    variant: Variant
    statistics: Statistics


class DirectionSettings(Strict):
    """What the direction stage is given."""

    variant: Variant
    confidence: Fraction


class LeadSettings(Strict):
    """What the precursors stage is given."""

    easy: list[str]
    variant: Variant
    collapse: Collapse
    precursors: Precursors
    statistics: Statistics


class ClaimSettings(Strict):
    """What the claims stage is given."""

    metric: ScoredMetric
    variant: Variant
    statistics: Statistics
    verdicts: Verdicts
