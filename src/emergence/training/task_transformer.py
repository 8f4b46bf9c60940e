"""Transformers on the algorithmic tasks: one run, or several of one size as a stack that fills a large device.

In a stack, weights of the same name stand in one tensor whose first dimension counts runs, and ``vmap`` makes one
kernel of what would be one per run. Each run has its own initialisation, data, gradient norm and loss, and AdamW works
entry by entry, so a run learns what it would learn alone, up to the order in which a device adds up.
"""

from collections.abc import Sequence
from copy import deepcopy
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.func import functional_call, stack_module_state, vmap
from torch.nn import functional as F

from emergence.checkpoints.trajectory import run_metadata, save_checkpoint, write_trajectory
from emergence.config.training import StackSettings, TrainSettings
from emergence.io.resumable import origin, resumable_job
from emergence.models import build
from emergence.models.transformer import Transformer
from emergence.tasks import data
from emergence.tasks.batches import Layout, Stream
from emergence.training.learners import Seeds, adamw, autocast, compiled, update
from emergence.training.loop import Schedule, run_training
from emergence.training.schedule import checkpoint_steps
from emergence.training.task_evaluation import Evaluation


class TaskLearner:
    """A `Learner`: one transformer on packed batches of task-levels."""

    def __init__(self, settings: TrainSettings, device: torch.device) -> None:
        seeds = Seeds.of(settings.seed)
        generator = torch.Generator().manual_seed(seeds.initialisation)
        self.run, self.settings, self.compute, self.device = settings.run, settings.training, settings.compute, device
        self.model = build.transformer(settings.size, settings.context).initialise(generator).to(device)
        self.forward = compiled(self.model, self.compute)
        self.parameters = list(self.model.parameters())  # once, since to look for them takes time at every step
        self.optimiser: torch.optim.Optimizer = adamw(self.parameters, self.settings)
        self.feed(Layout(settings.task_levels, self.settings.examples), seeds.data)

    def feed(self, layout: Layout, seed: int) -> None:
        """Take batches of this layout from now on."""
        self.layout, self.stream = layout, Stream(layout, seed)
        arrays = (layout.packing.positions, layout.packing.mask, layout.target_index)
        self.positions, self.mask, self.target_index = (torch.from_numpy(array).to(self.device) for array in arrays)

    @property
    def weights(self) -> dict[str, Tensor]:
        """The weights themselves, by their names in checkpoints."""
        return self.model.state_dict()

    def models(self) -> list[Transformer]:
        """The model, as the only one of its stack."""
        return [self.model]

    def step(self, step: int) -> Tensor:
        """Run optimiser step ``step`` (0-based); return its loss, nats per token, still on the device.

        Raises:
            TrainingError: if the loss or its gradient is not finite; the weights are then unchanged.
        """
        inputs, targets = (torch.from_numpy(array).to(self.device) for array in self.stream(step))
        with autocast(self.compute, self.device):
            loss = F.cross_entropy(self.forward(inputs, self.positions, self.mask, self.target_index), targets)
        update(loss, self.parameters, self.optimiser, self.settings, step, [self.run])
        return loss.detach()


class StackedTaskLearner:
    """A `Learner`: transformers of one size, each on its own data, with one optimiser."""

    def __init__(self, settings: StackSettings, device: torch.device) -> None:
        learners, first = [TaskLearner(run, device) for run in settings.runs], settings.runs[0]
        self.runs = [run.run for run in settings.runs]
        self.settings, self.compute, self.device = first.training, first.compute, device
        self.streams = [learner.stream for learner in learners]
        self.grid = (learners[0].positions, learners[0].mask, learners[0].target_index)
        with torch.device("meta"):
            self.shape = build.transformer(first.size, first.context)  # computes with weights that it is given
        self.stacked, _ = stack_module_state([learner.model for learner in learners])
        self.optimiser = adamw(self.stacked.values(), self.settings, stacked=1)
        self.forward = compiled(vmap(self._logits), self.compute)

    @property
    def weights(self) -> dict[str, Tensor]:
        """The weights themselves (runs, ...), by their names in checkpoints."""
        return {name: weight.detach() for name, weight in self.stacked.items()}

    def models(self) -> list[Transformer]:
        """The model of each run; it shares its weights with the stack."""
        return [self._model(number) for number in range(len(self.runs))]

    def step(self, step: int) -> Tensor:
        """Run optimiser step ``step`` (0-based) of every run; return the losses (runs,).

        Raises:
            TrainingError: if a loss or its gradient is not finite; all weights are then unchanged.
        """
        batches = zip(*(stream(step) for stream in self.streams), strict=True)
        inputs, targets = (torch.from_numpy(np.stack(arrays)).to(self.device) for arrays in batches)
        with autocast(self.compute, self.device):
            logits = self.forward(self.stacked, inputs)
            # Outside vmap, under which autocast would leave the loss in the precision of the logits.
            each = F.cross_entropy(logits.flatten(0, 1), targets.flatten(), reduction="none")
        losses = each.view(targets.shape).mean(dim=1)
        update(losses, self.stacked.values(), self.optimiser, self.settings, step, self.runs)
        return losses.detach()

    def _model(self, number: int) -> Transformer:
        model = deepcopy(self.shape)
        model.load_state_dict({name: weight[number] for name, weight in self.weights.items()}, assign=True)
        return model

    def _logits(self, weights: dict[str, Tensor], inputs: Tensor) -> Tensor:
        """Logits (targets, vocabulary) of one run; the grid is that of all."""
        return functional_call(self.shape, weights, (inputs, *self.grid))


