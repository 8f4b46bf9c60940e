import shutil
import subprocess
from copy import deepcopy
from pathlib import Path
from typing import Any

import hypothesis
import pytest
import yaml
from support import PROJECT, SMOKE, Copy

hypothesis.settings.register_profile("emergence", deadline=None, derandomize=True, database=None)
hypothesis.settings.load_profile("emergence")

DEFAULT: dict[str, Any] = yaml.safe_load((Path(__file__).parents[1] / "config.yaml").read_text())


@pytest.fixture
def settings_values() -> dict[str, Any]:
    return deepcopy(DEFAULT)


@pytest.fixture(scope="session")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Copy:
    """A copy of the project in which Snakemake can be run, edited and run again."""
    folder = tmp_path_factory.mktemp("project")
    listed = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    for name in subprocess.run(listed, cwd=PROJECT, check=True, capture_output=True, text=True).stdout.split("\0"):
        if name and (PROJECT / name).exists():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(PROJECT / name, folder / name, follow_symlinks=False)
    return Copy(folder)


@pytest.fixture(scope="session")
def smoke(copy: Copy) -> Copy:
    """The copy with its smoke tier run to the end."""
    copy.snakemake("--cores", "all", *SMOKE)
    return copy
