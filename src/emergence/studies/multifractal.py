"""Study 3, NeuroMFA on the weights of all studies (arXiv:2402.09099): its settings, and what each stage is given."""

from typing import Protocol

from emergence.settings.analysis import ScoredMetric
from emergence.settings.base import Strict
from emergence.settings.degree import (
    DegreeSettings,
    MultifractalClaimSettings,
    NeuronVerdicts,
    RivalSettings,
)
from emergence.settings.figures import Figure9Settings
from emergence.settings.measures import Measures
from emergence.settings.multifractal import NeuronAnalysis
from emergence.settings.paper import PlainSettings
from emergence.studies.anatomy import WithAnatomy
from emergence.studies.language import Language
from emergence.studies.solvable import Solvable
from emergence.studies.whole import ConfigError

MEASURED = "neuromfa"
METRICS: dict[str, ScoredMetric] = {"solvable": "strength", "language": "accuracy"}
"""Of capability, where it is not that of Study 1's events."""


class WithStudies(WithAnatomy, Protocol):
    """The configuration with all studies that train."""

    @property
    def solvable(self) -> Solvable:
        """Study 2."""

    @property
    def language(self) -> Language:
        """Language models."""


class MultifractalStudy(NeuronAnalysis):
    """Study 3: the weights of every trajectory as networks of neurons."""

    verdicts: NeuronVerdicts

    def runs(self, whole: WithStudies) -> dict[str, list[str]]:
        """Runs along which NeuroMFA is followed, by study."""
        trained: dict[str, tuple[Measures, list[str]]] = {
            "anatomy": (whole.anatomy.measures, list(whole.anatomy.runs)),
            "solvable": (whole.solvable.measures, list(whole.solvable.runs)),
            "language": (whole.language.measures, whole.language.runs),
        }
        return {study: runs for study, (measures, runs) in trained.items() if MEASURED in measures.names}

    def settings(self, stage: str, whole: WithStudies) -> Strict:
        """What a stage is given.

        Raises:
            ConfigError: if there is no such stage.
        """
        confidence = whole.anatomy.statistics.confidence
        match stage:
            case "degree":
                return DegreeSettings()
            case "rivals":
                metrics = {"anatomy": whole.anatomy.events.primary, **METRICS}
                return RivalSettings(metrics=metrics, confidence=confidence)
            case "multifractal_claims":
                of_anatomy = whole.anatomy.settings("claims", whole, None, None)
                return MultifractalClaimSettings.model_validate(
                    {"verdicts": self.verdicts, "anatomy": of_anatomy, "confidence": confidence}
                )
            case "multifractal_numbers":
                return PlainSettings()
            case "fig9":
                return Figure9Settings(dpi=whole.figures.dpi)
        raise ConfigError(f"stage {stage!r} does not exist")
