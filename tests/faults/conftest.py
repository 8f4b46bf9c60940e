"""A chain of stages that has been run, and disks that are small or cannot be written."""

import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from chain import OPTIONS, Chain
from support import digests


@pytest.fixture(scope="session")
def clean(tmp_path_factory: pytest.TempPathFactory) -> Chain:
    """The chain run to its end."""
    chain = Chain(tmp_path_factory.mktemp("clean"))
    for stage in OPTIONS:
        chain.run(stage)
    return chain


@pytest.fixture(scope="session")
def expected(clean: Chain) -> dict[str, str]:
    """What it gives."""
    return digests(clean.results)


@pytest.fixture
def chain(clean: Chain, tmp_path: Path) -> Chain:
    """A copy of it."""
    return Chain(Path(shutil.copytree(clean.results, tmp_path / "results")))


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
