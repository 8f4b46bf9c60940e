"""Time and memory of all jobs, from what each recorded of itself.

Times differ between runs, so the table is a CSV file that is not compared with other runs.
"""

import json
from pathlib import Path

import pandas as pd

from emergence.errors import EmergenceError
from emergence.io.files import replacing
from emergence.io.usage import Usage


class BenchmarkError(EmergenceError):
    """A record of a job that cannot be read; the message names it and the remedy."""


def benchmark(path: Path) -> Usage:
    """Time and memory of a job.

    Raises:
        BenchmarkError: if the file is not a record of a job.
    """
    try:
        return Usage.read(path)
    except (OSError, ValueError, TypeError, AttributeError) as error:
        reason = " ".join(str(error).split())
        raise BenchmarkError(f"{path}: is not a record of a job ({reason}); delete it and run its job again") from None


def jobs(folder: Path) -> list[Path]:
    """Records of all jobs below a folder, sorted."""
    return sorted(folder.rglob("*.json"))


def by_stage(folder: Path) -> pd.DataFrame:
    """One row per stage: number of jobs, wall-clock and CPU hours, those of starting, and peak memory of a job (MB)."""
    columns = ["stage", "wall_seconds", "cpu_seconds", "start_seconds", "memory_mb"]
    rows = [
        (path.relative_to(folder).parts[0].removesuffix(".json"), *(getattr(job, name) for name in columns[1:]))
        for path in jobs(folder)
        for job in [benchmark(path)]
    ]
    summed = (
        pd.DataFrame(rows, columns=columns)
        .groupby("stage")
        .agg(
            jobs=("stage", "size"),
            hours=("wall_seconds", "sum"),
            cpu_hours=("cpu_seconds", "sum"),
            start_hours=("start_seconds", "sum"),
            memory_mb=("memory_mb", "max"),
        )
    )
    summed[["hours", "cpu_hours", "start_hours"]] /= 3600
    return summed.sort_values("cpu_hours", ascending=False, kind="stable").reset_index()


def cost_text(folder: Path) -> str:
    """Processor time of a run, and the share that starts of processes took; empty without records."""
    stages = by_stage(folder)
    if not (hours := float(stages["cpu_hours"].sum())):
        return ""
    share = float(stages["start_hours"].sum()) / hours
    return f"{hours * 60:.1f} processor minutes in {stages['jobs'].sum()} jobs, {share:.1%} of them to start processes"


def summarise_compute(benchmarks: Path, csv: Path) -> None:
    """Sum up what the jobs recorded in a folder, by stage."""
    with replacing(csv) as temporary:
        by_stage(benchmarks).to_csv(temporary, index=False)


def restore_compute(account: Path, csv: Path) -> None:
    """Write the sums of a kept run by stage, from its ``run.json``; the time that starts took was not kept."""
    rules = json.loads(account.read_text(encoding="utf-8"))["cost"]["rules"]
    rows = [
        (stage, told["jobs"], told["seconds"] / 3600, told["cpu_seconds"] / 3600, told["memory_mb"])
        for stage, told in rules.items()
    ]
    with replacing(csv) as temporary:
        pd.DataFrame(rows, columns=["stage", "jobs", "hours", "cpu_hours", "memory_mb"]).to_csv(temporary, index=False)
