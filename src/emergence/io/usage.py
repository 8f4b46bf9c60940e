"""Resources that a job used, as the system accounts for them when the job ends: see getrusage(2).

A job that was stopped and resumes has used what its earlier attempts did, too: up to the state from which it resumes,
which keeps their account.
"""

import json
import resource
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Self

from emergence.io.files import replacing

BYTES = 1 if sys.platform == "darwin" else 1024
"""Unit of the peak memory that the system reports."""


@dataclass(frozen=True)
class Usage:
    """Time and memory of a process and of the children that it waited for, start-up included."""

    wall_seconds: float
    user_seconds: float
    system_seconds: float
    memory_mb: float
    """peak of the process or of its largest child"""
    start_seconds: float = 0.0
    """time on processors before the stage began: of the start of the process, with the libraries that it loads"""

    @property
    def cpu_seconds(self) -> float:
        """Time on processors, of the process itself and of the system for it."""
        return self.user_seconds + self.system_seconds

    def __add__(self, other: "Usage") -> "Usage":
        """Of one after the other."""
        return Usage(
            round(self.wall_seconds + other.wall_seconds, 3),
            round(self.user_seconds + other.user_seconds, 3),
            round(self.system_seconds + other.system_seconds, 3),
            max(self.memory_mb, other.memory_mb),
            round(self.start_seconds + other.start_seconds, 3),
        )

    def write(self, path: Path) -> None:
        """Replace the record of a job."""
        with replacing(path) as temporary:
            temporary.write_text(json.dumps(asdict(self)) + "\n", encoding="utf-8")

    @classmethod
    def since(cls, begun: float, start: float = 0.0) -> Self:
        """Of this process, so far; its wall-clock time counts from a reading of `time.monotonic`.

        Args:
            begun: That reading.
            start: Seconds on processors by then.
        """
        of_all = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
        return cls(
            round(time.monotonic() - begun, 3),
            round(sum(of.ru_utime for of in of_all), 3),
            round(sum(of.ru_stime for of in of_all), 3),
            round(max(_peak(), of_all[1].ru_maxrss * BYTES) / 1e6, 3),
            round(start, 3),
        )

    @classmethod
    def read(cls, path: Path) -> Self:
        """The record of a job.

        Raises:
            OSError: if the file cannot be read.
            ValueError, TypeError, AttributeError: if it is no such record.
        """
        return cls(**{name: float(value) for name, value in json.loads(path.read_text(encoding="utf-8")).items()})


def _peak() -> int:
    """Bytes; Linux's rusage has the peak of the program that started this one as well, its status file has not."""
    try:
        status = Path("/proc/self/status").read_text(encoding="utf-8")
        return int(status.partition("VmHWM:")[2].split()[0]) * 1024
    except (OSError, IndexError):
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * BYTES


@dataclass
class _Job:
    """The job that this process works on: rusage counts by process, so there is one."""

    begun: float
    start: float
    earlier: Usage

    def used(self) -> Usage:
        return self.earlier + Usage.since(self.begun, self.start)


_NONE = Usage(0.0, 0.0, 0.0, 0.0)
_job = _Job(time.monotonic(), 0.0, _NONE)


@contextmanager
def recorded(path: Path | None) -> Iterator[None]:
    """Write what this job used to a JSON file, if one is given, when the body has succeeded."""
    _job.begun, _job.start, _job.earlier = time.monotonic(), time.process_time(), _NONE
    yield
    if path is not None:
        _job.used().write(path)


def keep(path: Path) -> None:
    """Keep beside the state of a job what it has used so far, earlier attempts included."""
    _job.used().write(path)


def resume(path: Path) -> None:
    """Count what earlier attempts used, if it was kept beside the state from which this one resumes."""
    with suppress(OSError, ValueError, TypeError, AttributeError):  # an account that is damaged stops no job
        _job.earlier += Usage.read(path)
