"""Settings of the default tier for training runs of one's own, wherever the package is installed.

They are those of the project's `config.yaml`; an installed package has a copy of it beside this module (`setup.py`).
"""

from functools import cache
from pathlib import Path
from typing import Any

from emergence.config import loading
from emergence.config.loading import Config
from emergence.config.protocol import Protocol, Signal

INSTALLED, CHECKOUT = Path(__file__).with_name("default.yaml"), Path(__file__).parents[3] / "config.yaml"


@cache
def _default() -> Config:
    return loading.read(INSTALLED if INSTALLED.exists() else CHECKOUT)


def default_protocol() -> Protocol:
    """How events and leads are defined and judged, as under ``protocol:`` in `config.yaml`."""
    return _default().protocol


def default_signals() -> dict[str, list[Signal]]:
    """Signals by name, RankMe's first, each as the studies declare it; of several, the first whose variant exists."""
    signals = {"rankme": [Signal(variant=default_protocol().variant, scale="rank")]}
    for study in _default().studies.values():
        for name, signal in study.signals.items():
            signals.setdefault(name, []).append(signal)
    return signals


def default_measures() -> dict[str, dict[str, Any]]:
    """Options of measures by name as the studies have them, language models first, at every checkpoint."""
    chosen: dict[str, dict[str, Any]] = {}
    for study in reversed(_default().studies.values()):
        for name, options in study.measures:
            if options is not None:
                chosen.setdefault(name, options.model_dump(exclude={"every"}))
    return chosen
