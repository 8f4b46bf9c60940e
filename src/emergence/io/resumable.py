"""Resumable jobs: the state of a long job, kept outside its outputs until it ends.

A workflow manager removes what a failed job has written, so state lies in a folder that no rule declares. It belongs to
its origin: settings, source files, versions and inputs. State of another origin, or damaged state, is discarded with a
warning in the log. A job holds the lock of its folder; the lock dies with the job, however that ends.
"""

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

import filelock
import pandas as pd
from numpy.typing import NDArray
from pydantic import BaseModel

from emergence.errors import EmergenceError
from emergence.io import tables, tensors, usage
from emergence.io.files import sha256, write_json
from emergence.io.progress import Progress
from emergence.io.provenance import source_hash, versions
from emergence.io.tables import Schema

logger = logging.getLogger("emergence")

SAVING_SHARE = 0.02
"""of a job's time, at most, that is spent on saving its state"""
USED = "usage.json"
"""File of a state with what the job has used so far"""
LOCK_TIMEOUT = 1.0
"""seconds; longer than the job before takes to remove its lock"""
SIGNALS = (signal.SIGTERM, signal.SIGINT)
Item = TypeVar("Item")


class ResumeError(EmergenceError):
    """A job that cannot start; the message names the folder and the remedy."""


class StoppedError(EmergenceError):
    """A job that was told to stop, and has saved its state."""

    def __init__(self, number: int) -> None:
        super().__init__(f"stopped by {signal.Signals(number).name}; the state is saved: run again to resume")
        self.exit_code = 128 + number


@dataclass
class StopRequest:
    """A pending stop request."""

    signal: int | None = None
    """number of the signal that asked the job to stop"""
    at_once: bool = False
    """whether the job may be interrupted between two saves"""

    def handle(self, number: int, _frame: FrameType | None) -> None:
        """Handle a signal; a second one ends the job as if there were no handler."""
        self.signal = number
        signal.signal(number, signal.SIG_DFL)
        if self.at_once:
            raise StoppedError(number)


@dataclass
class ResumableJob:
    """The state of one job, and when to save it."""

    folder: Path
    stop: StopRequest = field(default_factory=StopRequest)
    used: Path | None = None
    """file of what the job has used; a part of a job has that of the whole"""
    _saved_at: float = field(default_factory=lambda: time.monotonic())
    _cost: float = 0.0

    def nested(self, name: str) -> "ResumableJob":
        """A part of the job with a state of its own."""
        return ResumableJob(self.folder / name, self.stop, self.used)

    def save_if_due(self, save: Callable[[], None], now: bool = False) -> None:
        """Call ``save`` if the job is to stop, if ``now``, or if it would cost no more than `SAVING_SHARE` of the time.

        Raises:
            StoppedError: if the job is to stop; its state is saved.
        """
        started = time.monotonic()
        if now or self.stop.signal or started - self._saved_at >= self._cost / SAVING_SHARE:
            save()
            self._keep_usage()
            self._saved_at = time.monotonic()
            self._cost = self._saved_at - started
        if self.stop.signal:
            raise StoppedError(self.stop.signal)

    def save(self, arrays: Mapping[str, NDArray[Any]], facts: Mapping[str, Any]) -> None:
        """Replace the saved state by arrays and by facts that JSON can hold."""
        tensors.write(self.folder / "state.safetensors", arrays, {"facts": json.dumps(facts)})

    def load(self) -> tuple[dict[str, NDArray[Any]], dict[str, Any]] | None:
        """Arrays and facts that were saved last; None if there are none, or they are damaged."""
        path = self.folder / "state.safetensors"
        if not path.exists():
            return None
        try:
            arrays, about = tensors.read(path)
        except EmergenceError as error:
            _discard(str(error))
            return None
        return arrays, json.loads(about["facts"])

    def publish(self, name: str, folder: Path) -> None:
        """Copy a folder of the state to the outputs; the state stays complete until the job has ended."""
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(self.folder / name, folder, copy_function=_link)

    def map_resumable(
        self, schema: Schema, items: Sequence[Item], measure: Callable[[Item], pd.DataFrame], progress: Progress
    ) -> pd.DataFrame:
        """Rows of a table, item by item; those of items that were finished before are read back.

        Raises:
            StoppedError: if the job is to stop; it stops at once, and all finished items are saved.
        """
        done, frames = self._saved_rows(schema)

        def save() -> None:
            self._save_rows(schema, done, frames)

        self.stop.at_once = True
        try:
            for item in items[done:]:
                frames.append(measure(item))
                done += 1
                self.save_if_due(save)
                progress(done)
        except StoppedError:
            self.stop.at_once = False
            save()
            self._keep_usage()
            raise
        self.stop.at_once = False
        return pd.concat(frames, ignore_index=True)

    def _keep_usage(self) -> None:
        if self.used is not None:
            usage.keep(self.used)

    def _saved_rows(self, schema: Schema) -> tuple[int, list[pd.DataFrame]]:
        """Number of finished items, and their rows."""
        for path in sorted(self.folder.glob("*.parquet"), reverse=True):
            try:
                rows = tables.read(schema, path)
                logger.info("Resuming at item %s from %s", f"{int(path.stem):,}", path)
                return int(path.stem), [rows]
            except EmergenceError as error:
                _discard(str(error))
        return 0, []

    def _save_rows(self, schema: Schema, done: int, frames: list[pd.DataFrame]) -> None:
        """Write the rows to a file named by the number of items, then remove older files."""
        path = self.folder / f"{done:08d}.parquet"
        if not frames or path.exists():
            return
        tables.write(schema, pd.concat(frames, ignore_index=True), path)
        for older in set(self.folder.glob("*.parquet")) - {path}:
            older.unlink()


