"""The protocol that all studies share: events, early collapse, precursors, statistics and verdict thresholds.

It stands under ``protocol:`` in the configuration. A study replaces single keys of it under its own ``protocol:``; the
two are merged before they are validated, so every study holds a complete protocol.
"""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from emergence.config.types import Count, Fraction, Positive, Seed, Strict

# Pooling over tokens, centring of samples, spectrum whose entropy is taken.
Variant = Literal[
    "answer/centred/sigma",
    "answer/centred/sigma2",
    "answer/uncentred/sigma",
    "answer/uncentred/sigma2",
    "mean/centred/sigma",
    "mean/centred/sigma2",
    "mean/uncentred/sigma",
    "mean/uncentred/sigma2",
]
ScoredMetric = Literal["exact_match", "log_probability", "strength", "accuracy"]
Detector = Literal["threshold", "changepoint", "sigmoid"]
Definition = Literal["onset", "change-point", "cross-correlation"]
Null = Literal["shift", "placebo", "control", "random", "own score", "own loss"]
Family = Literal["measure", "metric", "definition", "classes", "difficulty", "size", "control"]
Families = Annotated[list[Family], Field(min_length=1)]


class Events(Strict):
    """Emergence events of behaviour; scores are 0 at the best input-independent guess and 1 when perfect."""

    detector: Detector
    """detector whose events enter the claims"""
    threshold: Fraction
    """score that counts as emerged"""
    persistence: Count
    """evaluations for which the score must stay there"""
    smoothing: Annotated[int, Field(ge=1)]
    """evaluations in the running mean that dates a passage (odd)"""
    penalty: Positive
    """noise variances by which a fitted step or sigmoid must beat a constant, for each unit of log(evaluations)"""
    width: Annotated[list[Fraction], Field(min_length=2, max_length=2)]
    """scores between which the width of a transition is measured"""

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
    """last step at which the floor may lie"""
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


class Precursors(Strict):
    """Lead and lag of geometry against behaviour."""

    definition: Definition
    """definition of a lead that enters the claims"""
    margin: Annotated[float, Field(ge=0, allow_inf_nan=False)]
    """checkpoints by which one must precede the other to lead; at least the spacing of the measure's own checkpoints"""
    lag: Count
    """largest lag in the cross-correlation, checkpoints"""
    shifts: Count
    """circular shifts drawn for the null of each event"""
    families: Families
    """Holm's correction is over the rates that agree in these"""


class Sensitivity(Strict):
    """One-at-a-time sensitivity analysis: alternatives to single settings."""

    threshold: list[Fraction]
    """of events, score"""
    persistence: list[Count]
    """of events, evaluations"""
    smoothing: list[Count]
    """of the measure, checkpoints (odd)"""
    noise_multiple: list[Positive]
    """of onsets"""
    margin: list[Annotated[float, Field(ge=0, allow_inf_nan=False)]]
    """of leads, checkpoints"""
    definition: list[Definition]
    """of leads"""

    @model_validator(mode="after")
    def _odd_windows(self) -> Self:
        for window in self.smoothing:
            if window % 2 == 0:
                raise ValueError(f"smoothing: {window} is even; allowed: odd numbers of checkpoints")
        return self


class LeadPower(Strict):
    """Planted precursors, from which the power of rules on leads is estimated."""

    leads: Annotated[list[Annotated[int, Field(ge=0)]], Field(min_length=1)]
    """of the planted curves over the score, checkpoints"""
    contrast: Positive
    """amplitude of a planted rise, in standard deviations of the measure's noise, where its own rise is smaller"""
    trials: Count
    """data sets for each lead"""
    power: Fraction
    """share of trials in which a lead must be seen"""
    seed: Seed
    """of the data sets"""


class Statistics(Strict):
    """Intervals and tests."""

    confidence: Fraction
    """of all intervals"""
    equivalence: Fraction
    """floors are scale-invariant if they change by less than this share per decade of parameters"""
    bootstrap: Annotated[int, Field(ge=100)]
    """resamples"""
    seed: Seed
    """of bootstrap and permutations"""


class DetectorVerdicts(Strict):
    """Marks that the primary detector must reach on transitions and noise like those of the run."""

    recall: Fraction
    """lowest share of planted transitions that are detected"""
    false_positives: Fraction
    """highest share of curves without a transition in which one is detected"""
    timing: Positive
    """highest median error of the time, checkpoints"""


class Verdicts(Strict):
    """Thresholds of the verdict rules, fixed before the numbers were seen."""

    universal: Fraction
    """lowest share of task x size units that collapse, for the collapse to be universal"""
    precursor_rate: Fraction
    """lowest published precursor rate of hard tasks"""
    minimum_runs: Count
    """with an event; a bootstrap over fewer decides nothing"""
    null_margin: Fraction
    """an excess over the null below this counts as none"""
    nulls: Annotated[list[Null], Field(min_length=1)]
    """a precursor must exceed every one of these"""
    detector: DetectorVerdicts


class Protocol(Strict):
    """How events, collapses and leads are defined and judged, in all studies alike but for the keys they replace."""

    variant: Variant
    """primary variant of RankMe: pooling/centring/spectrum"""
    events: Events
    collapse: Collapse
    precursors: Precursors
    sensitivity: Sensitivity
    """for the supplement, and every claim is judged again under each"""
    lead_power: LeadPower
    statistics: Statistics
    verdicts: Verdicts


class Signal(Strict):
    """The series of a measure that is compared with behaviour."""

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
