"""A copy of the project in which Snakemake can be run, edited and run again."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[2]
SMOKE = ("--configfile", "workflow/tiers/smoke.yaml")


@dataclass(frozen=True)
class Copy:
    """A copy of the project's tracked files; its own source is what its jobs run."""

    folder: Path

    def snakemake(self, *arguments: str, check: bool = True) -> str:
        """Run Snakemake in the copy; return what it printed."""
        environment = {**os.environ, "PYTHONPATH": str(self.folder / "src")}
        command = [str(Path(sys.executable).with_name("snakemake")), *arguments]
        done = subprocess.run(
            command, cwd=self.folder, env=environment, check=False, text=True, stdout=-1, stderr=subprocess.STDOUT
        )
        assert not check or done.returncode == 0, done.stdout
        return done.stdout

    def planned(self, *arguments: str) -> dict[str, int]:
        """Jobs that a dry-run plans, by rule; aggregate targets are left out."""
        printed = self.snakemake("--dry-run", *arguments)
        table = printed.partition("Job stats:")[2].partition("total")[0]
        jobs = {rule: int(count) for rule, count in re.findall(r"^(\w+) +(\d+)$", table, re.MULTILINE)}
        return {rule: count for rule, count in jobs.items() if rule != "all"}


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
