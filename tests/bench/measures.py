"""Every measure of a checkpoint with the options of the default tier, beside nothing: seconds per checkpoint."""

from collections.abc import Iterator
from importlib import import_module  # noqa: TID251 - a module of this package, from a table or a checked setting
from typing import Any

import numpy as np
from anatomy import Setup, config, setups
from timing import Case


def cases() -> Iterator[Case]:
    """All measures at every size, once each."""
    for setup in setups():
        for name in setup.measures.names:
            yield Case(f"measure, {name}", setup.name, lambda name=name, setup=setup: measured(name, setup), rounds=1)


def measured(name: str, setup: Setup) -> Any:
    """Rows of one measure of one checkpoint."""
    options = config().neuromfa if name == "neuromfa" else getattr(setup.measures, name)
    return import_module(f"emergence.measures.{name}").measure(setup.subject, np.random.default_rng(0), options)
