import subprocess
import sys
from pathlib import Path

import pytest

from emergence.io.usage import Usage, recorded, resume

BUSY = "import time\nwhile time.process_time() < {seconds}: pass\nlargest = bytearray({megabytes} * 10**6)"


def recorded_by(folder: Path, body: str) -> Usage:
    """What a process of its own records of itself."""
    indented = body.replace("\n", "\n    ")
    program = (
        "import subprocess, sys\nfrom pathlib import Path\nfrom emergence.io.usage import recorded\n"
        f"with recorded(Path('usage.json')):\n    {indented}\n"
    )
    subprocess.run([sys.executable, "-c", program], cwd=folder, check=True)
    return Usage.read(folder / "usage.json")


@pytest.mark.long
def test_time_and_memory_are_those_of_the_process(tmp_path: Path) -> None:
    usage = recorded_by(tmp_path, BUSY.format(seconds=0.5, megabytes=300))
    assert 0.5 <= usage.cpu_seconds < 2
    assert 300 < usage.memory_mb < 450


@pytest.mark.long
def test_children_count(tmp_path: Path) -> None:
    child = BUSY.format(seconds=0.5, megabytes=300)
    usage = recorded_by(tmp_path, f"subprocess.run([sys.executable, '-c', {child!r}])")
    assert 0.5 <= usage.cpu_seconds < 2
    assert 300 < usage.memory_mb < 450


@pytest.mark.long
def test_a_job_that_waits_uses_no_processor(tmp_path: Path) -> None:
    usage = recorded_by(tmp_path, "import time\ntime.sleep(1.5)")
    assert usage.wall_seconds >= 1.5
    assert usage.cpu_seconds < 1.5


def test_the_start_is_told_apart(tmp_path: Path) -> None:
    """What a process did before, such as loading libraries."""
    program = (
        BUSY.format(seconds=0.4, megabytes=1)
        + "\n"
        + (
            "from pathlib import Path\nfrom emergence.io.usage import recorded\n"
            "with recorded(Path('usage.json')):\n    pass\n"
        )
    )
    subprocess.run([sys.executable, "-c", program], cwd=tmp_path, check=True)
    usage = Usage.read(tmp_path / "usage.json")
    assert usage.start_seconds >= 0.4
    assert usage.cpu_seconds == pytest.approx(usage.start_seconds, abs=0.2), "two clocks of the system"


def test_a_job_that_fails_records_nothing(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError), recorded(tmp_path / "usage.json"):
        _ = 1 / 0
    assert not (tmp_path / "usage.json").exists()


ATTEMPT = """
import os, signal, time
from pathlib import Path
from emergence.io.resumable import resumable_job
from emergence.io.usage import recorded

with recorded(Path("usage.json")), resumable_job(Path("state"), {"settings": "a"}) as job:
    part = job.nested("part")
    before = time.process_time()
    while time.process_time() < before + 0.4:
        pass
    if not Path("state/part").exists():
        part.folder.mkdir()
        os.kill(os.getpid(), signal.SIGTERM)
        part.save_if_due(lambda: None)
"""


@pytest.mark.long
def test_a_resumed_job_counts_the_attempt_that_was_stopped(tmp_path: Path) -> None:
    """Else the cost of a run would be less, the more often it was stopped."""
    attempts = [subprocess.run([sys.executable, "-c", ATTEMPT], cwd=tmp_path, check=False) for _ in range(2)]
    assert [attempt.returncode == 0 for attempt in attempts] == [False, True]
    usage = Usage.read(tmp_path / "usage.json")
    assert usage.cpu_seconds - usage.start_seconds >= 0.8


def test_a_damaged_account_stops_no_job(tmp_path: Path) -> None:
    (tmp_path / "kept.json").write_text("{")
    with recorded(tmp_path / "usage.json"):
        resume(tmp_path / "kept.json")
    assert Usage.read(tmp_path / "usage.json").wall_seconds < 60
