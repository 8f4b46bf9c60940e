"""The training loop: one run, from drawn weights to a whole trajectory."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
from torch.nn import functional as F

from emergence.models import build
from emergence.progress import Progress
from emergence.provenance import hardware, source_hash
from emergence.settings.learning import TrainSettings
from emergence.tasks import data
from emergence.tasks.batches import Layout, Stream
from emergence.training.behaviour import METRICS, Evaluation
from emergence.training.optimisation import Seeds, TrainingError, optimiser, update
from emergence.training.schedule import checkpoint_steps
from emergence.training.trajectory import complete, save_checkpoint


class Learner:
    """A model, its optimiser and its data: everything that a training step changes or reads."""

    def __init__(self, settings: TrainSettings, device: torch.device) -> None:
        seeds = Seeds.of(settings.seed)
        generator = torch.Generator().manual_seed(seeds.initialisation)
        self.settings, self.device = settings.training, device
        self.model = build.transformer(settings.size, settings.context).initialise(generator).to(device)
        self.optimiser = optimiser(self.model, self.settings)
        self.layout = Layout(settings.task_levels, self.settings.examples)
        self.stream = Stream(self.layout, seeds.data)
        packing = self.layout.packing
        self.positions, self.mask, self.target_index = (
            torch.from_numpy(array).to(device) for array in (packing.positions, packing.mask, self.layout.target_index)
        )

    def step(self, step: int) -> torch.Tensor:
        """Make the update that follows ``step`` earlier ones; return its loss (nats a token, still on the device).

        Raises:
            TrainingError: if the loss or its gradient is not finite; the weights are then those of before.
        """
        inputs, targets = (torch.from_numpy(array).to(self.device) for array in self.stream(step))
        logits = self.model(inputs, self.positions, self.mask, self.target_index)
        loss = F.cross_entropy(logits, targets)
        update(loss, self.model.parameters(), self.optimiser, self.settings, step)
        return loss.detach()


def train(settings: TrainSettings, evaluation: Path, folder: Path) -> None:
    """Train one run and write its trajectory to ``folder``.

    Raises:
        TrainingError: if the loss or its gradient stops being finite.
    """
    (folder / "manifest.json").unlink(missing_ok=True)  # no trajectory until the end
    device = build.device(settings.device)
    learner = Learner(settings, device)
    evaluate = Evaluation(data.load(evaluation, settings.task_levels), device)
    steps = checkpoint_steps(settings.checkpoints, settings.training.steps)
    progress = Progress(f"train {settings.run}", settings.training.steps, "steps")
    entries: list[dict[str, Any]] = []
    # One array from the start: a small object kept at every checkpoint would pin the heap between large ones.
    behaviour = np.empty((len(steps), len(settings.task_levels), len(METRICS)))
    for step in range(settings.training.steps + 1):
        if step in steps:
            behaviour[len(entries)] = evaluate(learner.model)
            entries.append(save_checkpoint(folder, step, learner.model.state_dict()))
        if step < settings.training.steps:
            try:
                learner.step(step)
            except TrainingError as error:
                raise TrainingError(f"{settings.run}: {error}; lower learning_rate") from None
            progress(step + 1)
    _finish(settings, learner, entries, evaluate.table(steps, behaviour), folder)


def _finish(
    settings: TrainSettings,
    learner: Learner,
    entries: list[dict[str, Any]],
    behaviour: pd.DataFrame,
    folder: Path,
) -> None:
    """Write behaviour, then the manifest that makes the folder a trajectory."""
    total = sum(parameter.numel() for parameter in learner.model.parameters())
    embedding = learner.model.token.weight.numel() + learner.model.position.weight.numel()
    seeds = Seeds.of(settings.seed)
    about = {
        "source_hash": source_hash(__name__),
        "hardware": hardware(str(learner.device)),
        "seeds": {"run": settings.seed, "initialisation": seeds.initialisation, "data": seeds.data},
        "parameters": {"total": total, "trainable": total, "non_embedding": total - embedding},
    }
    complete(folder, settings, about, entries, behaviour)
