"""Processor seconds of this project's work and of its peers' in turn, and the agreement of their numbers.

Timings of one machine mean little and are noisy; ratios of interleaved measurements mean more. They count processor
seconds, children's included, so that other work on the machine hardly moves them.
"""

import resource
import statistics
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

PROJECT = Path(__file__).parents[2]

Work = Callable[[], object]


@dataclass(frozen=True)
class Agreement:
    """How far two numbers, that should be one, are apart; beyond ``allowed`` a comparison of speeds means nothing."""

    of: str
    difference: float
    allowed: float

    @property
    def holds(self) -> bool:
        return self.difference <= self.allowed  # not so for NaN

    def __str__(self) -> str:
        return f"{self.of} {self.difference:.0e}" + ("" if self.holds else f" exceeds {self.allowed:.0e}")


@dataclass(frozen=True)
class Peer:
    """The same work by other code: ``make`` prepares it and compares one result."""

    name: str
    make: Callable[[], tuple[Work, Agreement | None]]
    target: float | None = 1.0
    """least ratio of its time to ours; None for a bound that nothing can beat"""


@dataclass(frozen=True)
class Case:
    """A piece of work of this project, with its peers."""

    what: str
    size: str
    ours: Work
    peers: tuple[Peer, ...] = ()
    pieces: int = 1
    """pieces of work (steps, draws) in one call; times are of one"""
    rounds: int = 3


@dataclass(frozen=True)
class Row:
    """A line of the table; times are in processor seconds, None without a peer."""

    what: str
    size: str
    ours: float
    peer: str = ""
    theirs: float | None = None
    ratio: float | None = None
    target: float | None = None
    agreement: Agreement | None = None
    missing: str = ""
    """why the peer did not run"""

    @property
    def missed(self) -> bool:
        """Whether a target is missed, or numbers disagree."""
        slow = self.ratio is not None and self.target is not None and self.ratio < self.target
        return slow or (self.agreement is not None and not self.agreement.holds)


def processor_seconds() -> float:
    """Of this process and of its children that have ended."""
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + children.ru_utime + children.ru_stime


def seconds(work: Work) -> float:
    """Processor seconds of a call."""
    begun = processor_seconds()
    work()
    return processor_seconds() - begun


def race(case: Case) -> Iterator[Row]:
    """Time a case and its peers in turn, after one call of each; medians, and the median of the rounds' ratios."""
    ready: list[tuple[Peer, Work, Agreement | None]] = []
    missing: dict[str, str] = {}
    for peer in case.peers:
        try:
            ready.append((peer, *peer.make()))
        except ImportError as error:
            missing[peer.name] = f"not installed: {error}"
    works = [case.ours, *(work for _, work, _ in ready)]
    for work in works if case.rounds > 1 else []:
        work()
    columns = list(zip(*([seconds(work) for work in works] for _ in range(case.rounds)), strict=True))
    ours = statistics.median(columns[0]) / case.pieces
    if not case.peers:
        yield Row(case.what, case.size, ours)
    for (peer, _, agreement), column in zip(ready, columns[1:], strict=True):
        ratio = statistics.median(theirs / own for own, theirs in zip(columns[0], column, strict=True))
        theirs = statistics.median(column) / case.pieces
        yield Row(case.what, case.size, ours, peer.name, theirs, ratio, peer.target, agreement)
    for name, reason in missing.items():
        yield Row(case.what, case.size, ours, name, missing=reason)
