"""What a study sees of the configuration that it is a part of."""

from collections.abc import Mapping
from typing import Protocol

from emergence.errors import EmergenceError
from emergence.settings.analysis import Signal
from emergence.settings.base import Device
from emergence.settings.calibration import Calibration
from emergence.settings.compute import Compute
from emergence.settings.figures import Figures
from emergence.settings.measures import Measures, MeasureSettings
from emergence.settings.multifractal import NeuroMFA, NeuronAnalysis


class ConfigError(EmergenceError):
    """A configuration that cannot be run; the message has one line for each thing to mend."""


class Whole(Protocol):
    """Settings that all studies share."""

    @property
    def device(self) -> Device:
        """Where networks are trained and measured."""

    @property
    def compute(self) -> Compute:
        """How transformers are trained there."""

    @property
    def calibration(self) -> Calibration:
        """Of the checks of every estimator."""

    @property
    def figures(self) -> Figures:
        """Look of the figures."""

    @property
    def multifractal(self) -> NeuronAnalysis:
        """How networks of neurons are analysed, in all studies alike."""


def measuring(measures: Measures, measure: str | None, whole: Whole) -> MeasureSettings:
    """What the stage that follows a measure is given.

    Raises:
        ConfigError: if the study does not follow it.
    """
    if measure not in measures.names:
        raise ConfigError(f"measure {measure!r} does not exist; allowed: {', '.join(measures.names)}")
    options = getattr(measures, measure)
    if measure == "neuromfa":
        shared = {name: getattr(whole.multifractal, name) for name in NeuronAnalysis.model_fields}
        options = NeuroMFA(every=options.every, **shared)
    return MeasureSettings(measure=measure, options=options, device=whole.device)


def of_task_levels(signals: Mapping[str, Signal]) -> dict[str, Signal]:
    """Signals with a curve of each task-level or group, other than RankMe's own; not those of the whole network."""
    return {
        name: signal for name, signal in signals.items() if name != "rankme" and (signal.measure or name) != "neuromfa"
    }


def refuse_foreign(signals: Mapping[str, Signal], measures: Measures) -> None:
    """Refuse a signal of a measure that is not followed, or of RankMe, whose signal is that of Study 1.

    Raises:
        ValueError: with the measures that are allowed.
    """
    others = {*measures.names} - {"rankme"}
    for name, signal in signals.items():
        if (signal.measure or name) not in others:
            allowed = ", ".join(sorted(others)) or "none"
            raise ValueError(f"signals.{name}: no measure that needs a signal; allowed: {allowed}")
