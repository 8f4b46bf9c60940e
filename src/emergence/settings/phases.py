"""Settings of what is analysed of language models alone: phases of their representations, and claims."""

from typing import Annotated, Self

from pydantic import Field, model_validator

from emergence.settings.analysis import ClaimSettings, Collapse, Definition, Families, ScoredMetric
from emergence.settings.base import Fraction, Positive, Strict
from emergence.settings.figures import Dpi
from emergence.settings.variants import Variant


class Phases(Strict):
    """Phases of RankMe after its floor; how deep that must lie is said in `Collapse`."""

    smoothing: Annotated[int, Field(ge=1)]
    """of the peak and the end: window of the running median, checkpoints (odd)"""
    expansion: Fraction
    """there is one if the floor is at most this share of the peak after it"""
    compression: Fraction
    """there is one if the last value is at most this share of the peak"""

    @model_validator(mode="after")
    def _odd_window(self) -> Self:
        if self.smoothing % 2 == 0:
            raise ValueError(f"smoothing: {self.smoothing} is even; allowed: odd numbers of checkpoints")
        return self


class PhaseSettings(Strict):
    """What the phases stage is given."""

    variant: Variant
    collapse: Collapse
    phases: Phases
    confidence: Fraction


class LanguageVerdicts(Strict):
    """Thresholds of the rules that language models have of their own."""

    in_order: Fraction
    """lowest share of probe set x size units that pass collapse, expansion and compression"""
    gap: Positive
    """published gap from RankMe's onset to the event of Pythia 2.8B in logical deduction, steps"""
    gap_tolerance: Fraction
    """relative"""


class Pythia(Strict):
    """Which of the models are Pythia's."""

    runs: list[str]
    largest: str | None
    """that of 2.8B parameters, if it is there"""


class LanguageClaimSettings(Strict):
    """What the language_claims stage is given."""

    claims: ClaimSettings
    """as in Study 1"""
    families: Families
    """of Holm's correction"""
    verdicts: LanguageVerdicts
    pythia: Pythia


class Figure10Settings(Strict):
    """What figure 10 is given."""

    dpi: Dpi
    metric: ScoredMetric
    variant: Variant
    definition: Definition
    precursor_rate: Fraction
    """that a measure must reach, drawn as a line"""
