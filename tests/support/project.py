"""Copies of the project in which Snakemake runs, and digests of their results."""

import hashlib
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from emergence.stages import STAGES

PROJECT = Path(__file__).parents[2]
SMOKE = ("--configfile", "workflow/tiers/smoke.yaml")
OVERLAYS = {
    "laptop": (),
    "full": ("full",),
    "confirm": ("full", "confirm"),
    "clock": ("full", "clock"),
    "paper": ("full", "paper"),
    "published_cpu": ("full", "published_cpu"),
    "pythia": ("pythia",),
    "smoke": ("smoke",),
}
"""Files of a tier in workflow/tiers, beside config.yaml."""
TRAINING = [tier for tier in OVERLAYS if tier not in ("clock", "pythia", "published_cpu")]
"""Tiers that train every study."""
OF_EVERY_STATE = (
    "anatomy/measures/rankme/2x8-s1.parquet",
    "anatomy/analysis/llc_sweep.parquet",
    "parity/measures/gradient_covariance/mlp50-s1.parquet",
    *(f"parity/analysis/{table}.parquet" for table in ("sweeps/one_skill_time", "transformers/t8-s1")),
    "language/trajectories/neox8-s1/behaviour.parquet",
    *(
        f"interventions/analysis/{table}.parquet"
        for table in (
            "clock_runs/1",
            "arm_runs/2x8",
            "method_runs/2x8",
            "frequency_runs",
            "language_arm_runs/neox8",
        )
    ),
)
"""Results of the smoke tier that take a job of every stage that keeps a state and goes to a cluster."""
SUBMITTED = {name for name, stage in STAGES.items() if stage.request.submitted}
"""Stages that keep a state and go to a cluster; their rules have the same names, but for `measure_series`."""
ELSEWHERE = {"train_stack", "record_series"}
"""Such stages that the smoke tier has no job of: stacks, and models from elsewhere."""


@dataclass(frozen=True)
class ProjectCopy:
    """A copy of the project's tracked files; its own source is what its jobs run."""

    folder: Path

    @classmethod
    def at(cls, folder: Path) -> "ProjectCopy":
        """A new copy, without any result; what Python has compiled of the source need not be compiled again."""
        listed = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
        for name in subprocess.run(listed, cwd=PROJECT, check=True, capture_output=True, text=True).stdout.split("\0"):
            if name and (PROJECT / name).exists():
                (folder / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(PROJECT / name, folder / name, follow_symlinks=False)
        for compiled in (PROJECT / "src").rglob("__pycache__"):
            shutil.copytree(compiled, folder / compiled.relative_to(PROJECT))
        return cls(folder)

    def snakemake(self, *arguments: str, check: bool = True) -> str:
        """Run Snakemake in the copy; return what it printed."""
        with self.running(*arguments) as run:
            printed, _ = run.communicate()
        assert not check or run.returncode == 0, printed
        return printed

    @contextmanager
    def running(self, *arguments: str) -> Iterator[subprocess.Popen[str]]:
        """Start Snakemake in the copy, in a process group of its own; in the end nothing of it is left."""
        run = subprocess.Popen(
            [str(Path(sys.executable).with_name("snakemake")), *arguments], cwd=self.folder,
            env={**os.environ, "PYTHONPATH": str(self.folder / "src")}, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, text=True, start_new_session=True,
        )  # fmt: skip
        with run:
            try:
                yield run
            finally:
                with suppress(ProcessLookupError):
                    os.killpg(run.pid, signal.SIGKILL)

    def planned(self, *arguments: str) -> dict[str, int]:
        """Jobs that a dry run plans, by rule."""
        return counted(self.snakemake("--dry-run", *arguments))


def counted(printed: str) -> dict[str, int]:
    """Jobs by rule in what a dry run prints, less targets and the record of the run, which every change is part of."""
    table = printed.partition("Job stats:")[2].partition("total")[0]
    jobs = {rule: int(count) for rule, count in re.findall(r"^(\w+) +(\d+)$", table, re.MULTILINE)}
    return {rule: count for rule, count in jobs.items() if rule not in ("all", "record")}


def tier_files(tier: str, project: Path = PROJECT) -> list[Path]:
    """Files of a tier's configuration."""
    return [project / "config.yaml", *(project / f"workflow/tiers/{name}.yaml" for name in OVERLAYS[tier])]


def overlay(copy: ProjectCopy, name: str, text: str) -> tuple[str, ...]:
    """Arguments for the smoke tier with one more overlay."""
    (copy.folder / name).write_text(text)
    return (*SMOKE, name)


def pathvars_below(folder: str) -> dict[str, str]:
    """Settings ``pathvars`` of a run that writes below one folder alone."""
    return {"results": folder, **{name: f"{folder}/{name}" for name in ("figures", "logs", "benchmarks", "paper")}}


def digests(folder: Path) -> dict[str, str]:
    """SHA-256 of every result, less logs, benchmarks and the record, which tells the places and the device as well."""
    kinds = {".parquet", ".safetensors", ".json"}
    files = {path.relative_to(folder): path for path in folder.rglob("*") if path.is_file() and path.suffix in kinds}
    return {
        str(name): hashlib.sha256(path.read_bytes()).hexdigest()
        for name, path in files.items()
        if name.parts[0] != "benchmarks" and name.stem != "record"
    }


def git(folder: Path, *arguments: str) -> None:
    """Run git as somebody."""
    identity = ["-c", "user.name=name", "-c", "user.email=mail", "-c", "commit.gpgsign=false"]
    subprocess.run(["git", *identity, *arguments], cwd=folder, check=True, capture_output=True)


def commit_all(folder: Path) -> None:
    """Make a folder a repository, with all its files in one commit."""
    for command in (["init", "-q"], ["add", "."], ["commit", "-qm", "first"]):
        git(folder, *command)
