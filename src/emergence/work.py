"""Work that goes on where it was stopped: the state of a long job, kept outside its outputs until it ends.

A workflow manager removes what a failed job has written, so state lies in a folder that no rule declares. It belongs to
its origin: settings, source files, versions and inputs. State of any other origin, or damaged, is not used, and a line
in the log says so. A job holds the lock of its folder; the lock dies with the job, however that ends.
"""

import fcntl
import json
import logging
import os
import shutil
import signal
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import Any, TypeVar

import pandas as pd
from numpy.typing import NDArray
from pydantic import BaseModel

from emergence import tables, tensors
from emergence.errors import EmergenceError
from emergence.files import sha256, write_json
from emergence.progress import Progress
from emergence.provenance import source_hash, versions
from emergence.tables import Schema

logger = logging.getLogger("emergence")

SHARE = 0.02
"""of a job's time, at most, that goes into keeping state"""
SIGNALS = (signal.SIGTERM, signal.SIGINT)
Item = TypeVar("Item")


class WorkError(EmergenceError):
    """Work that cannot be begun; the message names the folder and the remedy."""


class StoppedError(EmergenceError):
    """A job that was told to stop, and has kept its state."""

    def __init__(self, number: int) -> None:
        super().__init__(f"stopped by {signal.Signals(number).name}; its state is kept: run again to go on")
        self.exit_code = 128 + number


@dataclass
class Bell:
    """What a job has been told since it began."""

    number: int | None = None
    """of the signal by which it is to stop"""
    at_once: bool = False
    """whether it may be interrupted in the middle"""

    def ring(self, number: int, _frame: FrameType | None) -> None:
        """Handle a signal; one more of them ends the job as if there were no handler."""
        self.number = number
        signal.signal(number, signal.SIG_DFL)
        if self.at_once:
            raise StoppedError(number)


@dataclass
class Work:
    """The state of one job, and when to keep it."""

    folder: Path
    bell: Bell = field(default_factory=Bell)
    _kept: float = field(default_factory=lambda: time.monotonic())
    _cost: float = 0.0

    def part(self, name: str) -> "Work":
        """A piece of the work, with a state of its own."""
        return Work(self.folder / name, self.bell)

    def keep(self, save: Callable[[], None], now: bool = False) -> None:
        """Save the state if the job is to stop, if ``now``, or if it is time to, so that it costs no more than `SHARE`.

        Raises:
            StoppedError: if the job is to stop; its state is saved.
        """
        begun = time.monotonic()
        if now or self.bell.number or begun - self._kept >= self._cost / SHARE:
            save()
            self._kept = time.monotonic()
            self._cost = self._kept - begun
        if self.bell.number:
            raise StoppedError(self.bell.number)

    def save(self, arrays: Mapping[str, NDArray[Any]], facts: Mapping[str, Any]) -> None:
        """Write arrays and facts that JSON can hold, in place of those before."""
        tensors.write(self.folder / "state.safetensors", arrays, {"facts": json.dumps(facts)})

    def load(self) -> tuple[dict[str, NDArray[Any]], dict[str, Any]] | None:
        """Arrays and facts that were saved last; None if there are none, or none that can be used."""
        path = self.folder / "state.safetensors"
        if not path.exists():
            return None
        try:
            arrays, about = tensors.read(path)
        except EmergenceError as error:
            _not_used(str(error))
            return None
        return arrays, json.loads(about["facts"])

    def deliver(self, name: str, place: Path) -> None:
        """Put a folder of the state among the outputs as well; the state stays whole until the work has ended."""
        shutil.rmtree(place, ignore_errors=True)
        shutil.copytree(self.folder / name, place, copy_function=_link)

    def gather(
        self, schema: Schema, items: Sequence[Item], measure: Callable[[Item], pd.DataFrame], progress: Progress
    ) -> pd.DataFrame:
        """Rows of a table, item by item; those of items that were done before are read back.

        Raises:
            StoppedError: if the job is to stop; it stops at once, and all finished items are saved.
        """
        done, frames = self._rows(schema)

        def save() -> None:
            self._save_rows(schema, done, frames)

        self.bell.at_once = True
        try:
            for item in items[done:]:
                frames.append(measure(item))
                done += 1
                self.keep(save)
                progress(done)
        except StoppedError:
            self.bell.at_once = False
            save()
            raise
        self.bell.at_once = False
        return pd.concat(frames, ignore_index=True)

    def _rows(self, schema: Schema) -> tuple[int, list[pd.DataFrame]]:
        """How many items were done, and their rows."""
        for path in sorted(self.folder.glob("*.parquet"), reverse=True):
            try:
                rows = tables.read(schema, path)
                logger.info("goes on after %d items, of which %s has the rows", int(path.stem), path)
                return int(path.stem), [rows]
            except EmergenceError as error:
                _not_used(str(error))
        return 0, []

    def _save_rows(self, schema: Schema, done: int, frames: list[pd.DataFrame]) -> None:
        """Write the rows under the number of items, then remove those before."""
        path = self.folder / f"{done:08d}.parquet"
        if not frames or path.exists():
            return
        tables.write(schema, pd.concat(frames, ignore_index=True), path)
        for before in set(self.folder.glob("*.parquet")) - {path}:
            before.unlink()


