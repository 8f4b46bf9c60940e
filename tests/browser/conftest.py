from pathlib import Path

import pytest
from explored import World


@pytest.fixture(scope="session")
def explorer(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The explorer of a small planted world."""
    return World(tmp_path_factory.mktemp("explorer")).make()
