"""A run that is killed in every way, on one core, ends with what an undisturbed run has on all cores: bit for bit."""

import json
import os
import random
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest
from support.project import ELSEWHERE, OF_EVERY_STATE, SUBMITTED, ProjectCopy, digests, overlay, pathvars_below

pytestmark = pytest.mark.workflow

JOBS = 1  # that ends, at most, before a kill is thought of
PATIENCE = 30  # seconds, until a state is kept
RESULTS = "killed"


def test_a_run_killed_in_every_way_ends_as_if_it_had_not_been(smoke: ProjectCopy) -> None:
    changed = overlay(smoke, "killed.yaml", f"pathvars: {json.dumps(pathvars_below(RESULTS))}")
    arguments = ("--cores", "1", "--printshellcmds", *(f"{RESULTS}/{path}" for path in OF_EVERY_STATE), *changed)
    logs, chance, resumed = smoke.folder / RESULTS / "logs", random.Random(20), 0
    for way in WAYS:
        begun = time.time()
        with smoke.running(*arguments) as run:
            wait_for_jobs(run, chance)
            if way in AS_STATE_IS_KEPT:
                wait_for_a_state(run, smoke.folder / RESULTS / "state")
            else:
                time.sleep(chance.random())
            way(run, chance)
        resumed += gone_on(logs, begun)
    begun = time.time()
    smoke.snakemake(*arguments)
    resumed += gone_on(logs, begun)
    made, undisturbed = digests(smoke.folder / RESULTS), digests(smoke.folder / "results/smoke")
    assert made.keys() >= {*OF_EVERY_STATE}
    assert made == {path: undisturbed[path] for path in made}
    assert not [path for path in (smoke.folder / RESULTS / "state").rglob("*") if path.is_file()]
    stages = {path.relative_to(logs).parts[0].removesuffix(".log") for path in logs.rglob("*.log")}
    assert stages >= SUBMITTED - ELSEWHERE
    assert resumed


def gone_on(logs: Path, begun: float) -> int:
    """How many jobs have gone on from a state since then; a log is of the last attempt at its job."""
    recent = (path for path in logs.rglob("*.log") if path.stat().st_mtime >= begun)
    return sum("Resuming at" in path.read_text() for path in recent)


def wait_for_jobs(run: subprocess.Popen[str], chance: random.Random) -> None:
    """Until some jobs have ended."""
    left = chance.randint(0, JOBS)
    assert run.stdout is not None
    while left and (line := run.stdout.readline()):
        left -= line.startswith("Finished jobid")
    assert run.poll() is None, "ended before it could be killed"


def wait_for_a_state(run: subprocess.Popen[str], state: Path) -> None:
    """Until a job has just kept its state; so short is the work of a toy model that chance would seldom hit it."""
    before, deadline = kept(state), time.monotonic() + PATIENCE
    while time.monotonic() < deadline and kept(state) <= before:
        time.sleep(0.005)
    assert run.poll() is None, "ended before it could be killed"


def kept(state: Path) -> float:
    """When a state was kept last."""
    paths = [path for path in state.rglob("*") if path.suffix in {".safetensors", ".parquet"}]
    times = []
    for path in paths:
        try:
            times.append(path.stat().st_mtime)
        except FileNotFoundError:  # replaced meanwhile
            continue
    return max(times, default=0.0)


def kill_all(run: subprocess.Popen[str], _chance: random.Random) -> None:
    """As a power cut does."""
    os.killpg(run.pid, signal.SIGKILL)


def stop_all(run: subprocess.Popen[str], _chance: random.Random) -> None:
    """As Ctrl-C or a shutdown does; what is not gone after ten seconds would be killed."""
    os.killpg(run.pid, signal.SIGTERM)
    wait_until_gone(jobs(run), 10)


def stop_a_job(run: subprocess.Popen[str], chance: random.Random) -> None:
    """As a time limit does; the rest a little later."""
    of_one(run, chance, signal.SIGTERM)


def kill_a_job(run: subprocess.Popen[str], chance: random.Random) -> None:
    """As the kernel does when memory is short; the rest a little later."""
    of_one(run, chance, signal.SIGKILL)


WAYS: list[Callable[[subprocess.Popen[str], random.Random], None]] = [kill_all, stop_all, kill_a_job, stop_a_job]
AS_STATE_IS_KEPT = (kill_all, kill_a_job)
"""the harshest"""


def of_one(run: subprocess.Popen[str], chance: random.Random, number: signal.Signals) -> None:
    if running := jobs(run):
        chosen = chance.choice(running)
        chosen.send_signal(number)
        wait_until_gone([chosen], 10)
    time.sleep(chance.random())
    os.killpg(run.pid, signal.SIGKILL)


def jobs(run: subprocess.Popen[str]) -> list[psutil.Process]:
    """Processes of our own commands."""
    processes = []
    for process in psutil.Process(run.pid).children(recursive=True):
        try:
            if process.name().startswith("python") and "emergence" in process.cmdline():
                processes.append(process)
        except psutil.NoSuchProcess:
            continue
    return processes


def wait_until_gone(processes: list[psutil.Process], seconds: float) -> None:
    """A job that is told to stop saves and ends in time."""
    _, alive = psutil.wait_procs(processes, timeout=seconds)
    assert not alive, f"{alive} did not end within {seconds} s"
