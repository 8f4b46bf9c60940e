"""A cluster for the tests of this folder."""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from support import slurm


@pytest.fixture(scope="session")
def cluster() -> Iterator[None]:
    """A running Slurm; where that cannot be, the test is skipped."""
    if reason := slurm.missing():
        pytest.skip(f"no Slurm here: {reason}")
    folder = Path(tempfile.mkdtemp(prefix="slurm"))  # not below pytest's own, whose paths are too long for a socket
    folder.chmod(0o755)  # munge refuses others
    try:
        with slurm.cluster(folder):
            yield
    finally:
        shutil.rmtree(folder)