@contextmanager
def unfinished(folder: Path, origin: Mapping[str, str]) -> Iterator[Work]:
    """Work of an origin, new or begun before; its state is removed at the end, and stays if the job fails or stops.

    Raises:
        WorkError: if another job works in this folder.
    """
    with _locked(folder), _listening() as bell:
        _prepare(folder, origin)
        yield Work(folder, bell)
        shutil.rmtree(folder)


def origin(settings: BaseModel, modules: Sequence[str], inputs: Sequence[Path]) -> dict[str, str]:
    """All that the numbers of a job depend on: settings, source files of its modules, versions, contents of inputs."""
    found = {"settings": sha256(settings.model_dump_json().encode())}
    found |= {f"source of {module}": source_hash(module) for module in modules}
    return found | versions() | {f"input {path.name}": sha256(path.read_bytes()) for path in inputs if path.exists()}


def _prepare(folder: Path, origin: Mapping[str, str]) -> None:
    """Leave state of this origin, and nothing else."""
    path = folder / "origin.json"
    if folder.exists() and (differing := _differing(path, origin)):
        _not_used(f"{folder}: state of another {', '.join(differing)}")
        path.unlink(missing_ok=True)  # first, so that no half-emptied folder passes for state
        shutil.rmtree(folder)
    if not path.exists():
        write_json(path, dict(origin))


def _differing(path: Path, origin: Mapping[str, str]) -> list[str]:
    """In what the origin of a state is another."""
    try:
        found = json.loads(path.read_text())
        return [key for key in {**origin, **found} if found.get(key) != origin.get(key)]
    except (OSError, ValueError, TypeError):
        return ["origin, which cannot be read"]


def _link(source: str, place: str) -> None:
    """A second name for a file, or a copy where the file system has no such thing."""
    try:
        os.link(source, place)
    except OSError:
        shutil.copy2(source, place)


def _not_used(reason: str) -> None:
    logger.warning("%s; it is not used, this work starts from its beginning", reason)


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """Hold the lock of a folder; it stands beside the folder, since that may be removed and made anew."""
    path = folder.with_name(f"{folder.name}.lock")
    path.parent.mkdir(parents=True, exist_ok=True)
    handle = _lock(path)
    while not os.fstat(handle).st_nlink:  # the job before has removed it in between
        os.close(handle)
        handle = _lock(path)
    try:
        yield
        path.unlink(missing_ok=True)
    finally:
        os.close(handle)


def _lock(path: Path) -> int:
    """Open a file and lock it, without waiting."""
    handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(handle)
        raise WorkError(f"{path}: held by another job on this; wait for that to end, or stop it") from None
    except OSError as error:  # file systems without locks
        logger.warning("%s: cannot be locked (%s); see that no other job works on this", path, error)
    return handle


@contextmanager
def _listening() -> Iterator[Bell]:
    """Hear signals for as long as the work lasts."""
    bell = Bell()
    if threading.current_thread() is not threading.main_thread():
        yield bell  # only the main thread may set handlers
        return
    before = {number: signal.signal(number, bell.ring) for number in SIGNALS}
    try:
        yield bell
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
