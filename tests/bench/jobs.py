"""What a job costs before it works: imports, and Snakemake. None of it has a peer but the bound of bare imports."""

import subprocess
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from timing import PROJECT, Case, Peer, Work

JOBS = 40
RULES = """
rule all:
    input: expand("{{n}}", n=range({jobs}))
rule one:
    output: "{{n}}"
    shell: "touch {{output}}"
"""
STAGES = {"train": "torch", "measure_run": "torch", "leads": "pandas"}
"""with the largest package that each cannot do without"""


def cases() -> Iterator[Case]:
    """Start-up of a few stages, a dry run of the default tier, and jobs that do nothing."""
    for stage, package in STAGES.items():
        load = f"from emergence.stages import STAGES; STAGES[{stage!r}].load()"
        bare = Peer(f"import {package}", partial(bound, [sys.executable, "-c", f"import {package}"]), None)
        yield Case(f"start-up of a job, {stage}", "", partial(run, [sys.executable, "-c", load]), (bare,))
    snakemake = [sys.executable, "-m", "snakemake", "--cores", "1", "--quiet", "all"]
    yield Case("Snakemake, dry run of all jobs", "default", partial(run, [*snakemake, "--dry-run", "--forceall"]))
    yield Case("Snakemake, a job that does nothing", f"of {JOBS}", partial(workflow, snakemake), pieces=JOBS)


def run(command: list[str], folder: Path = PROJECT) -> None:
    """Run a command to its end."""
    subprocess.run(command, cwd=folder, check=True, capture_output=True)


def bound(command: list[str]) -> tuple[Work, None]:
    return partial(run, command), None


def workflow(snakemake: list[str]) -> None:
    """A workflow of jobs that make an empty file each, Snakemake's start included."""
    with TemporaryDirectory() as folder:
        (Path(folder) / "Snakefile").write_text(RULES.format(jobs=JOBS))
        run(snakemake, Path(folder))
