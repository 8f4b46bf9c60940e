"""Is a results folder what the stages wrote? Tables against their schemas, checkpoints against their manifests."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules

import pyarrow as pa
import pyarrow.parquet as pq
import safetensors
from safetensors import SafetensorError

from emergence import schemas, tables
from emergence.errors import EmergenceError
from emergence.tables import Schema
from emergence.training import catalogue
from emergence.training.trajectory import Trajectory


@dataclass
class Findings:
    """What was looked at, and what is wrong: a line a fault that names the file and the remedy."""

    tables: int = 0
    checkpoints: int = 0
    faults: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        """The faults, or that there are none."""
        seen = f"{self.tables} tables and {self.checkpoints} checkpoints"
        return "\n".join([*self.faults, f"{seen}: {len(self.faults) or 'no'} fault{'s' * (len(self.faults) != 1)}"])


class VerifyError(EmergenceError):
    """A folder in which there is nothing to verify; the message names it."""


def verify(results: Path) -> Findings:
    """Look at every table, checkpoint and tensor file of a results folder.

    Raises:
        VerifyError: if there are none.
    """
    found = Findings()
    known = {schema.name: schema for schema in _schemas()}
    for path in sorted(results.rglob("*.parquet")):
        found.tables += 1
        found.faults += _of_table(path, known)
    for folder in sorted(path for path in results.glob("trajectories/*") if path.is_dir()):
        _trajectory(folder, found)
    for path in sorted(results.rglob("*.safetensors")):
        if "trajectories" not in path.relative_to(results).parts:
            found.faults += _of_tensors(path)
    if not found.tables and not found.checkpoints:
        raise VerifyError(f"{results}: no tables and no checkpoints; give the results folder of a tier")
    return found


def _schemas() -> Iterator[Schema]:
    """Every schema there is."""
    for module in iter_modules(schemas.__path__, f"{schemas.__name__}."):
        yield from (value for value in vars(import_module(module.name)).values() if isinstance(value, Schema))


def _of_table(path: Path, known: dict[str, Schema]) -> Iterator[str]:
    try:
        name = (pq.read_schema(path).metadata or {}).get(b"table", b"").decode()
        if name not in known:
            yield f"{path}: is no table of this version ({name or 'no name'}); delete it and run again"
        else:
            tables.read(known[name], path)
    except (pa.ArrowInvalid, OSError) as error:
        yield f"{path}: not a readable Parquet file ({' '.join(str(error).split())}); delete it and run again"
    except EmergenceError as error:
        yield str(error)


def _trajectory(folder: Path, found: Findings) -> None:
    """Every checkpoint that a manifest names, against its hash."""
    try:
        run = Trajectory.open(folder)
    except EmergenceError as error:
        found.faults.append(str(error))
        return
    of_language = run.identity["study"] == catalogue.STUDY
    weights = catalogue.opened(folder)[1].weights if of_language else run.weights
    for step in run.steps:
        found.checkpoints += 1
        try:
            weights(step)
        except EmergenceError as error:
            found.faults.append(str(error))


def _of_tensors(path: Path) -> Iterator[str]:
    try:
        with safetensors.safe_open(path, framework="np") as opened:
            list(opened.keys())
    except (OSError, SafetensorError) as error:
        yield f"{path}: not a readable safetensors file ({error}); delete it and run again"
