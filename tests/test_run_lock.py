"""Locks of dead runs are removed; those of living ones, of other machines and of unknown origin stay."""

import os
import platform
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

RUN = """
import sys
from pathlib import Path
from emergence import run_lock
print(run_lock.register(Path(sys.argv[1])), flush=True)
if "lock" in sys.argv:
    (Path(sys.argv[1]) / "locks").mkdir(exist_ok=True)
    (Path(sys.argv[1]) / "locks/0.input.lock").touch()
sys.stdin.read()
"""
Start = Callable[..., tuple[subprocess.Popen[str], str]]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Start a run, which may leave a lock; gives its process and what it says."""
    runs = []

    def started(*arguments: str) -> tuple[subprocess.Popen[str], str]:
        command = [sys.executable, "-c", RUN, str(tmp_path), *arguments]
        run = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        runs.append(run)
        assert run.stdout is not None
        said = run.stdout.readline().strip()
        while "lock" in arguments and not (tmp_path / "locks/0.input.lock").exists():
            assert run.poll() is None
        return run, said

    yield started
    for run in runs:
        run.communicate()


def test_the_lock_of_a_killed_run_is_removed_and_said_so(start: Start, tmp_path: Path) -> None:
    run, said = start("lock")
    assert said == ""
    run.send_signal(signal.SIGKILL)
    run.wait()
    assert "killed" in start()[1]
    assert not list(tmp_path.glob("locks/*"))


def test_the_lock_of_a_living_run_stays(start: Start, tmp_path: Path) -> None:
    run, _ = start("lock")
    _, said = start()
    assert f"process {run.pid} on {platform.node()}" in said
    assert list(tmp_path.glob("locks/*"))


def test_the_lock_of_a_living_run_stays_when_one_beside_it_is_killed(start: Start, tmp_path: Path) -> None:
    beside, _ = start()
    start("lock")
    beside.send_signal(signal.SIGKILL)
    beside.wait()
    assert "killed" not in start()[1]
    assert list(tmp_path.glob("locks/*"))


@pytest.mark.parametrize(
    "written",
    [None, "elsewhere 1\n", f"elsewhere 1\n{platform.node()} {os.getpid()}\n"],
    ids=["nobody", "elsewhere", "both"],
)
def test_the_lock_of_another_machine_or_of_nobody_known_stays(
    written: str | None, start: Start, tmp_path: Path
) -> None:
    (tmp_path / "locks").mkdir()
    (tmp_path / "locks/0.input.lock").touch()
    if written:
        (tmp_path / "alive").write_text(written)
    assert "killed" not in start()[1]
    assert list(tmp_path.glob("locks/*"))


def test_a_run_that_ends_closes_its_file(tmp_path: Path) -> None:
    command = [sys.executable, "-X", "dev", "-c", RUN, str(tmp_path)]
    assert subprocess.run(command, input="", capture_output=True, text=True, check=True).stderr == ""


def test_runs_that_ended_are_forgotten(start: Start, tmp_path: Path) -> None:
    (tmp_path / "alive").write_text("elsewhere 1\n")
    run, said = start()
    assert (said, (tmp_path / "alive").read_text()) == ("", f"{platform.node()} {run.pid}\n")
