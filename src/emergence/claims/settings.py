"""By which thresholds and definitions the claims of each study are judged."""

from typing import Annotated

from pydantic import Field

from emergence.config.anatomy import FloorVerdicts
from emergence.config.interventions import InterventionVerdicts, Pilot
from emergence.config.language import LanguageVerdicts, Pythia
from emergence.config.neuromfa import NeuronVerdicts
from emergence.config.parity import NetworkVerdicts
from emergence.config.parity_theory import Epsilon, PowerLawSettings, ScalingVerdicts
from emergence.config.protocol import Definition, Families, ScoredMetric, Statistics, Variant, Verdicts
from emergence.config.types import Count, Fraction, Positive, Strict


class ClaimSettings(Strict):
    """By which the claims of a study are judged."""

    metric: ScoredMetric
    definition: Definition
    variant: Variant
    statistics: Statistics
    verdicts: Verdicts
    runs: Count
    """of the tier"""


class AnatomyClaimSettings(ClaimSettings):
    """By which the claims of Study 1 are judged."""

    modular: FloorVerdicts


class ScalingClaims(Strict):
    """Thresholds of the claims on scaling laws, models and stages."""

    verdicts: ScalingVerdicts
    epsilon: Epsilon
    confidence: Fraction


class JointClaimSettings(Strict):
    """Thresholds of the claims on detectors and measures with known emergence times."""

    metric: ScoredMetric
    detector: str
    definition: Definition
    timing: Positive
    """highest median error of the detector, checkpoints"""
    statistics: Statistics
    verdicts: Verdicts
    runs: Count
    """of the tier"""
    power: Fraction
    """share of planted precursors that a rule must see"""


class ParityClaimSettings(Strict):
    """Thresholds of the claims of Study 2, by group."""

    networks: NetworkVerdicts
    entropy: Positive
    """tolerance of the slope of the cross-entropy"""
    entropy_seeds: Count
    """networks of the tier that descend it"""
    scaling: ScalingClaims
    powers: PowerLawSettings
    joint: JointClaimSettings
    confidence: Fraction
    """of all intervals"""


class NeuroMFAClaimSettings(Strict):
    """Thresholds of the claims of Study 3."""

    verdicts: NeuronVerdicts
    anatomy: ClaimSettings | None
    """by which a precursor is one in Study 1, where that is switched on"""
    runs: dict[str, list[str]]
    """of the tier, by study"""
    pythia: Pythia
    confidence: Fraction


class LanguageClaimSettings(Strict):
    """Thresholds of the claims about language models."""

    claims: ClaimSettings
    """as in Study 1"""
    families: Families
    """of Holm's correction"""
    last_step: Annotated[int, Field(ge=0)]
    """of the longest run"""
    verdicts: LanguageVerdicts
    pythia: Pythia


class InterventionClaimSettings(Strict):
    """Thresholds of the claims about interventions."""

    statistics: Statistics
    verdicts: InterventionVerdicts
    universal: Fraction
    """lowest share of cells in which the last layer is first"""
    pairs: Count
    """of the tier"""
    method_pairs: Annotated[int, Field(ge=0)]
    """of the runs that tell what prevention is worth"""
    language_pairs: Annotated[int, Field(ge=0)]
    """of language models, of the tier"""
    minimum_runs: Count
    """of Study 1, below which no prediction is judged"""
    early_runs: Annotated[int, Field(ge=0)]
    """of the tier"""
    pilot: Pilot | None
    """whose spreads the planned power is from"""

    def spread(self, claim: str) -> float | None:
        """Spread between the units of a claim in the pilot, if there was one."""
        return self.pilot.spreads.get(claim) if self.pilot else None
