"""Settings of what the paper quotes of a study."""

from emergence.settings.analysis import Definition, Detector, ScoredMetric
from emergence.settings.base import Strict
from emergence.settings.variants import Variant


class QuotedSettings(Strict):
    """What enters the claims of a study, and so is what the paper speaks of."""

    metric: ScoredMetric
    definition: Definition
    """of a lead"""


class QuotedAnatomySettings(QuotedSettings):
    """The same of Study 1, which has variants of RankMe and detectors to choose from."""

    variant: Variant
    """of RankMe"""
    detector: Detector
    """of events"""


class PlainSettings(Strict):
    """What a stage is given that only puts files together: nothing."""
