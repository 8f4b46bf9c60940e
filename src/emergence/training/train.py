"""The training loop: one run, from drawn weights to a whole trajectory."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from emergence.models import build
from emergence.models.transformer import Transformer
from emergence.progress import Progress
from emergence.provenance import hardware, source_hash
from emergence.settings.learning import TogetherSettings, TrainSettings
from emergence.tasks import data
from emergence.tasks.batches import Layout, Stream
from emergence.training import precision
from emergence.training.behaviour import METRICS, Evaluation
from emergence.training.optimisation import DivergenceError, Seeds, TrainingError, optimiser, update
from emergence.training.schedule import checkpoint_steps
from emergence.training.state import Learning, Record, steps
from emergence.training.trajectory import complete, save_checkpoint
from emergence.work import origin, unfinished


class Learner:
    """A model, its optimiser and its data: everything that a training step changes or reads."""

    def __init__(self, settings: TrainSettings, device: torch.device) -> None:
        seeds = Seeds.of(settings.seed)
        generator = torch.Generator().manual_seed(seeds.initialisation)
        self.settings, self.compute, self.device = settings.training, settings.compute, device
        self.model = build.transformer(settings.size, settings.context).initialise(generator).to(device)
        self.forward = precision.compiled(self.model, self.compute)
        self.optimiser = optimiser(self.model.parameters(), self.settings)
        self.layout = Layout(settings.task_levels, self.settings.examples)
        self.stream = Stream(self.layout, seeds.data)
        packing = self.layout.packing
        self.positions, self.mask, self.target_index = (
            torch.from_numpy(array).to(device) for array in (packing.positions, packing.mask, self.layout.target_index)
        )

    @property
    def weights(self) -> dict[str, Tensor]:
        """The weights themselves, by their names in checkpoints."""
        return self.model.state_dict()

    def member(self, number: int) -> Transformer:
        """The model, as the one of a stack of one."""
        return [self.model][number]

    def step(self, step: int) -> Tensor:
        """Make the update that follows ``step`` earlier ones; return its loss (nats a token, still on the device).

        Raises:
            DivergenceError: if the loss or its gradient is not finite; the weights are then those of before.
        """
        inputs, targets = (torch.from_numpy(array).to(self.device) for array in self.stream(step))
        with precision.autocast(self.compute, self.device):
            loss = F.cross_entropy(self.forward(inputs, self.positions, self.mask, self.target_index), targets)
        update(loss, self.model.parameters(), self.optimiser, self.settings, step)
        return loss.detach()


class Learners(Learning, Protocol):
    """One run that learns, or several that learn together."""

    @property
    def device(self) -> torch.device:
        """Where they learn."""

    def member(self, number: int) -> Transformer:
        """The model of one run, with its present weights."""

    def step(self, step: int) -> Tensor:
        """Make the update that follows ``step`` earlier ones; raises DivergenceError, see `Learner.step`."""


def train(settings: TrainSettings, evaluation: Path, folder: Path, state: Path) -> None:
    """Train one run and write its trajectory to ``folder``; go on from ``state`` if it was stopped before.

    Raises:
        TrainingError: if the loss or its gradient stops being finite.
        StoppedError: if the job is told to stop.
    """
    learner = Learner(settings, build.device(settings.device))
    learn(learner, TogetherSettings(runs=[settings]), __name__, evaluation, [folder], state)


def learn(
    learner: Learners,
    settings: TogetherSettings,
    module: str,
    evaluation: Path,
    folders: Sequence[Path],
    state: Path,
) -> None:
    """Train runs, which are alike but for their seeds, and write the trajectory of each to its folder; see `train`.

    ``module`` is that whose sources made them.
    """
    for folder in folders:
        (folder / "manifest.json").unlink(missing_ok=True)  # no trajectory until the end
    runs, like = settings.runs, settings.runs[0]
    evaluate = Evaluation(data.load(evaluation, like.task_levels), learner.device)
    last = like.training.steps
    kept = checkpoint_steps(like.checkpoints, last)
    progress = Progress(f"train {', '.join(run.run for run in runs)}", last, "steps")
    # One array from the start: a small object kept at every checkpoint would pin the heap between large ones.
    record = Record({"behaviour": np.full((len(runs), len(kept), len(like.task_levels), len(METRICS)), np.nan)})
    with unfinished(state, origin(settings, [module], [evaluation])) as work:
        for step in steps(work, learner, record, last):
            if step in kept:
                for number, run in enumerate(runs):
                    model = learner.member(number)
                    record.arrays["behaviour"][number, kept.index(step)] = evaluate(model)
                    record.entries.append(save_checkpoint(work.folder / run.run, step, model.state_dict()))
            if step < last:
                try:
                    learner.step(step)
                except DivergenceError as error:
                    raise TrainingError(f"{runs[error.model].run}: {error}; lower learning_rate") from None
                progress(step + 1)
        for number, (run, folder) in enumerate(zip(runs, folders, strict=True)):
            work.deliver(f"{run.run}/checkpoints", folder / "checkpoints")
            about = _about(run, learner.member(number), module, learner.device)
            behaviour = evaluate.table(kept, record.arrays["behaviour"][number])
            complete(folder, run, about, record.entries[number :: len(runs)], behaviour)


def _about(settings: TrainSettings, model: Transformer, module: str, device: torch.device) -> dict[str, Any]:
    """What a manifest says of a run beside its settings."""
    total = sum(parameter.numel() for parameter in model.parameters())
    embedding = model.token.weight.numel() + model.position.weight.numel()
    seeds = Seeds.of(settings.seed)
    return {
        "source_hash": source_hash(module),
        "hardware": hardware(str(device)),
        "seeds": {"run": settings.seed, "initialisation": seeds.initialisation, "data": seeds.data},
        "parameters": {"total": total, "trainable": total, "non_embedding": total - embedding},
    }
