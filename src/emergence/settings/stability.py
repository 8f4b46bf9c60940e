"""Settings of the stages that judge claims again under other settings."""

from emergence.settings.analysis import ClaimSettings, Grid, LeadSettings, Signal
from emergence.settings.base import Strict
from emergence.settings.limits import LimitSettings
from emergence.settings.phases import LanguageClaimSettings, PhaseSettings


class TrialSettings(Strict):
    """What is changed, one at a time."""

    leads: LeadSettings
    """of RankMe, as configured"""
    others: dict[str, Signal]
    """signals of the other measures"""
    grid: Grid


class StabilitySettings(TrialSettings):
    """What the stability stage is given."""

    claims: ClaimSettings
    limits: LimitSettings


class LanguageStabilitySettings(TrialSettings):
    """What the language_stability stage is given."""

    claims: LanguageClaimSettings
    phases: PhaseSettings
