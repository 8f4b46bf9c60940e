"""Settings that all studies that train models share: a metric, measures along the runs, and signals of these."""

from collections.abc import Collection
from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, Field, model_validator

from emergence.config.measures import VARIANTS, Measures
from emergence.config.protocol import Protocol, ScoredMetric, Signal
from emergence.config.types import Key, Strict

TITLES = {
    "anatomy": "Anatomy",
    "parity": "Sparse parity",
    "neuromfa": "NeuroMFA",
    "language": "Language models",
    "interventions": "Interventions",
}
"""Of studies, in headings."""


def _switched_on(signals: Any) -> Any:
    """Signals without those that are switched off."""
    if not isinstance(signals, dict):
        return signals
    return {name: signal for name, signal in signals.items() if signal is not None and signal is not False}


Signals = Annotated[
    dict[Key, Signal],
    BeforeValidator(_switched_on, json_schema_input_type=dict[Key, Signal | Literal[False] | None]),
]


def _measures(signals: dict[str, Signal]) -> list[str]:
    """Measures that signals are series of, each once."""
    return list(dict.fromkeys(signal.measure or name for name, signal in signals.items()))


class Study(Strict):
    """A study that trains or reads models and measures them along their training."""

    metric: ScoredMetric
    """whose events enter the claims"""
    measures: Measures
    signals: Annotated[Signals, Field(default_factory=dict)]
    """series of other measures that are compared with events; a measure without a signal is measured, no more"""
    protocol: Protocol
    """the shared protocol with what this study replaces"""

    @property
    def runs(self) -> Collection[str]:
        """Names of the runs, the longest first."""
        raise NotImplementedError

    @property
    def run_count(self) -> int:
        """Number of runs."""
        return len(self.runs)

    @property
    def followed(self) -> dict[str, Signal]:
        """Signals of the measures that are switched on, RankMe's first."""
        every = {"rankme": Signal(variant=self.protocol.variant, scale="rank"), **self.signals}
        return {name: signal for name, signal in every.items() if (signal.measure or name) in self.measures.names}

    @property
    def signal_names(self) -> list[str]:
        """Names of the signals, RankMe's first."""
        return list(self.followed)

    @property
    def signals_of_task_levels(self) -> dict[str, Signal]:
        """Signals with a curve of each task-level or group, other than RankMe's; not those of whole networks."""
        return {
            name: signal
            for name, signal in self.followed.items()
            if name != "rankme" and (signal.measure or name) != "neuromfa"
        }

    @property
    def signals_with_levels(self) -> dict[str, Signal]:
        """Signals with a curve of each task-level alone, RankMe's among them."""
        return {
            name: signal for name, signal in self.followed.items() if name in self.ordering_signals and not signal.group
        }

    @property
    def ordering_signals(self) -> list[str]:
        """Signals with a curve of each task-level, RankMe's first; one of a whole network tells no order of events."""
        return [name for name in self.followed if name == "rankme" or name in self.signals_of_task_levels]

    @property
    def measures_of_signals(self) -> list[str]:
        """Measures that the signals are series of, RankMe's first."""
        return _measures(self.followed)

    @property
    def measures_of_task_levels(self) -> list[str]:
        """The same, of signals with a curve of each task-level."""
        return _measures({name: self.followed[name] for name in self.ordering_signals})

    @model_validator(mode="after")
    def _signals_exist(self) -> Self:
        others = {*VARIANTS, *self.measures.names} - {"rankme"}
        for name, signal in self.signals.items():
            if (measure := signal.measure or name) not in others:
                allowed = ", ".join(sorted(others))
                raise ValueError(f"signals.{name}: no measure that needs a signal; allowed: {allowed}")
            variants = VARIANTS.get(measure, (signal.variant,))  # a measure of the user's own has its own
            if signal.variant not in variants:
                raise ValueError(
                    f"signals.{name}.variant: no such variant {signal.variant!r}; allowed: {', '.join(variants)}"
                )
        return self