@contextmanager
def resumable_job(folder: Path, origin: Mapping[str, str]) -> Iterator[ResumableJob]:
    """A job, new or resumed; its state is removed at the end, and stays if the job fails or stops.

    Args:
        folder: Of the state.
        origin: See `origin`; state of another origin is discarded.

    Raises:
        ResumeError: if another job uses this folder.
    """
    with _locked(folder), _signal_handlers() as stop:
        _prepare(folder, origin)
        usage.resume(folder / USED)
        yield ResumableJob(folder, stop, folder / USED)
        shutil.rmtree(folder)


def origin(settings: BaseModel, modules: Sequence[str], inputs: Sequence[Path]) -> dict[str, str]:
    """All that the numbers of a job depend on: settings, source files of its modules, versions, contents of inputs."""
    hashes = {"settings": sha256(settings.model_dump_json().encode())}
    hashes |= {f"source of {module}": source_hash(module) for module in modules}
    return hashes | versions() | {f"input {path.name}": sha256(path.read_bytes()) for path in inputs if path.exists()}


def _prepare(folder: Path, origin: Mapping[str, str]) -> None:
    """Leave state of this origin, and nothing else."""
    path = folder / "origin.json"
    if folder.exists() and (differing := _differing(path, origin)):
        _discard(f"{folder}: state of another {', '.join(differing)}")
        path.unlink(missing_ok=True)  # first, so that no half-emptied folder passes for state
        shutil.rmtree(folder)
    if not path.exists():
        write_json(path, dict(origin))


def _differing(path: Path, origin: Mapping[str, str]) -> list[str]:
    """Keys in which a saved origin differs."""
    try:
        saved = json.loads(path.read_text(encoding="utf-8"))
        return [key for key in {**origin, **saved} if saved.get(key) != origin.get(key)]
    except (OSError, ValueError, TypeError):
        return ["origin, which cannot be read"]


def _link(source: str, target: str) -> None:
    """Hard-link, or copy where links are unsupported."""
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)


def _discard(reason: str) -> None:
    logger.warning("%s; discarded, the job starts from the beginning", reason)


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """Hold the lock of a folder; its file stands beside the folder, which may be removed and created again."""
    path = folder.with_name(f"{folder.name}.lock")
    path.parent.mkdir(parents=True, exist_ok=True)
    # No soft lock where flock is unsupported: a soft lock would outlive a killed job.
    lock = filelock.FileLock(path, timeout=LOCK_TIMEOUT, fallback_to_soft=False)
    try:
        lock.acquire()
    except filelock.Timeout:
        raise ResumeError(f"{path}: held by another job on {folder}; wait for it to end, or stop it") from None
    except OSError as error:  # file systems without locks
        logger.warning("%s: cannot be locked (%s); make sure that no other job uses %s", path, error, folder)
    try:
        yield
        path.unlink(missing_ok=True)
    finally:
        lock.release()


@contextmanager
def _signal_handlers() -> Iterator[StopRequest]:
    """Install signal handlers for the duration of the job."""
    stop = StopRequest()
    if threading.current_thread() is not threading.main_thread():
        yield stop  # only the main thread may set handlers
        return
    before = {number: signal.signal(number, stop.handle) for number in SIGNALS}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
