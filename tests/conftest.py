from copy import deepcopy
from pathlib import Path
from typing import Any

import hypothesis
import pytest
import yaml

hypothesis.settings.register_profile("emergence", deadline=None, derandomize=True, database=None)
hypothesis.settings.load_profile("emergence")

DEFAULT: dict[str, Any] = yaml.safe_load((Path(__file__).parents[1] / "config.yaml").read_text())


@pytest.fixture
def settings_values() -> dict[str, Any]:
    return deepcopy(DEFAULT)
