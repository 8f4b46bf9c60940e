"""Snakemake runs that meet each other, are killed, or find files from the future: no result is mixed or lost."""

import json
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import psutil
import pytest
from support.project import ProjectCopy, digests, overlay, pathvars_below

pytestmark = pytest.mark.workflow

RUN, TARGET = "2x8-s1", "faults/anatomy/measures/rankme/2x8-s1.parquet"
STEPS = 500  # so many that there is time to interfere


@pytest.fixture(scope="module")
def arguments(copy: ProjectCopy) -> tuple[str, ...]:
    """Of Snakemake, for one measure along one run."""
    text = json.dumps({"pathvars": pathvars_below("faults"), "anatomy": {"training": {"steps": STEPS}}})
    return ("--cores", "1", TARGET, *overlay(copy, "faults.yaml", text))


@pytest.fixture(scope="module")
def expected(copy: ProjectCopy, arguments: tuple[str, ...]) -> dict[str, str]:
    """What an undisturbed run gives."""
    copy.snakemake(*arguments)
    results = digests(copy.folder / "faults")
    assert "anatomy/measures/rankme/2x8-s1.parquet" in results
    return results


@pytest.fixture
def folder(copy: ProjectCopy, expected: dict[str, str]) -> Path:  # noqa: ARG001 - is run before
    """An empty results folder."""
    shutil.rmtree(copy.folder / "faults")
    return copy.folder / "faults"


def wait_for_training(run: subprocess.Popen[str], folder: Path) -> psutil.Process:
    """The process of a training that has kept its state."""
    state = folder / f"state/train/{RUN}/state.safetensors"
    while not state.exists():
        assert run.poll() is None, run.communicate()[0]
        time.sleep(0.01)
    jobs = psutil.Process(run.pid).children(recursive=True)
    return next(job for job in jobs if job.name().startswith("python") and "train" in job.cmdline())


def wait_for_resumed_training(run: subprocess.Popen[str], folder: Path) -> None:
    """Until a training has gone on from the state that another has left."""
    log, said = folder / f"logs/train/{RUN}.log", ""
    while "Resuming at step" not in said:
        assert run.poll() is None, run.communicate()[0]
        with suppress(FileNotFoundError):  # Snakemake removes the log of the attempt before
            said = log.read_text()
        time.sleep(0.01)


def copy_of(run: subprocess.Popen[str], job: psutil.Process) -> psutil.Process:
    """The process that does the work of a job: where there is a fork server, a copy of it."""
    servers = [child for child in psutil.Process(run.pid).children() if "emergence.forkserver" in child.cmdline()]
    return next((copy for server in servers for copy in server.children()), job)


def test_a_job_that_the_kernel_kills_for_its_memory_and_then_all_the_run(
    copy: ProjectCopy, arguments: tuple[str, ...], folder: Path, expected: dict[str, str]
) -> None:
    with copy.running(*arguments) as run:
        copy_of(run, wait_for_training(run, folder)).kill()
        printed, _ = run.communicate()
    assert run.returncode == 1
    assert "Error in rule train" in printed
    assert not (folder / f"anatomy/trajectories/{RUN}/manifest.json").exists()
    with copy.running(*arguments) as run:
        wait_for_resumed_training(run, folder)
        os.killpg(run.pid, signal.SIGKILL)
    printed = copy.snakemake(*arguments)
    assert "Removed the lock of a run that was killed" in printed
    assert digests(folder) == expected


def test_jobs_of_a_run_that_is_killed_alone_stop_with_their_state(
    copy: ProjectCopy, arguments: tuple[str, ...], folder: Path, expected: dict[str, str]
) -> None:
    with copy.running(*arguments) as run:
        job = wait_for_training(run, folder)
        run.kill()
        run.wait()
        _, alive = psutil.wait_procs([job], timeout=10)
    assert not alive
    copy.snakemake(*arguments)
    assert digests(folder) == expected


def test_ctrl_c_stops_jobs_and_the_same_command_resumes(
    copy: ProjectCopy, arguments: tuple[str, ...], folder: Path, expected: dict[str, str]
) -> None:
    with copy.running(*arguments) as run:
        wait_for_training(run, folder)
        os.killpg(run.pid, signal.SIGINT)
        printed, _ = run.communicate(timeout=90)
    assert "Stopped: Train one transformer" in printed
    assert "the same command resumes" in printed
    assert "Error in rule" not in printed
    copy.snakemake(*arguments)
    assert digests(folder) == expected
    assert "Resuming at step" in (folder / f"logs/train/{RUN}.log").read_text()


def test_two_runs_at_once(
    copy: ProjectCopy, arguments: tuple[str, ...], folder: Path, expected: dict[str, str]
) -> None:
    with copy.running(*arguments) as run:
        job = copy_of(run, wait_for_training(run, folder))
        job.suspend()  # so that it is still there, however slow the others are
        locked = copy.snakemake(*arguments, check=False)
        forced = copy.snakemake(*arguments, "--nolock", check=False)
        said = (folder / f"logs/train/{RUN}.log").read_text()
        job.resume()
        printed, _ = run.communicate()
    assert f"Another run is using this folder (process {run.pid} " in locked
    assert "Directory cannot be locked" in locked
    assert "Error in rule train" in forced
    assert f"faults/state/train/{RUN}.lock: held by another job" in said
    copy.snakemake(*arguments)
    assert digests(folder) == expected, printed


def test_files_from_the_future(copy: ProjectCopy, arguments: tuple[str, ...], expected: dict[str, str]) -> None:
    """As a clock leaves them that was a day ahead, and has been put right since."""
    copy.snakemake(*arguments)
    date(copy.folder / "faults/anatomy/trajectories", time.time() + 24 * 3600)
    (copy.folder / TARGET).unlink()
    printed = copy.snakemake(*arguments, check=False)
    assert "could indicate a clock skew problem" in printed
    assert f"input faults/anatomy/trajectories/{RUN}/" in printed
    date(copy.folder / "faults", time.time())
    copy.snakemake(*arguments)
    assert digests(copy.folder / "faults") == expected
    assert copy.planned(*arguments) == {}


def date(folder: Path, then: float) -> None:
    """Give everything in a folder this time of change."""
    for path in [folder, *folder.rglob("*")]:
        os.utime(path, (then, then))


def test_a_results_folder_that_cannot_be_written(
    copy: ProjectCopy, arguments: tuple[str, ...], folder: Path, expected: dict[str, str], disk: Callable[[str], Path]
) -> None:
    place = disk("size=8m")
    folder.symlink_to(place)
    disk("remount,ro")
    printed = copy.snakemake(*arguments, check=False)
    assert "Read-only file system" in printed
    assert "faults" in printed
    disk("remount,rw")
    copy.snakemake(*arguments)
    assert digests(folder) == expected
    folder.unlink()
