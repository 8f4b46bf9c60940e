"""Study 3, NeuroMFA on the trajectories of all studies (arXiv:2402.09099): its settings, and what each stage is given."""

from typing import ClassVar

from emergence.settings.base import Strict
from emergence.settings.multifractal import NeuronAnalysis
from emergence.studies.anatomy import WithAnatomy
from emergence.studies.whole import ConfigError


class MultifractalStudy(NeuronAnalysis):
    """Study 3: the weights of every trajectory as networks of neurons."""

    stages: ClassVar[frozenset[str]] = frozenset()

    def settings(self, stage: str, whole: WithAnatomy) -> Strict:
        """What a stage is given.

        Raises:
            ConfigError: if there is no such stage.
        """
        raise ConfigError(f"stage {stage!r} does not exist")
