"""What tests of the workflow share."""

import hashlib
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

PROJECT = Path(__file__).parents[1]
SMOKE = ("--configfile", "workflow/tiers/smoke.yaml")


@dataclass(frozen=True)
class Copy:
    """A copy of the project's tracked files; its own source is what its jobs run."""

    folder: Path

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
            [str(Path(sys.executable).with_name("snakemake")), *arguments],
            cwd=self.folder,
            env={**os.environ, "PYTHONPATH": str(self.folder / "src")},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        with run:
            try:
                yield run
            finally:
                with suppress(ProcessLookupError):
                    os.killpg(run.pid, signal.SIGKILL)

    def planned(self, *arguments: str) -> dict[str, int]:
        """Jobs that a dry-run plans, by rule, less targets and the record of the run, which every change is part of."""
        printed = self.snakemake("--dry-run", *arguments)
        table = printed.partition("Job stats:")[2].partition("total")[0]
        jobs = {rule: int(count) for rule, count in re.findall(r"^(\w+) +(\d+)$", table, re.MULTILINE)}
        return {rule: count for rule, count in jobs.items() if rule not in ("all", "record")}


def overlay(copy: Copy, name: str, text: str) -> tuple[str, ...]:
    """Arguments for the smoke tier with one more overlay."""
    (copy.folder / name).write_text(text)
    return (*SMOKE, name)


def places(folder: str) -> dict[str, str]:
    """Settings ``pathvars`` of a run that writes below one folder alone."""
    return {"results": folder, **{name: f"{folder}/{name}" for name in ("figures", "logs", "benchmarks", "paper")}}


def digests(folder: Path) -> dict[str, str]:
    """SHA-256 of every result, less logs, benchmarks and the record, which tells the places and the device as well."""
    kinds = {".parquet", ".safetensors", ".json"}
    files = [path for path in folder.rglob("*") if path.is_file() and path.suffix in kinds and path.stem != "record"]
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}
