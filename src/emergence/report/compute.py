"""Compute used: time and memory of all jobs, from the benchmarks that the workflow keeps beside its results.

Times differ from run to run, so the table is a CSV file and no result that is compared with others.
"""

from pathlib import Path

import pandas as pd

from emergence.errors import EmergenceError
from emergence.files import replacing
from emergence.settings.paper import PlainSettings

COLUMNS = {"s": "seconds", "cpu_time": "cpu_seconds", "max_rss": "memory_mb"}
"""Of a benchmark: seconds on the clock, seconds of processors, MB at most; a job of a moment may have none."""


class BenchmarkError(EmergenceError):
    """A benchmark that cannot be read; the message names it and the remedy."""


def benchmark(path: Path) -> pd.DataFrame:
    """Time and memory of a job, as often as it was repeated.

    Raises:
        BenchmarkError: if the file is none of Snakemake's.
    """
    try:
        found = pd.read_csv(path, sep="\t", na_values="-")[list(COLUMNS)]
        return found.rename(columns=COLUMNS).astype("float64")
    except (OSError, ValueError, KeyError) as error:
        reason = " ".join(str(error).split())
        raise BenchmarkError(f"{path}: is no benchmark ({reason}); delete it and run its job again") from None


def used(folder: Path) -> pd.DataFrame:
    """A row a stage: its jobs, their hours on the clock and of processors in all, and the most memory of one."""
    jobs = [
        benchmark(path).assign(stage=path.relative_to(folder).parts[0].removesuffix(".tsv"))
        for path in sorted(folder.rglob("*.tsv"))
    ]
    columns = ["stage", *COLUMNS.values()]
    every = pd.concat(jobs, ignore_index=True)[columns] if jobs else pd.DataFrame(columns=columns)
    summed = every.groupby("stage").agg(
        jobs=("stage", "size"),
        hours=("seconds", "sum"),
        cpu_hours=("cpu_seconds", "sum"),
        memory_mb=("memory_mb", "max"),
    )
    summed[["hours", "cpu_hours"]] /= 3600
    return summed.sort_values("cpu_hours", ascending=False, kind="stable").reset_index()


def make(settings: PlainSettings, benchmarks: Path, csv: Path) -> None:  # noqa: ARG001
    """Sum up the benchmarks in a folder, by stage."""
    with replacing(csv) as temporary:
        used(benchmarks).to_csv(temporary, index=False)
