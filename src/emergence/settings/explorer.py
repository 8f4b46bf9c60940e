"""Settings of the explorer: what of each study it shows."""

from emergence.settings.analysis import Definition, ScoredMetric, Signal
from emergence.settings.base import Fraction, Name, Strict


class ExploredStudy(Strict):
    """A study with runs."""

    study: str
    metric: ScoredMetric
    """whose events enter the claims; shown first"""
    signals: dict[str, Signal]
    """measures that are held against events, and the variant that is shown"""

    @property
    def measures(self) -> list[str]:
        """Measures that the signals are series of, each once."""
        return list(dict.fromkeys(signal.measure or name for name, signal in self.signals.items()))


class ExplorerSettings(Strict):
    """What the explorer is given."""

    tier: Name
    studies: list[ExploredStudy]
    definition: Definition
    """of a lead, that enters the claims; shown first"""
    threshold: Fraction
    """score that counts as emerged"""
    precursor_rate: Fraction
    """share of events that a precursor must lead"""
