"""One network on all skills, from drawn weights to a whole trajectory like those of the transformers.

Behaviour has two grains. `true_strength` is R_k on many samples, at every evaluation: the truth that detectors are held
against. At checkpoints there are also `strength`, R_k on few samples, and `exact_match`, the share of them whose sign
is right: what a benchmark would see of the same network.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray

from emergence.models import build
from emergence.progress import Progress
from emergence.provenance import hardware, source_hash
from emergence.settings.networks import NetworkSettings
from emergence.tasks.parity import MultitaskParity, named
from emergence.training.parity import HeldOut, Learner, ParityError, Source
from emergence.training.schedule import checkpoint_steps
from emergence.training.stack import Stack
from emergence.training.state import Record, steps
from emergence.training.sweeps import moments
from emergence.training.trajectory import complete, save_checkpoint
from emergence.work import origin, unfinished

METRICS = ("true_strength", "loss", "strength", "exact_match")


def train(settings: NetworkSettings, folder: Path, state: Path) -> None:
    """Train one network and write its trajectory to ``folder``; go on from ``state`` if it was stopped before.

    Raises:
        ParityError: if the network is not finite any more.
        StoppedError: if the job is told to stop.
    """
    (folder / "manifest.json").unlink(missing_ok=True)  # no trajectory until the end
    sweep, task = settings.sweep, MultitaskParity(settings.parity)
    device = build.device(settings.device)
    stack = Stack(settings.parity.inputs, sweep.widths, 1, device).initialise(sweep.sigma, sweep.seeds)
    learner = Learner(stack, Source(task, settings.target, sweep, None), sweep)
    kept = checkpoint_steps(settings.checkpoints, sweep.steps)
    at = sorted({*kept, *moments(sweep.every, sweep.steps)})
    progress = Progress(f"network {settings.run}", sweep.steps, "steps")
    record = Record({"behaviour": np.full((len(at), settings.parity.columns, len(METRICS)), np.nan)})
    test = HeldOut(task, settings.test, settings.test_seed)
    with unfinished(state, origin(settings, [__name__], [])) as work:
        for step in steps(work, learner, record, sweep.steps):
            if step in at:
                _check(settings, learner, step)
                record.arrays["behaviour"][at.index(step)] = list(_behaviour(stack, test, settings))
                progress(step)
            if step in kept:
                record.entries.append(save_checkpoint(work.folder, step, stack.state(0, 0)))
            if step < sweep.steps:
                learner.step(step)
        work.deliver("checkpoints", folder / "checkpoints")
        behaviour = _table(at, kept, record.arrays["behaviour"], task)
        complete(folder, settings, _about(settings, stack, device), record.entries, behaviour)


def _check(settings: NetworkSettings, learner: Learner, step: int) -> None:
    try:
        learner.check(step)
    except ParityError as error:
        raise ParityError(f"{settings.run}: {error}") from None


def _about(settings: NetworkSettings, stack: Stack, device: torch.device) -> dict[str, Any]:
    """What the manifest says beside settings and checkpoints."""
    total = sum(parameter.numel() for parameter in stack.parameters)
    return {
        "source_hash": source_hash(__name__),
        "hardware": hardware(str(device)),
        "seeds": {"run": settings.seed, "test": settings.test_seed},
        "parameters": {"total": total, "trainable": total, "non_embedding": total},
    }


def _behaviour(stack: Stack, test: HeldOut, settings: NetworkSettings) -> Iterator[tuple[float, ...]]:
    """The metrics, in their order, skill by skill."""
    for found in test.products(stack):
        each = found.flatten()
        few = each[: settings.sampled]
        loss = ((settings.target - each) ** 2).mean() / 2
        yield tuple(
            float(value)
            for value in (each.mean() / settings.target, loss, few.mean() / settings.target, (few > 0).double().mean())
        )


def _table(at: Sequence[int], kept: Sequence[int], values: NDArray[np.float64], task: MultitaskParity) -> pd.DataFrame:
    """Behaviour (steps, skills, metrics) as rows; the last two metrics belong to checkpoints alone."""
    names = [(step, *named(task.parity, skill)) for step in at for skill in range(task.parity.columns)]
    wide = pd.DataFrame(names, columns=["step", "task", "level"])
    wide[list(METRICS)] = values.reshape(-1, len(METRICS))
    rows = wide.melt(["step", "task", "level"], METRICS, var_name="metric")
    return rows[rows["metric"].isin(METRICS[:2]) | rows["step"].isin(kept)]
