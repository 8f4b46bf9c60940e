"""Settings of the analysis: events, collapse, precursors, statistics, verdicts."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from emergence.settings.base import Count, Fraction, Positive, Seed, Strict
from emergence.settings.variants import Variant

ScoredMetric = Literal["exact_match", "log_probability", "strength", "accuracy"]
Detector = Literal["threshold", "changepoint", "sigmoid"]


class Events(Strict):
    """Emergence events of behaviour; scores are 0 at the best input-blind guess and 1 when perfect."""

    primary: ScoredMetric
    """metric whose events enter the claims"""
    detector: Detector
    """detector whose events enter the claims"""
    threshold: Fraction
    """score that counts as emerged"""
    persistence: Count
    """evaluations for which the score must stay there"""
    smoothing: Annotated[int, Field(ge=1)]
    """evaluations of the running mean that dates a passage (odd)"""
    penalty: Positive
    """variances of noise by which a fitted step or sigmoid must beat a constant, for each unit of log(evaluations)"""
    width: Annotated[list[Fraction], Field(min_length=2, max_length=2)]
    """scores between which the width of a transition is taken"""

    @model_validator(mode="after")
    def _smoothing_is_odd(self) -> Self:
        if self.smoothing % 2 == 0:
            raise ValueError(f"smoothing: {self.smoothing} is even; allowed: odd numbers of evaluations")
        return self

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

    def at_spacing(self, every: int) -> Self:
        """The same for a measure taken at every n-th checkpoint: spans keep their length, in its own checkpoints."""
        window = max(1, round(self.smoothing / every))
        odd, persistence = window - 1 + window % 2, max(min(2, self.persistence), -(-self.persistence // every))
        return self.model_copy(update={"smoothing": odd, "persistence": persistence})


class Signal(Strict):
    """The series of a measure that is held against behaviour."""

    measure: str | None = None
    """that has the series; if absent, the measure of the signal's own name"""
    group: str | None = None
    """whose curve stands for every task-level of its run; if absent, each has its own"""
    variant: str
    """row of the measure's table"""
    scale: Literal["rank", "asinh", "linear", "falling"]
    """on which it departs from its floor: rank is the logarithm, asinh that of large values of either sign; falling
    turns the sign"""
    floor: float | None = None
    """where it is known; else the lowest smoothed value of the first steps"""


Null = Literal["shift", "placebo", "control", "random", "own score", "own loss"]
Definition = Literal["onset", "change-point", "cross-correlation"]


Families = Annotated[
    list[Literal["measure", "metric", "definition", "classes", "difficulty", "size", "control"]],
    Field(min_length=1),
]


class Precursors(Strict):
    """Lead and lag of geometry against behaviour."""

    definition: Definition
    """of a lead, that enters the claims"""
    margin: Annotated[float, Field(ge=0, allow_inf_nan=False)]
    """checkpoints by which one must precede the other to lead; at least the spacing of a measure's own checkpoints"""
    lag: Count
    """largest lag looked at by the cross-correlation, checkpoints"""
    shifts: Count
    """circular shifts drawn for each event's null"""
    families: Families
    """Holm's correction is over the rates that agree in these"""


class Statistics(Strict):
    """Intervals and tests."""

    confidence: Fraction
    """of all intervals"""
    equivalence: Fraction
    """floors are scale-invariant if they change by less than this share a decade of parameters"""
    bootstrap: Annotated[int, Field(ge=100)]
    """draws"""
    seed: Seed
    """of bootstrap and permutations"""


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
    nulls: Annotated[list[Null], Field(min_length=1)]
    """that a precursor must exceed, every one"""


class FloorSettings(Strict):
    """What the floors stage is given."""

    variant: Variant
    statistics: Statistics


class DirectionSettings(Strict):
    """What the direction stage is given."""

    variant: Variant
    confidence: Fraction
    left_out: list[str]
    """groups that are followed but are no tasks, as a control"""


class LeadSettings(Strict):
    """What the leads stage is given: one measure."""

    measure: str
    signal: Signal
    easy: list[str]
    events: Events
    collapse: Collapse
    precursors: Precursors
    statistics: Statistics


class Grid(Strict):
    """Alternatives to single settings, tried one at a time."""

    threshold: list[Fraction]
    """of events"""
    persistence: list[Count]
    """of events, evaluations"""
    smoothing: list[Count]
    """of the measure, checkpoints (odd)"""
    noise_multiple: list[Positive]
    """of onsets"""
    margin: list[Annotated[float, Field(ge=0, allow_inf_nan=False)]]
    """of leads, checkpoints"""

    @model_validator(mode="after")
    def _odd_windows(self) -> Self:
        for window in self.smoothing:
            if window % 2 == 0:
                raise ValueError(f"smoothing: {window} is even; allowed: odd numbers of checkpoints")
        return self


class SensitivitySettings(Strict):
    """What the sensitivity stage is given."""

    leads: LeadSettings
    """of RankMe"""
    grid: Grid


class RateSettings(Strict):
    """What the precursors stage is given."""

    measures: list[str]
    precursors: Precursors
    statistics: Statistics


class ClaimSettings(Strict):
    """What the claims stage is given."""

    metric: ScoredMetric
    definition: Definition
    variant: Variant
    statistics: Statistics
    verdicts: Verdicts


class AllClaimsSettings(Strict):
    """What the stage that joins claims is given."""

    studies: list[str]
    """in the order of their claims"""
