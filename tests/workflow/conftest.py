"""A copy of the project in which Snakemake can be run, edited and run again."""

import shutil
import subprocess
from collections.abc import Iterator

import pytest
from support import PROJECT, SMOKE, Copy


@pytest.fixture(scope="session")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Copy:
    folder = tmp_path_factory.mktemp("project")
    listed = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    for name in subprocess.run(listed, cwd=PROJECT, check=True, capture_output=True, text=True).stdout.split("\0"):
        if name and (PROJECT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(PROJECT / name, folder / name)
    return Copy(folder)


@pytest.fixture(scope="session")
def smoke(copy: Copy) -> Copy:
    """The copy with its smoke tier run to the end."""
    copy.snakemake("--cores", "all", *SMOKE)
    return copy


@pytest.fixture
def edited(smoke: Copy, request: pytest.FixtureRequest) -> Iterator[tuple[Copy, str]]:
    """The copy with a line added to the file that the test names; put back afterwards."""
    path = smoke.folder / request.param
    before = path.read_text()
    path.write_text(before + "\n# an edit\n")
    yield smoke, request.param
    path.write_text(before)
