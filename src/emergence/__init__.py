"""Emergence: how capabilities appear in training, as one reproducible artifact.

What a script needs is here: `measure` a model, `analyze` folders of checkpoints, keep a `Tracker` while training, or
add a `CollapsePenalty` to the loss. Each is imported when it is first used: ``import emergence`` needs no torch.
"""

from importlib import import_module  # noqa: TID251 - of the names below alone
from typing import Any

PLACES = {
    "measure": "emergence.measures.api",
    "analyze": "emergence.own_runs.analysis",
    "Tracker": "emergence.own_runs.tracker",
    "CollapsePenalty": "emergence.integrations.collapse_penalty",
}
"""Module of each name."""


def __getattr__(name: str) -> Any:
    if name not in PLACES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(PLACES[name]), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *PLACES})
