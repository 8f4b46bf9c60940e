"""The artifact on a real Slurm: what is submitted, what is asked for, and that the numbers are the same."""

import json
import re
import time
from collections import Counter
from collections.abc import Callable

import pytest
from support import slurm
from support.project import SUBMITTED, ProjectCopy, digests, overlay, pathvars_below

pytestmark = [pytest.mark.nightly, pytest.mark.usefixtures("cluster")]

PROFILE = ("--workflow-profile", "workflow/profiles/slurm")
GRES = ("--profile", "workflow/profiles/gres")
# What a site without accounting needs, and shorter waits than a network of machines wants.
HERE = (
    *("--slurm-status-command", "squeue", "--slurm-init-seconds-before-status-checks", "3"),
    *("--seconds-between-status-checks", "3", "--latency-wait", "5"),
)
SOME = ("anatomy/measures/rankme/2x8-s1.parquet", "parity/analysis/sweeps/one_skill_time.parquet")
"""A trajectory that is handed over to a measure, and a sweep; `SUBMITTED` is the same for all."""
LONG = """
anatomy:
  training: {steps: 1200}
  checkpoints: {every_step_until: 0, log_until: 1, per_decade: 1, linear_every: 500}
"""


def written_to(name: str) -> str:
    """An overlay by which a run has a folder of its own."""
    return f"pathvars: {json.dumps(pathvars_below(name))}\n"


def manifests(folder: str, runs: tuple[str, ...]) -> list[str]:
    """Targets that train these runs."""
    return [f"{folder}/anatomy/trajectories/{run}/manifest.json" for run in runs]


def until(condition: Callable[[], bool], seconds: float = 60) -> None:
    """Wait until a condition holds."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.2)


def test_submitted_jobs_are_all_that_slurm_ran_and_give_the_same_results(smoke: ProjectCopy) -> None:
    targets = (*(f"cluster/{path}" for path in SOME), *overlay(smoke, "cluster.yaml", written_to("cluster")))
    planned = smoke.planned(*targets)
    assert planned.keys() & SUBMITTED == {"train", "measure_run", "train_sweep"}
    smoke.snakemake(*PROFILE, *GRES, *HERE, *targets)
    jobs = slurm.jobs()
    assert Counter(job.rule for job in jobs) == {rule: planned[rule] for rule in SUBMITTED & planned.keys()}
    assert {(job.state, job.gpu) for job in jobs} == {("COMPLETED", "--gres")}
    local, submitted = (digests(smoke.folder / results) for results in ("results/smoke", "cluster"))
    assert submitted.keys() >= {*SOME}
    assert submitted == {path: local[path] for path in submitted}


def test_a_requeued_training_saves_and_goes_on_from_there(copy: ProjectCopy) -> None:
    runs, others = ("2x8-s1", "2x8-s2"), {job.number for job in slurm.jobs()}
    requeued = overlay(copy, "requeued.yaml", LONG + written_to("requeued"))
    state = copy.folder / "requeued/state/train/2x8-s1"
    log = copy.folder / "requeued/logs/train/2x8-s1.log"
    asked = ("--set-resources", "train:gpu=1")
    with copy.running(*manifests("requeued", runs), *PROFILE, *HERE, *asked, *requeued) as snakemake:
        until((state / "state.safetensors").exists)
        time.sleep(2)  # a few steps more
        for job in slurm.jobs():  # an array of both runs
            if job.state == "RUNNING":
                slurm.requeue(job)
        until(lambda: "stopped by SIGTERM" in log.read_text())
        printed, _ = snakemake.communicate()
    assert snakemake.returncode == 0, printed
    jobs = [job for job in slurm.jobs() if job.number not in others]
    assert [(job.rule, job.state, job.gpu) for job in jobs] == 2 * [("train", "COMPLETED", "--gpus")]
    assert max(job.restarts for job in jobs) == 1
    assert re.search(r"Resuming at step [1-9]", log.read_text()), log.read_text()
    assert not state.exists()

    local = overlay(copy, "uninterrupted.yaml", LONG + written_to("uninterrupted"))
    copy.snakemake("--cores", "all", *manifests("uninterrupted", runs), *local)
    assert digests(copy.folder / "requeued") == digests(copy.folder / "uninterrupted")
