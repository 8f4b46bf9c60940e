"""One-block transformers on multitask sparse parity: strength of every skill over training."""

from itertools import product
from pathlib import Path

import pandas as pd
import torch
from torch import Tensor
from torch.nn import functional as F

from emergence.config.parity_networks import TransformerTraining
from emergence.config.types import Device, Seed, Strict
from emergence.io import tables
from emergence.io.resumable import origin, resumable_job
from emergence.models import build
from emergence.models.parity_networks import ScalarTransformer, initialised
from emergence.schemas.parity import SWEEP
from emergence.tasks.parity import MultitaskParity, Samples
from emergence.training.loop import Schedule, run_training
from emergence.training.parity_data import stream
from emergence.training.schedule import evaluation_steps

PIECE = 2**22
"""entries (samples, inputs, width) evaluated at a time"""


class ScalarTransformerSettings(Strict):
    """One run of the transformer."""

    run: str
    seed: Seed
    transformer: TransformerTraining
    """how it is trained, for this seed alone"""
    device: Device


def tensors(task: MultitaskParity, samples: Samples, device: torch.device) -> tuple[Tensor, Tensor]:
    """Inputs (samples, inputs) and answers g_k (samples,).

    Args:
        task: Gives inputs and answers.
        samples: Drawn from the task.
        device: Where the tensors are put.
    """
    inputs, answers = (torch.from_numpy(array).to(device) for array in (task.inputs(samples), task.answers(samples)))
    return inputs, answers


class HeldOutTokens:
    """Fresh samples of every skill, on which a transformer is evaluated."""

    def __init__(self, task: MultitaskParity, count: int, seed: int, device: torch.device) -> None:
        rng = stream(seed, "test")
        each = [task.draw_skill(rng, skill, count) for skill in range(task.parity.skills)]
        self.samples = [tensors(task, samples, device) for samples in each]

    @torch.no_grad()
    def scores(self, model: ScalarTransformer, target: float) -> list[tuple[float, float]]:
        """Strength R_k/S and loss ½(S − g_k f)² of each skill; ``target`` is S."""
        scores = []
        for inputs, answers in self.samples:
            pieces = inputs.split(max(1, PIECE // model.embed(inputs[:1]).numel()))
            each = torch.cat([model(piece) for piece in pieces]).double() * answers
            loss = ((target - each) ** 2).mean() / 2
            scores.append((float(each.mean()) / target, float(loss)))
        return scores


class ScalarTransformerLearner:
    """A `Learner`: one transformer, SGD with momentum, and fresh samples at every step."""

    def __init__(self, settings: ScalarTransformerSettings, device: torch.device) -> None:
        self.seed, self.settings, self.device = settings.seed, settings.transformer, device
        self.task = MultitaskParity(self.settings.task)
        inputs, width, heads = self.settings.task.inputs, self.settings.width, self.settings.heads
        self.model = initialised(settings.seed, inputs, width, heads).to(device)
        descent = self.settings.optimiser
        self.optimiser = torch.optim.SGD(
            self.model.parameters(),
            lr=descent.learning_rate,
            momentum=descent.momentum,
            weight_decay=descent.weight_decay,
        )

    @property
    def weights(self) -> dict[str, Tensor]:
        """The weights themselves."""
        return self.model.state_dict()

    def step(self, step: int) -> None:
        """Run optimiser step ``step`` (0-based)."""
        samples = self.task.draw(stream(self.seed, "batches", step), self.settings.batch)
        inputs, answers = tensors(self.task, samples, self.device)
        self.optimiser.zero_grad()
        F.mse_loss(self.model(inputs), self.settings.target * answers).backward()
        self.optimiser.step()


def train_scalar_transformer(settings: ScalarTransformerSettings, table: Path, state: Path) -> None:
    """Train one transformer and write every skill's strength over training (table ``sweep``), resuming from ``state``.

    Args:
        settings: One transformer, its task and training.
        table: Where ``sweep`` is written.
        state: Folder from which a stopped job is resumed.

    Raises:
        TrainingError: if a weight is not finite any more.
        StoppedError: if the job receives a stop signal; its state is saved.
    """
    chosen = settings.transformer
    learner = ScalarTransformerLearner(settings, build.device(settings.device))
    test = HeldOutTokens(learner.task, chosen.test.examples, chosen.test.seed, learner.device)
    schedule = Schedule(chosen.steps, evaluation_steps(chosen.every, chosen.steps))
    with resumable_job(state, origin(settings, [__name__], [])) as job:
        record = run_training(
            f"transformer {settings.run}", learner, schedule, job, lambda: test.scores(learner.model, chosen.target)
        )
        rows = product(schedule.evaluations, range(1, chosen.task.skills + 1))
        frame = pd.DataFrame(rows, columns=["step", "skill"])
        frame[["strength", "loss"]] = record.scores.reshape(-1, 2)
        constant = {"sweep": "transformer", "seed": settings.seed, "width": chosen.width, "samples": pd.NA}
        tables.write(SWEEP, frame.assign(**constant).astype({"samples": "Int64"}), table)
