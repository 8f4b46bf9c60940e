"""A chain of stages that has been run, and disks that are small or cannot be written."""

import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from support.project import digests
from support.stage_chain import OPTIONS, StageChain


@pytest.fixture(scope="session")
def clean(tmp_path_factory: pytest.TempPathFactory) -> StageChain:
    """The chain run to its end."""
    chain = StageChain(tmp_path_factory.mktemp("clean"))
    for stage in OPTIONS:
        chain.run(stage)
    return chain


@pytest.fixture(scope="session")
def expected(clean: StageChain) -> dict[str, str]:
    """What it gives."""
    return digests(clean.results)


@pytest.fixture
def chain(clean: StageChain, tmp_path: Path) -> StageChain:
    """A copy of it."""
    return StageChain(Path(shutil.copytree(clean.results, tmp_path / "results")))


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Callable[[str], Path]]:
    """Mount a small disk; ask again, for example for ``remount,ro``, to change it."""
    place = tmp_path / "disk"
    place.mkdir()

    def mount(options: str) -> Path:
        done = subprocess.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", place], capture_output=True, check=False)
        if done.returncode:
            pytest.skip(f"no disk can be mounted here: {done.stderr.decode().strip()}")
        return place

    yield mount
    subprocess.run(["umount", "--lazy", place], capture_output=True, check=False)