def train_run(settings: TrainSettings, evaluation: Path, folder: Path, state: Path) -> None:
    """Train one run and write its trajectory to ``folder``, resuming from ``state``.

    Args:
        settings: One run.
        evaluation: File of the evaluation set.
        folder: Of the trajectory.
        state: Folder from which a stopped job is resumed.

    Raises:
        TensorsError: if the evaluation set cannot be read.
        DataError: if it lacks a task-level.
        TrainingError: if the loss or its gradient stops being finite.
        StoppedError: if the job receives a stop signal; its state is saved.
    """
    learner = TaskLearner(settings, build.device(settings.device))
    _train(learner, StackSettings(runs=[settings]), evaluation, [folder], state)


def train_stack(settings: StackSettings, evaluation: Path, folders: list[Path], state: Path) -> None:
    """Train runs of one size as one stack and write the trajectory of each to its folder, resuming from ``state``.

    Args:
        settings: The runs, which differ in name and seed alone.
        evaluation: File of the evaluation set.
        folders: Of the trajectories, in the order of the runs.
        state: Folder from which a stopped job is resumed.

    Raises:
        TensorsError: if the evaluation set cannot be read.
        DataError: if it lacks a task-level.
        TrainingError: if the loss of a run, or its gradient, stops being finite.
        StoppedError: if the job receives a stop signal; its state is saved.
    """
    learner = StackedTaskLearner(settings, build.device(settings.runs[0].device))
    _train(learner, settings, evaluation, folders, state)


def _train(
    learner: TaskLearner | StackedTaskLearner,
    settings: StackSettings,
    evaluation: Path,
    folders: Sequence[Path],
    state: Path,
) -> None:
    """Train runs that differ in name and seed alone; write the trajectory of each to its folder."""
    for folder in folders:
        (folder / "manifest.json").unlink(missing_ok=True)  # no trajectory until the end
    runs, first = settings.runs, settings.runs[0]
    evaluate = Evaluation(data.load(evaluation, first.task_levels), learner.device)
    saved = checkpoint_steps(first.checkpoints, first.training.steps)
    schedule = Schedule(first.training.steps, evaluations=saved, checkpoints=saved)
    with resumable_job(state, origin(settings, [__name__], [evaluation])) as job:

        def scores() -> np.ndarray[Any, Any]:
            return np.stack([evaluate(model) for model in learner.models()])

        def save(step: int) -> list[dict[str, Any]]:
            models = zip(runs, learner.models(), strict=True)
            return [save_checkpoint(job.folder / run.run, step, model.state_dict()) for run, model in models]

        record = run_training(", ".join(run.run for run in runs), learner, schedule, job, scores, save)
        for number, (run, folder, model) in enumerate(zip(runs, folders, learner.models(), strict=True)):
            job.publish(f"{run.run}/checkpoints", folder / "checkpoints")
            behaviour = evaluate.table(saved, record.scores[:, number])
            write_trajectory(
                folder, run, _metadata(run, model, learner.device), record.entries[number :: len(runs)], behaviour
            )


def _metadata(settings: TrainSettings, model: Transformer, device: torch.device) -> dict[str, Any]:
    total = sum(parameter.numel() for parameter in model.parameters())
    embedding = model.token.weight.numel() + model.position.weight.numel()
    seeds = Seeds.of(settings.seed)
    streams = {"run": settings.seed, "initialisation": seeds.initialisation, "data": seeds.data}
    return run_metadata(__name__, str(device), streams, total, total - embedding)
