import os
import shutil
from collections.abc import Iterator
from copy import deepcopy
from typing import TYPE_CHECKING, Any

import filelock
import hypothesis
import pytest
from support import one_thread  # noqa: F401 - before NumPy and torch are imported
from support.project import SMOKE, ProjectCopy, tier_files
from synthetic.language_run import LanguageRun
from synthetic.parity_run import ParityRun

from emergence.config import loading
from emergence.config.protocol import Statistics

if TYPE_CHECKING:
    from playwright.sync_api import Browser

collect_ignore = ["bench"]  # scripts: `make bench`

hypothesis.settings.register_profile("emergence", deadline=None, derandomize=True, database=None)
hypothesis.settings.load_profile("emergence")

FULL: dict[str, Any] = loading.merged(*map(loading.contents, tier_files("full")))


@pytest.fixture(scope="session")
def default() -> loading.Config:
    """The full tier, whose claims are in the reference."""
    return loading.read(*tier_files("full"))


@pytest.fixture(scope="session")
def statistics() -> Statistics:
    """As in config.yaml, with fewer draws."""
    return Statistics(confidence=0.95, equivalence=0.1, bootstrap=500, seed=303)


@pytest.fixture(scope="session")
def language_run(default: loading.Config, tmp_path_factory: pytest.TempPathFactory) -> LanguageRun:
    return LanguageRun(tmp_path_factory.mktemp("language"), default)


@pytest.fixture(scope="session")
def parity_run(default: loading.Config, tmp_path_factory: pytest.TempPathFactory) -> ParityRun:
    """Three runs; one measure follows its own skill, one moves at one time for all, one not at all."""
    return ParityRun(tmp_path_factory.mktemp("parity"), default, early=0.2)


@pytest.fixture(scope="session")
def quiet_parity_run(default: loading.Config, tmp_path_factory: pytest.TempPathFactory) -> ParityRun:
    """Three runs in which nothing emerges."""
    folder = tmp_path_factory.mktemp("quiet")
    return ParityRun(folder, default, emerges=False, fitted=False, measures={"rankme": "own"})


@pytest.fixture(scope="session")
def single_parity_run(default: loading.Config, tmp_path_factory: pytest.TempPathFactory) -> ParityRun:
    folder = tmp_path_factory.mktemp("single")
    return ParityRun(folder, default, seeds=1, measures={"rankme": "own", "llc": "common"})


@pytest.fixture
def settings_values() -> dict[str, Any]:
    return deepcopy(FULL)


@pytest.fixture(scope="session")
def copy(tmp_path_factory: pytest.TempPathFactory) -> ProjectCopy:
    """A copy of the project, without results, in which Snakemake can be run, edited and run again."""
    return ProjectCopy.at(tmp_path_factory.mktemp("project"))


@pytest.fixture(scope="session")
def smoke(tmp_path_factory: pytest.TempPathFactory) -> ProjectCopy:
    """A copy of the project with its smoke tier run to the end: by the first process of the tests that needs it."""
    of_all = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        of_all = of_all.parent
    finished = of_all / "finished"
    with filelock.FileLock(f"{finished}.lock"):
        if not finished.exists():
            running = tmp_path_factory.mktemp("running")
            ProjectCopy.at(running).snakemake("--cores", "all", *SMOKE)
            running.rename(finished)
    folder = tmp_path_factory.mktemp("smoke") / "project"
    shutil.copytree(finished, folder, symlinks=True)
    return ProjectCopy(folder)


@pytest.fixture(scope="session")
def chromium() -> Iterator["Browser"]:
    """The Chromium that is installed, headless; where there is none, the test is skipped."""
    names = ("chromium", "chromium-browser", "google-chrome", "chrome")
    program = next((path for name in names if (path := shutil.which(name))), None)
    if program is None:
        pytest.skip("no Chromium here; on Debian: apt-get install chromium")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        yield browser
        browser.close()
