"""Two-layer networks on multitask sparse parity: single runs with a trajectory, and sweeps over seeds and widths.

Behaviour of a run has two grains. `true_strength` is R_k on many samples, at every evaluation: the truth against which
detectors are tested. At checkpoints there are also `strength`, R_k on few samples, and `exact_match`, the share of them
with the right sign: what a benchmark would see of the same network.
"""

from collections.abc import Iterator, Sequence
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray
from torch import Tensor

from emergence.checkpoints.trajectory import run_metadata, save_checkpoint, write_trajectory
from emergence.config.parity_networks import NetworkSettings, Optimiser, ParityTask, Sweep
from emergence.config.types import Count, Device, Positive, Seed, Strict
from emergence.io import tables
from emergence.io.resumable import ResumableJob, origin, resumable_job
from emergence.models import build
from emergence.models.parity_networks import BatchedMLP
from emergence.schemas.parity import SWEEP
from emergence.tasks.parity import MultitaskParity, task_level
from emergence.training.loop import Schedule, run_training
from emergence.training.parity_data import HeldOutSkills, ParityBatches
from emergence.training.schedule import checkpoint_steps, evaluation_steps

METRICS = ("true_strength", "loss", "strength", "exact_match")


class SweepSettings(Strict):
    """One sweep of networks."""

    name: str
    parity: ParityTask
    """with the skills of this sweep"""
    target: Positive
    """S, the strength of a learned skill"""
    sweep: Sweep
    test: Count
    """fresh samples per skill on which its strength is measured"""
    seed: Seed
    """of these samples"""
    device: Device


