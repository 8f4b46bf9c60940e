"""Settings of Study 3's analysis: the degree of emergence beside its nulls and rivals, and its claims."""

from emergence.settings.analysis import ClaimSettings, ScoredMetric
from emergence.settings.base import Count, Fraction, Strict


class NeuronVerdicts(Strict):
    """Thresholds of the claims of Study 3, fixed before the numbers were seen."""

    null_margin: Fraction
    """an excess of E over a null below this counts as none"""
    correlation: Fraction
    """least Spearman correlation of E with capability, for E to follow it"""
    minimum_runs: Count
    """of a study; fewer decide nothing"""


class DegreeSettings(Strict):
    """What the degree stage is given: nothing, all it compares is in the tables."""


class RivalSettings(Strict):
    """What the rivals stage is given."""

    metrics: dict[str, ScoredMetric]
    """of capability, by study"""
    confidence: Fraction


class MultifractalClaimSettings(Strict):
    """What the multifractal_claims stage is given."""

    verdicts: NeuronVerdicts
    anatomy: ClaimSettings
    """by which a precursor is one in Study 1"""
    confidence: Fraction
