from pathlib import Path

import pytest
from synthetic.explorer_tables import ExplorerTables


@pytest.fixture(scope="session")
def explorer(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The explorer of a small planted world."""
    return ExplorerTables(tmp_path_factory.mktemp("explorer")).make()
