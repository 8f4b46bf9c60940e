"""Display of a run: a live line on a terminal, a line every few minutes elsewhere, failures with their log.

Snakemake logs what happens as events. `RunDisplay` is a filter of the handler that prints them: it keeps count, holds
back what the live line says already, and lets warnings and errors through. Its file of messages stays complete.
"""

import logging
import re
import shutil
import sys
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TextIO

from emergence.io.progress import duration

TICK, EVERY = 1.0, 300.0
"""Seconds between two live lines, and between two lines of a run that nobody watches."""
HEAD_START = 20.0
"""CPU seconds at the speed of undisturbed cores that count beside what was seen, so that early estimates are calm."""
ALMOST = 0.95
"""Share of a job that takes longer than expected."""
TAIL = 25
"""Lines of a failed job's log that are shown."""
DECLARED = re.compile(r"\((\d+)%\)[^\n]*\n*\Z")
"""Share of a job that its log ends in; see `emergence.io.progress`."""
ITS_COMMAND = "returned non-zero exit status"
"""In Snakemake's account of a failed command, which repeats its settings; the job's log says why it failed."""
STOPPED = re.compile(r"stopped by SIG\w+; |KeyboardInterrupt")
SAID = ("Terminating processes", "Unlock", "Removed the lock")


@dataclass(frozen=True)
class Job:
    """A job of the run: its name, what it does in words, its log, and its cost in CPU seconds."""

    name: str
    label: str
    log: Path | None
    cost: float


@dataclass
class Work:
    """The jobs of a run, and how much of their work is done."""

    jobs: Mapping[int, Job]
    cores: int
    begun: float
    running: dict[int, float] = field(default_factory=dict)
    """times at which they began"""
    ended: set[int] = field(default_factory=set)
    failed: set[int] = field(default_factory=set)
    busy: float = 0.0
    """seconds that ended jobs took"""

    @property
    def total(self) -> float:
        """CPU seconds of all jobs."""
        return sum(job.cost for job in self.jobs.values())

    def done(self, now: float) -> float:
        """CPU seconds of what has ended, and of what running jobs have got done."""
        parts = (self._share(number, now) * self.jobs[number].cost for number in self.running)
        return self._ended + sum(parts)

    def left(self, now: float) -> float:
        """Seconds until the end: all remaining work at the speed so far, and no less than the longest running job."""
        done = self.done(now)
        longest = max(((1 - self._share(number, now)) * self.jobs[number].cost for number in self.running), default=0.0)
        return max((self.total - done) / self._speed(done, now), longest)

    def _share(self, number: int, now: float) -> float:
        """Share of a running job, as its log declares it, or else by the time it has taken."""
        log, cost = self.jobs[number].log, self.jobs[number].cost
        if log is not None and (declared := DECLARED.search(_end(log))):
            return int(declared[1]) / 100
        pace = min(1.0, (self._ended + HEAD_START) / (self.busy + HEAD_START))
        return min(ALMOST, (now - self.running[number]) * pace / cost) if cost else ALMOST

    @property
    def _ended(self) -> float:
        return sum(self.jobs[number].cost for number in self.ended)

    def _speed(self, done: float, now: float) -> float:
        """CPU seconds of work a second, of all cores."""
        return (done + HEAD_START) / (now - self.begun + HEAD_START / self.cores)


