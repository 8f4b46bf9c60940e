"""Settings of the figures."""

from collections.abc import Callable
from pathlib import Path

import pytest

from emergence import config
from emergence.settings.base import Strict


@pytest.fixture(scope="session")
def default() -> config.Config:
    """The default tier."""
    return config.read(Path(__file__).parents[2] / "config.yaml")


@pytest.fixture(scope="session")
def settings(default: config.Config) -> Callable[[str], Strict]:
    """Settings of a figure, at a low resolution."""
    return lambda stage: default.settings(stage).model_copy(update={"dpi": 50})
