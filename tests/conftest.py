import os
import shutil
import subprocess
from collections.abc import Iterator
from copy import deepcopy
from pathlib import Path
from typing import TYPE_CHECKING, Any

import filelock
import hypothesis
import pytest
import yaml
from support import PROJECT, SMOKE, Copy

if TYPE_CHECKING:
    from playwright.sync_api import Browser

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
def smoke(copy: Copy, tmp_path_factory: pytest.TempPathFactory) -> Copy:
    """A copy of the project with its smoke tier run to the end: by the first process of the tests that needs it."""
    of_all = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        of_all = of_all.parent
    finished = of_all / "finished"
    with filelock.FileLock(f"{finished}.lock"):
        if not finished.exists():
            copy.snakemake("--cores", "all", *SMOKE)
            shutil.copytree(copy.folder, finished, symlinks=True)
    folder = tmp_path_factory.mktemp("smoke") / "project"
    shutil.copytree(finished, folder, symlinks=True)
    return Copy(folder)


@pytest.fixture(scope="session")
def chromium() -> Iterator["Browser"]:
    """The Chromium that is installed, headless; where there is none, the test is skipped."""
    names = ("chromium", "chromium-browser", "google-chrome", "chrome")
    found = next((path for name in names if (path := shutil.which(name))), None)
    if found is None:
        pytest.skip("no Chromium here; on Debian: apt-get install chromium")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=["--no-sandbox"])
        yield browser
        browser.close()