class RunDisplay(logging.Filter):
    """Shows a run; as a filter it lets through what is to be printed as Snakemake has it.

    It begins with a run's first event, so that dry runs, ``--lint`` and the like print as ever.

    Args:
        plan: gives the jobs by their numbers and the number of cores, when the run begins.
        idle: called where there is nothing to run.
        stream: where Snakemake prints.
        clock: seconds.
    """

    def __init__(
        self,
        plan: Callable[[], tuple[Mapping[int, Job], int]],
        idle: Callable[[], None] = lambda: None,
        stream: TextIO = sys.stderr,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__()
        self.plan, self.idle, self.stream, self.clock = plan, idle, stream, clock
        self.live = stream.isatty()
        self.active = False
        self.work: Work | None = None
        self._lock, self._over = threading.RLock(), threading.Event()

    def filter(self, record: logging.LogRecord) -> bool:
        """Take note of an event; whether it is to be printed."""
        try:
            with self._lock:
                self.active |= getattr(record, "event", None) == "workflow_started"
                passed = not self.active or self._passes(record)
                if passed:
                    self._clear()
                return passed
        except (AttributeError, KeyError, TypeError, ValueError):  # another version's events: print as it does
            self.active = False
            return True

    def _passes(self, record: logging.LogRecord) -> bool:
        event, message = getattr(record, "event", None), str(record.msg)
        if event == "run_info":
            self._begin()
        elif message.startswith("Nothing to be done"):
            self.idle()
            return True
        elif self.work is not None and event == "job_info":
            if (number := record.__dict__["jobid"]) in self.work.jobs:  # a rule that only asks for files is none
                self.work.running[number] = self.clock()
            self._draw()
        elif self.work is not None and event == "job_finished":
            self._end_job(record.__dict__["job_id"], self.work.ended)
        elif self.work is not None and event == "job_error":
            return self._fail(record)
        elif record.levelno >= logging.WARNING:
            return ITS_COMMAND not in message or self.work is None
        return message.startswith(SAID)

    def _begin(self) -> None:
        jobs, cores = self.plan()
        self.work = Work(jobs, cores, self.clock())
        left = duration(self.work.left(self.work.begun))
        size = f"{_several(len(jobs), 'job')}, about {left} on {_several(cores, 'core')}"
        self._print(f"{size}. Ctrl-C stops; the same command resumes.")
        threading.Thread(target=self._tick, daemon=True).start()

    def _tick(self) -> None:
        while not self._over.wait(TICK if self.live else EVERY):
            with self._lock:
                self._draw() if self.live else self._print(self.line())

    def _end_job(self, number: int, into: set[int]) -> None:
        assert self.work is not None
        now = self.clock()
        if number in self.work.jobs:
            self.work.busy += now - self.work.running.pop(number, now)
            into.add(number)
        self._draw()

    def _fail(self, record: logging.LogRecord) -> bool:
        """Print why a job failed; if its log does not say, let Snakemake print what it knows."""
        assert self.work is not None
        number = record.__dict__["jobid"]
        self._end_job(number, self.work.failed)
        job = self.work.jobs.get(number)
        last = _end(job.log).splitlines()[-TAIL:] if job and job.log else []
        if job is None or not last:
            return True
        if STOPPED.search("\n".join(last)):
            self._print(f"Stopped: {job.label}")
            return False
        rule = record.__dict__["rule_name"]
        lines = [f"Error in rule {rule}: {job.label}", *(f"    {line}" for line in last), f"Its log: {job.log}"]
        self._print("\n".join(lines))
        return False

    def line(self) -> str:
        """Share of the work that is done, time left, and what is running."""
        work, now = self.work, self.clock()
        if work is None:
            return ""
        share = work.done(now) / work.total if work.total else 1.0
        names = [work.jobs[number].name for number in work.running]
        parts = [f"{share:4.0%}", f"{duration(work.left(now))} left", f"{len(work.ended)}/{len(work.jobs)} jobs"]
        parts += [f"{_several(len(work.failed), 'job')} failed"] if work.failed else []
        return " · ".join([*parts, ", ".join(names)] if names else parts)

    def end(self, success: bool) -> None:
        """Take the live line away, and say how the run ended."""
        self._over.set()
        with self._lock:
            if (work := self.work) is None:
                return
            spent, now = duration(self.clock() - work.begun), self.clock()
            if success:
                self._print(f"Done: {_several(len(work.jobs), 'job')} in {spent}")
            else:
                share = work.done(now) / work.total if work.total else 1.0
                done = f"{len(work.ended)} of {len(work.jobs)} jobs ({share:.0%} of the work)"
                self._print(f"{done} are done after {spent}; the same command resumes.")
            self.work = None

    def _print(self, text: str) -> None:
        self._clear()
        self.stream.write(f"{text}\n")
        self.stream.flush()

    def _draw(self) -> None:
        if self.live and self.work is not None:
            self.stream.write(f"\r\033[K{self.line()[: shutil.get_terminal_size().columns - 1]}")
            self.stream.flush()

    def _clear(self) -> None:
        if self.live and self.work is not None:
            self.stream.write("\r\033[K")


def _end(log: Path, most: int = 4000) -> str:
    """The end of a log; empty if there is none."""
    try:
        with log.open("rb") as file:
            file.seek(max(0, log.stat().st_size - most))
            return file.read().decode(errors="replace").rstrip()
    except OSError:
        return ""


def _several(count: int, name: str) -> str:
    """A count of things.

    >>> _several(1, "job"), _several(1200, "job")
    ('1 job', '1,200 jobs')
    """
    return f"{count:,} {name}{'' if count == 1 else 's'}"
