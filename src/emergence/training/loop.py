"""The training loop of all kinds of models: evaluate, save a checkpoint, take an optimiser step.

A `Learner` is what differs between kinds. The loop can be stopped at any step and resumed with the same bits as if it
had never stopped: every batch is a pure function of seed and step, so the state of training is weights, optimiser
moments and the number of steps, and beside them the scores and checkpoints recorded so far.
"""

import logging
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray
from torch import Tensor

from emergence.io.progress import Progress
from emergence.io.resumable import ResumableJob
from emergence.training.learners import Learner, TrainingError

logger = logging.getLogger("emergence")


@dataclass
class TrainingRecord:
    """The record of a training so far."""

    scores: NDArray[np.float64] = field(default_factory=lambda: np.empty(0))
    """(evaluations, ...), NaN at those that are still ahead; empty before the first"""
    entries: list[dict[str, Any]] = field(default_factory=list)
    """of checkpoints, for the manifest"""


def resumable_steps(job: ResumableJob, learner: Learner, record: TrainingRecord, last: int) -> Iterator[int]:
    """Yield the number of optimiser steps taken, from where ``job`` was stopped up to ``last``.

    The caller records what belongs to that number and takes the next optimiser step before it asks for the next.

    Args:
        job: Where the state of training is kept.
        learner: Put back in place as it was at the stop.
        record: Put back in place likewise.
        last: Number of optimiser steps in all.

    Raises:
        StoppedError: if the job is to stop; its state is saved.
    """
    for step in range(_restore(job, learner, record), last + 1):
        yield step
        job.save_if_due(lambda: _save(job, learner, record, step + 1), now=step == last)  # noqa: B023 - called at once


def _save(job: ResumableJob, learner: Learner, record: TrainingRecord, step: int) -> None:
    tensors = {f"weights/{name}": weight.detach() for name, weight in learner.weights.items()}
    for number, moments in learner.optimiser.state_dict()["state"].items():
        tensors |= {f"optimiser/{number}/{name}": value for name, value in moments.items() if value is not None}
    arrays = {name: tensor.cpu().numpy() for name, tensor in tensors.items()}
    job.save({**arrays, "scores": record.scores}, {"step": step, "entries": record.entries})


def _restore(job: ResumableJob, learner: Learner, record: TrainingRecord) -> int:
    """Put weights, moments and record back; return the number of optimiser steps taken."""
    saved = job.load()
    if saved is None:
        return 0
    arrays, facts = saved
    moments: dict[int, dict[str, Tensor]] = {}
    for key, array in arrays.items():
        kind, _, name = key.partition("/")
        match kind:
            case "weights":
                with torch.no_grad():
                    learner.weights[name].copy_(torch.from_numpy(array))
            case "optimiser":
                number, _, moment = name.partition("/")
                # A clone: memory of NumPy may be aligned otherwise, and that can change the last digit of a sum.
                moments.setdefault(int(number), {})[moment] = torch.from_numpy(array).clone()
            case _:
                record.scores = array
    groups = learner.optimiser.state_dict()["param_groups"]
    learner.optimiser.load_state_dict({"state": moments, "param_groups": groups})
    record.entries[:] = facts["entries"]
    logger.info("Resuming at step %s from %s", f"{facts['step']:,}", job.folder)
    return facts["step"]


@dataclass(frozen=True)
class Schedule:
    """Steps, counted from 0 before any update, at which a run is evaluated and its weights are saved."""

    last: int
    """also the number of optimiser steps"""
    evaluations: Sequence[int] = ()
    checkpoints: Collection[int] = ()


def run_training(
    name: str,
    learner: Learner,
    schedule: Schedule,
    job: ResumableJob,
    evaluate: Callable[[], ArrayLike] | None = None,
    save: Callable[[int], list[dict[str, Any]]] | None = None,
) -> TrainingRecord:
    """Train from where ``job`` was stopped to the last step.

    Args:
        name: Of the run, for progress lines and errors.
        learner: What is trained, in place.
        schedule: When to evaluate and to save.
        job: Where the state of training is kept.
        evaluate: Scores of the present weights, of one shape at all steps.
        save: Writes a checkpoint of a step and returns its entries in the manifest.

    Returns:
        Scores (evaluations, ...) and entries of all checkpoints.

    Raises:
        TrainingError: if a loss, a gradient or a weight is not finite.
        StoppedError: if the job is to stop; its state is saved.
    """
    record, progress = TrainingRecord(), Progress(name, schedule.last, "steps")
    place = {step: number for number, step in enumerate(schedule.evaluations)}
    for step in resumable_steps(job, learner, record, schedule.last):
        if evaluate and step in place:
            if not all(bool(weight.isfinite().all()) for weight in learner.weights.values()):
                raise TrainingError(f"{name}: weights are not finite at step {step}; lower learning_rate")
            scores = np.asarray(evaluate(), dtype=np.float64)
            if not record.scores.size:
                # One array from the start: a small object kept at every step would pin the heap between large ones.
                record.scores = np.full((len(place), *scores.shape), np.nan)
            record.scores[place[step]] = scores
        if save and step in schedule.checkpoints:
            record.entries += save(step)
        if step < schedule.last:
            learner.step(step)
            progress(step + 1)
    return record
