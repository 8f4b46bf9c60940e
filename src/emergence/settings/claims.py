"""Settings of the claims of Study 2."""

from emergence.settings.base import Fraction, Positive, Strict
from emergence.settings.joint import JointClaimSettings
from emergence.settings.scalar_transformer import PowerLaw
from emergence.settings.scaling import ScalingClaims
from emergence.settings.solvable import NetworkVerdicts


class SolvableClaimSettings(Strict):
    """What the solvable_claims stage is given: the thresholds of every group of claims."""

    networks: NetworkVerdicts
    entropy: Positive
    """tolerance of the slope of the cross-entropy"""
    scaling: ScalingClaims
    powers: PowerLaw
    joint: JointClaimSettings
    confidence: Fraction
    """of all intervals"""
