"""What the explorer is given: the runs of all studies, and what is followed along them."""

from typing import Protocol

from emergence.settings.explorer import ExploredStudy, ExplorerSettings
from emergence.studies.multifractal import METRICS, WithStudies


class WithTier(WithStudies, Protocol):
    """The configuration with all studies, and the name of its tier."""

    @property
    def tier(self) -> str:
        """Of this configuration."""


def settings(whole: WithTier) -> ExplorerSettings:
    """What the explorer is given."""
    anatomy = whole.anatomy
    signals = {
        "anatomy": anatomy.followed,
        "solvable": whole.solvable.followed(whole),
        "language": whole.language.followed(whole),
    }
    metrics = {"anatomy": anatomy.events.primary, **METRICS}
    return ExplorerSettings(
        tier=whole.tier,
        studies=[ExploredStudy(study=name, metric=metrics[name], signals=of) for name, of in signals.items()],
        definition=anatomy.precursors.definition,
        threshold=anatomy.events.threshold,
        precursor_rate=anatomy.verdicts.precursor_rate,
    )
