import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from support.project import PROJECT

from emergence import forkserver

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="stages are copies on Linux alone")

STAGE = """
import os, time
from pathlib import Path

def wait(table: Path, seconds: float) -> None:
    table.write_text(f"{os.getpid()} {os.getcwd()} {os.environ['MINE']}")
    time.sleep(seconds)

def fail(table: Path) -> None:
    raise ValueError("of the stage")
"""
SERVER = """
import sys
from emergence import forkserver
from emergence.stages import STAGES, Stage
STAGES["wait"] = Stage("of_test:wait", "Wait", reads={"seconds": "dpi"})
STAGES["fail"] = Stage("of_test:fail", "Fail")
forkserver.serve(sys.argv[1], int(sys.argv[2]))
"""


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    (tmp_path / "of_test.py").write_text(STAGE)
    path = f"{PROJECT / 'src'}:{tmp_path}"
    return {**os.environ, "PYTHONPATH": path, "MINE": "yes", forkserver.SOCKET: str(tmp_path / "server/socket")}


@pytest.fixture
def server(tmp_path: Path, environment: dict[str, str]) -> Iterator[subprocess.Popen[bytes]]:
    (tmp_path / "server").mkdir()
    path = environment[forkserver.SOCKET]
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(path)
        listener.listen()
        command = [sys.executable, "-c", SERVER, path, str(listener.fileno())]
        process = subprocess.Popen(command, env=environment, stdin=subprocess.PIPE, pass_fds=[listener.fileno()])
    with process:
        yield process
        process.communicate()


def until(condition: Callable[[], bool]) -> None:
    """Wait for a condition."""
    deadline = time.monotonic() + 120
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def started(name: str, tmp_path: Path, environment: dict[str, str], *options: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "emergence", "stage", name, "--table", "table", *options]
    return subprocess.Popen(command, env=environment, cwd=tmp_path, stderr=subprocess.PIPE, text=True)


def waiting(tmp_path: Path, environment: dict[str, str], seconds: float) -> subprocess.Popen[str]:
    """A stage that has begun to wait."""
    process = started("wait", tmp_path, environment, "--settings", json.dumps({"seconds": seconds}), "--cost", "cost")
    until(lambda: (tmp_path / "table").exists() and bool((tmp_path / "table").read_text()))
    return process


def copy_of(tmp_path: Path) -> int:
    return int((tmp_path / "table").read_text().split()[0])


def is_gone(process: int) -> bool:
    try:
        return Path(f"/proc/{process}/stat").read_text().split()[2] == "Z"
    except FileNotFoundError:
        return True


@pytest.mark.long
@pytest.mark.usefixtures("server")
def test_a_stage_runs_in_a_copy_with_the_callers_folder_and_environment(
    tmp_path: Path, environment: dict[str, str]
) -> None:
    with waiting(tmp_path, environment, 0) as process:
        assert process.wait() == 0
    assert (tmp_path / "table").read_text().split()[1:] == [str(tmp_path), "yes"]
    assert copy_of(tmp_path) != process.pid
    assert json.loads((tmp_path / "cost").read_text())["wall_seconds"] < 1


@pytest.mark.long
@pytest.mark.usefixtures("server")
def test_a_stage_that_fails_says_so_to_the_caller(tmp_path: Path, environment: dict[str, str]) -> None:
    with started("fail", tmp_path, environment) as process:
        _, said = process.communicate()
    assert process.returncode == 1
    assert "ValueError: of the stage" in said


@pytest.mark.long
@pytest.mark.usefixtures("server")
@pytest.mark.parametrize("stopped", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_a_copy_ends_with_the_process_that_waits_for_it(
    tmp_path: Path, environment: dict[str, str], stopped: signal.Signals
) -> None:
    with waiting(tmp_path, environment, 60) as process:
        process.send_signal(stopped)
        assert process.wait() != 0
    until(lambda: is_gone(copy_of(tmp_path)))


@pytest.mark.long
@pytest.mark.usefixtures("server")
def test_a_copy_that_is_killed_is_a_failure(tmp_path: Path, environment: dict[str, str]) -> None:
    with waiting(tmp_path, environment, 60) as process:
        os.kill(copy_of(tmp_path), signal.SIGKILL)
        assert process.wait() == forkserver.KILLED


@pytest.mark.long
def test_copies_end_with_the_server(
    tmp_path: Path, environment: dict[str, str], server: subprocess.Popen[bytes]
) -> None:
    with waiting(tmp_path, environment, 60) as process:
        server.communicate()  # as when the workflow is gone
        assert process.wait() != 0
    assert is_gone(copy_of(tmp_path))
    assert not (tmp_path / "server").exists()


@pytest.mark.long
def test_without_a_server_a_stage_runs_by_itself(tmp_path: Path, environment: dict[str, str]) -> None:
    command = [sys.executable, "-m", "emergence", "stage", "scaling_laws", "--help"]
    run = subprocess.run(command, env=environment, cwd=tmp_path, capture_output=True, check=True, text=True)
    assert "--scaling-laws-table" in run.stdout
