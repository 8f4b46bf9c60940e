"""A sweep of two-layer networks in one job: seeds x widths, for each size of the data set."""

from collections.abc import Callable, Sequence
from itertools import product
from pathlib import Path

import numpy as np
import pandas as pd

from emergence import tables
from emergence.models import build
from emergence.progress import Progress
from emergence.schemas.solvable import SWEEP
from emergence.settings.networks import SweepSettings
from emergence.tasks.parity import MultitaskParity
from emergence.training.parity import HeldOut, Learner, ParityError, Source
from emergence.training.stack import Stack
from emergence.training.state import Record, steps
from emergence.work import Work, origin, unfinished


def moments(every: int, last: int) -> list[int]:
    """Steps at which networks are judged: each ``every``-th from 0, and the last.

    >>> moments(40, 100)
    [0, 40, 80, 100]
    """
    return sorted({*range(0, last, every), last})


def make(settings: SweepSettings, table: Path, state: Path) -> None:
    """Train a sweep and write the strength of every skill along it (table ``sweep``).

    It goes on from ``state`` if it was stopped before.

    Raises:
        ParityError: if a network is not finite any more.
        StoppedError: if the job is told to stop.
    """
    sizes: list[int | None] = list(settings.sweep.samples) if settings.sweep.samples else [None]
    progress = Progress(f"sweep {settings.name}", len(sizes) * settings.sweep.steps, "steps")
    test = HeldOut(MultitaskParity(settings.parity), settings.test, settings.seed)
    frames = []
    with unfinished(state, origin(settings, [__name__], [])) as work:
        for number, size in enumerate(sizes):
            of_size = work.part(str(size or "fresh"))
            before = number * settings.sweep.steps
            found = _trained(settings, size, test, of_size, lambda step: progress(before + step))  # noqa: B023
            frames.append(found.assign(samples=size))
        every = pd.concat(frames).assign(sweep=settings.name).astype({"samples": "Int64"})
        tables.write(SWEEP, every, table)


def _trained(
    settings: SweepSettings, size: int | None, test: HeldOut, work: Work, progress: Callable[[int], None]
) -> pd.DataFrame:
    """Train the networks of one size of the data set; return what they can do along the way."""
    sweep = settings.sweep
    stack = Stack(settings.parity.inputs, sweep.widths, len(sweep.seeds), build.device(settings.device))
    stack.initialise(sweep.sigma, sweep.seeds)
    learner = Learner(stack, Source(MultitaskParity(settings.parity), settings.target, sweep, size), sweep)
    at = moments(sweep.every, sweep.steps)
    shape = (len(at), settings.parity.columns, len(sweep.seeds), len(sweep.widths))
    record = Record({"strength": np.full(shape, np.nan), "loss": np.full(shape, np.nan)})
    for step in steps(work, learner, record, sweep.steps):
        if step in at:
            try:
                learner.check(step)
            except ParityError as error:
                raise ParityError(f"sweep {settings.name}, samples {size or 'fresh'}: {error}") from None
            found, row = test(stack, settings.target, sweep.loss), at.index(step)
            record.arrays["strength"][row], record.arrays["loss"][row] = found.strength, found.loss
            progress(step)
        if step < sweep.steps:
            learner.step(step)
    return _table(settings, at, record)


def _table(settings: SweepSettings, at: Sequence[int], record: Record) -> pd.DataFrame:
    """One row a step, skill, seed and width."""
    strength, loss = record.arrays["strength"], record.arrays["loss"]
    names = product(at, range(1, strength.shape[1] + 1), settings.sweep.seeds, settings.sweep.widths)
    frame = pd.DataFrame(names, columns=["step", "skill", "seed", "width"])
    return frame.assign(strength=strength.ravel() / settings.target, loss=loss.ravel())
