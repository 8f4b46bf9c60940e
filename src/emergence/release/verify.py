"""Is a results folder what the stages wrote? Every table, tensor file, manifest, checkpoint and other file, by hash.

State of unfinished work, logs, benchmarks and downloads are not results.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from importlib import import_module  # noqa: TID251 - a module of this package, from a table or a checked setting
from pathlib import Path
from pkgutil import iter_modules

from emergence import schemas
from emergence.checkpoints import hf_manifest
from emergence.checkpoints.trajectory import Trajectory
from emergence.errors import EmergenceError
from emergence.io import tables, tensors
from emergence.io.tables import Schema
from emergence.release import checksums
from emergence.tasks import corpus

NO_RESULTS = ("state", "logs", "benchmarks", "downloads")
"""Folders that are not looked into."""
UNLISTED = (
    f"Figures, numbers, paper and explorer have no {checksums.NAME} to be held against: it comes at the end of a run"
)


@dataclass
class Verification:
    """Outcome of a verification: counts of files, and a line for each fault that names the file and the remedy."""

    tables: int = 0
    checkpoints: int = 0
    files: int = 0
    complete: bool = False
    """whether the run has ended, and listed its other files"""
    faults: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        """The faults, or that there are none."""
        seen = f"{self.tables} tables, {self.checkpoints} checkpoints and {self.files} other files"
        lines = [*self.faults, f"{seen}: {len(self.faults) or 'no'} fault{'s' * (len(self.faults) != 1)}"]
        return "\n".join(lines if self.complete else [*lines, UNLISTED])


class VerifyError(EmergenceError):
    """A folder in which there is nothing to verify, or a file that no stage wrote; the message names it."""


def verify(results: Path) -> Verification:
    """Look at every table, tensor file and checkpoint of a results folder.

    Raises:
        VerifyError: if there are none.
    """
    findings = Verification()
    known = {schema.name: schema for schema in every_schema()}
    for path in result_files(results, "parquet"):
        findings.tables += 1
        findings.faults += _refused(_look_at_table, path, known)
    for path in result_files(results, "safetensors"):
        if "trajectories" not in path.relative_to(results).parts:
            findings.faults += _refused(_look_at_tensors, path)
    for folder in sorted(path for path in results.glob("*/trajectories/*") if path.is_dir()):
        findings.faults += _refused(_look_at_trajectory, folder, findings)
    findings.complete = (sums := results / checksums.NAME).exists()
    if findings.complete:
        findings.faults += _refused(_look_at_files, sums, findings)
    if not findings.tables and not findings.checkpoints:
        raise VerifyError(f"{results}: no tables and no checkpoints; give the results folder of a tier")
    return findings


def result_files(results: Path, kind: str) -> list[Path]:
    """Files of a results folder with this ending, sorted; those of unfinished work and downloads are none."""
    paths = sorted(results.rglob(f"*.{kind}"))
    return [path for path in paths if not {*NO_RESULTS} & {*path.relative_to(results).parts}]


def every_schema() -> Iterator[Schema]:
    """Every schema there is."""
    for module in iter_modules(schemas.__path__, f"{schemas.__name__}."):
        yield from (value for value in vars(import_module(module.name)).values() if isinstance(value, Schema))


def _refused(look: Callable[..., object], *at: object) -> list[str]:
    """The message of the reader that refuses a file; nothing if it is whole."""
    try:
        look(*at)
    except EmergenceError as error:
        return [str(error)]
    return []


def _look_at_table(path: Path, known: Mapping[str, Schema]) -> None:
    """A table, and its copy for eyes where there is one."""
    name, copy = tables.name(path), path.with_suffix(".csv")
    if name not in known:
        raise VerifyError(f"{path}: is not a table of this version ({name or 'no name'}); delete it and run again")
    table = tables.read(known[name], path)
    if copy.exists() and copy.read_bytes() != table.to_csv(index=False).encode():
        raise VerifyError(f"{copy}: is not the table beside it; delete it and run again")


def _look_at_files(sums: Path, findings: Verification) -> None:
    """Files that have no hash of their own."""
    for path, digest in checksums.listed(sums):
        findings.files += 1
        if wrong := checksums.changed(path, digest):
            findings.faults.append(wrong)


def _look_at_tensors(path: Path) -> None:
    """Arrays, and the tokenizer whose tokens they are."""
    _, about = tensors.read(path)
    if corpus.TOKENIZER in about:
        corpus.load_tokenizer(path.with_name("tokenizer.json"), path)


def _look_at_trajectory(folder: Path, findings: Verification) -> None:
    """A manifest, and everything that it names."""
    run = Trajectory.open(folder)
    look: Callable[[int], object] = run.weights
    if run.identity["study"] == hf_manifest.STUDY:
        series = hf_manifest.open_series(folder)[1]
        look = series.verify
        findings.faults += _refused(series.tokenizer_file)
    for step in run.steps:
        findings.checkpoints += 1
        findings.faults += _refused(look, step)
