"""A sweep of two-layer networks in one job: seeds x widths, for each size of the data set."""

from itertools import product
from pathlib import Path

import pandas as pd

from emergence import tables
from emergence.models import build
from emergence.progress import Progress
from emergence.schemas.solvable import SWEEP
from emergence.settings.networks import SweepSettings
from emergence.tasks.parity import MultitaskParity
from emergence.training.parity import HeldOut, Judgement, ParityError, Source, learning
from emergence.training.stack import Stack


def moments(every: int, last: int) -> list[int]:
    """Steps at which networks are judged: each ``every``-th from 0, and the last.

    >>> moments(40, 100)
    [0, 40, 80, 100]
    """
    return sorted({*range(0, last, every), last})


def make(settings: SweepSettings, table: Path) -> None:
    """Train a sweep and write the strength of every skill along it (table ``sweep``).

    Raises:
        ParityError: if a network is not finite any more.
    """
    sweep, task = settings.sweep, MultitaskParity(settings.parity)
    test = HeldOut(task, settings.test, settings.seed)
    at = moments(sweep.every, sweep.steps)
    sizes: list[int | None] = list(sweep.samples) if sweep.samples else [None]
    progress = Progress(f"sweep {settings.name}", len(sizes) * sweep.steps, "steps")
    frames = []
    for number, size in enumerate(sizes):
        stack = Stack(settings.parity.inputs, sweep.widths, len(sweep.seeds), build.device(settings.device))
        stack.initialise(sweep.sigma, sweep.seeds)
        try:
            for step in learning(stack, Source(task, settings.target, sweep, size), sweep, at):
                found = test(stack, settings.target, sweep.loss)
                frames.append(_rows(found, settings).assign(samples=size, step=step))
                progress(number * sweep.steps + step)
        except ParityError as error:
            raise ParityError(f"sweep {settings.name}, samples {size or 'fresh'}: {error}") from None
    tables.write(SWEEP, pd.concat(frames).assign(sweep=settings.name).astype({"samples": "Int64"}), table)


def _rows(found: Judgement, settings: SweepSettings) -> pd.DataFrame:
    """One row a skill, seed and width."""
    names = product(range(1, len(found.strength) + 1), settings.sweep.seeds, settings.sweep.widths)
    frame = pd.DataFrame(names, columns=["skill", "seed", "width"])
    return frame.assign(strength=found.strength.ravel() / settings.target, loss=found.loss.ravel())