class ParityLearner:
    """A `Learner`: batched networks, SGD without momentum or Adam, and batches of samples."""

    def __init__(self, networks: BatchedMLP, batches: ParityBatches, sweep: Sweep) -> None:
        self.networks, self.batches, self.sweep = networks, batches, sweep
        self.optimiser = optimiser(networks, sweep.optimiser)

    @property
    def weights(self) -> dict[str, Tensor]:
        """The weights themselves."""
        return {"first": self.networks.first, "second": self.networks.second, "offset": self.networks.offset}

    def step(self, step: int) -> None:
        """Run optimiser step ``step`` (0-based)."""
        settings = self.sweep.optimiser
        if settings.halve_every:
            self.optimiser.param_groups[0]["lr"] = settings.learning_rate * 0.5 ** (step // settings.halve_every)
        self.networks.gradients(*self.batches(step), self.sweep.loss)
        self.optimiser.step()


def optimiser(networks: BatchedMLP, settings: Optimiser) -> torch.optim.Optimizer:
    """SGD without momentum, or Adam."""
    kind = {"sgd": torch.optim.SGD, "adam": torch.optim.Adam}[settings.name]
    return kind(networks.parameters, lr=settings.learning_rate, weight_decay=settings.weight_decay)


def train_network(settings: NetworkSettings, folder: Path, state: Path) -> None:
    """Train one network and write its trajectory to ``folder``, resuming from ``state``.

    Args:
        settings: One network, its task and training.
        folder: Of the trajectory.
        state: Folder from which a stopped job is resumed.

    Raises:
        TrainingError: if a weight is not finite any more.
        StoppedError: if the job receives a stop signal; its state is saved.
    """
    (folder / "manifest.json").unlink(missing_ok=True)  # no trajectory until the end
    sweep, task, device = settings.sweep, MultitaskParity(settings.parity), build.device(settings.device)
    network = BatchedMLP(settings.parity.inputs, sweep.widths, 1, device).initialise(sweep.sigma, sweep.seeds)
    learner = ParityLearner(network, ParityBatches(task, settings.target, sweep, None), sweep)
    saved = checkpoint_steps(settings.checkpoints, sweep.steps)
    evaluated = sorted({*saved, *evaluation_steps(sweep.every, sweep.steps)})
    test = HeldOutSkills(task, settings.test, settings.test_seed)
    with resumable_job(state, origin(settings, [__name__], [])) as job:

        def scores() -> list[tuple[float, ...]]:
            return list(_behaviour(network, test, settings))

        def save(step: int) -> list[dict[str, Any]]:
            return [save_checkpoint(job.folder, step, network.state(0, 0))]

        schedule = Schedule(sweep.steps, evaluated, saved)
        record = run_training(f"network {settings.run}", learner, schedule, job, scores, save)
        job.publish("checkpoints", folder / "checkpoints")
        total = sum(parameter.numel() for parameter in network.parameters)
        seeds = {"run": settings.seed, "test": settings.test_seed}
        metadata = run_metadata(__name__, str(device), seeds, total, total)
        write_trajectory(
            folder, settings, metadata, record.entries, _behaviour_table(evaluated, saved, record.scores, task)
        )


def _behaviour(network: BatchedMLP, test: HeldOutSkills, settings: NetworkSettings) -> Iterator[tuple[float, ...]]:
    """`METRICS` of each skill."""
    for products in test.products(network):
        each = products.flatten()
        few = each[: settings.sampled]
        loss = ((settings.target - each) ** 2).mean() / 2
        strengths = each.mean() / settings.target, loss, few.mean() / settings.target, (few > 0).double().mean()
        yield tuple(float(value) for value in strengths)


def _behaviour_table(
    evaluated: Sequence[int], saved: Sequence[int], scores: NDArray[np.float64], task: MultitaskParity
) -> pd.DataFrame:
    """Scores (steps, skills, metrics) as rows; the last two metrics belong to checkpoints alone."""
    names = [(step, *task_level(task.parity, skill)) for step in evaluated for skill in range(task.parity.columns)]
    wide = pd.DataFrame(names, columns=["step", "task", "level"])
    wide[list(METRICS)] = scores.reshape(-1, len(METRICS))
    rows = wide.melt(["step", "task", "level"], METRICS, var_name="metric")
    return rows[rows["metric"].isin(METRICS[:2]) | rows["step"].isin(saved)]


def train_sweep(settings: SweepSettings, table: Path, state: Path) -> None:
    """Train a sweep, seeds x widths for each size of the data set, and write every skill's strength over time.

    Args:
        settings: One sweep.
        table: Written; of schema ``sweep``.
        state: Folder from which a stopped job is resumed.

    Raises:
        TrainingError: if a weight is not finite any more.
        StoppedError: if the job receives a stop signal; its state is saved.
    """
    sizes: list[int | None] = list(settings.sweep.samples) if settings.sweep.samples else [None]
    test = HeldOutSkills(MultitaskParity(settings.parity), settings.test, settings.seed)
    with resumable_job(state, origin(settings, [__name__], [])) as job:
        frames = [_train_size(settings, size, test, job.nested(str(size or "fresh"))) for size in sizes]
        every = pd.concat(frames).assign(sweep=settings.name).astype({"samples": "Int64"})
        tables.write(SWEEP, every, table)


def _train_size(settings: SweepSettings, size: int | None, test: HeldOutSkills, job: ResumableJob) -> pd.DataFrame:
    """Train the networks of one size of the data set; one row per step, skill, seed and width."""
    sweep, inputs = settings.sweep, settings.parity.inputs
    networks = BatchedMLP(inputs, sweep.widths, len(sweep.seeds), build.device(settings.device))
    networks.initialise(sweep.sigma, sweep.seeds)
    batches = ParityBatches(MultitaskParity(settings.parity), settings.target, sweep, size)
    evaluated = evaluation_steps(sweep.every, sweep.steps)

    def scores() -> NDArray[np.float64]:
        skills = test.scores(networks, settings.target, sweep.loss)
        return np.stack([skills.strength, skills.loss])

    name = f"sweep {settings.name}, {size or 'fresh'} samples"
    learner = ParityLearner(networks, batches, sweep)
    record = run_training(name, learner, Schedule(sweep.steps, evaluated), job, scores)
    rows = product(evaluated, range(1, settings.parity.columns + 1), sweep.seeds, sweep.widths)
    frame = pd.DataFrame(rows, columns=["step", "skill", "seed", "width"])
    strength, loss = record.scores[:, 0], record.scores[:, 1]
    return frame.assign(strength=strength.ravel() / settings.target, loss=loss.ravel(), samples=size)
