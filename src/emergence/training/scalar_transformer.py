"""Transformers of one block learning multitask sparse parity, from drawn weights to strengths along the way."""

from collections.abc import Sequence
from itertools import product
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional as F

from emergence import tables
from emergence.models import build
from emergence.models.scalar_transformer import ScalarTransformer, drawn
from emergence.progress import Progress
from emergence.schemas.solvable import SWEEP
from emergence.settings.scalar_transformer import Momentum, ScalarTransformerSettings
from emergence.tasks.parity import MultitaskParity, Samples
from emergence.training.parity import ParityError, stream
from emergence.training.state import Record, steps
from emergence.training.sweeps import moments
from emergence.work import origin, unfinished

PIECE = 2**22
"""entries (samples, inputs, width) that are judged at a time"""


def tensors(task: MultitaskParity, samples: Samples, device: torch.device) -> tuple[Tensor, Tensor]:
    """Inputs (samples, inputs) and answers g_k (samples,)."""
    inputs, answers = (torch.from_numpy(array).to(device) for array in (task.inputs(samples), task.answers(samples)))
    return inputs, answers


class Judge:
    """Fresh samples of every skill, on which a transformer is judged."""

    def __init__(self, task: MultitaskParity, count: int, seed: int, device: torch.device) -> None:
        rng = stream(seed, "test")
        each = [task.of_skill(rng, skill, count) for skill in range(task.parity.skills)]
        self.samples = [tensors(task, samples, device) for samples in each]

    @torch.no_grad()
    def __call__(self, model: ScalarTransformer, target: float) -> list[tuple[float, float]]:
        """Strength R_k/S and loss ½(S − g_k f)² of each skill."""
        found = []
        for inputs, answers in self.samples:
            pieces = inputs.split(max(1, PIECE // model.embed(inputs[:1]).numel()))
            each = torch.cat([model(piece) for piece in pieces]).double() * answers
            loss = ((target - each) ** 2).mean() / 2
            found.append((float(each.mean()) / target, float(loss)))
        return found


class Learner:
    """A transformer, its optimiser and its samples: everything that a training step changes or reads."""

    def __init__(self, settings: ScalarTransformerSettings, device: torch.device) -> None:
        self.settings, self.how, self.device = settings, settings.transformer, device
        self.task = MultitaskParity(self.how.parity)
        self.model = drawn(settings.seed, self.how.parity.inputs, self.how.width, self.how.heads).to(device)
        self.weights = self.model.state_dict()
        self.optimiser = optimiser(self.model, self.how.optimiser)

    def step(self, step: int) -> None:
        """Make the update that follows ``step`` earlier ones."""
        samples = self.task.draw(stream(self.settings.seed, "batches", step), self.how.batch)
        inputs, answers = tensors(self.task, samples, self.device)
        self.optimiser.zero_grad()
        F.mse_loss(self.model(inputs), self.how.target * answers).backward()
        self.optimiser.step()

    def check(self, step: int) -> None:
        """Look for weights that are not finite; raises ParityError if there are any."""
        if not all(bool(weights.isfinite().all()) for weights in self.weights.values()):
            raise ParityError(f"{self.settings.run}: not finite at step {step}; lower its learning_rate")


def optimiser(model: ScalarTransformer, how: Momentum) -> torch.optim.Optimizer:
    """SGD with momentum."""
    return torch.optim.SGD(
        model.parameters(), lr=how.learning_rate, momentum=how.momentum, weight_decay=how.weight_decay
    )


def train(settings: ScalarTransformerSettings, table: Path, state: Path) -> None:
    """Train one transformer and write the strength of every skill along it (table ``sweep``).

    It goes on from ``state`` if it was stopped before.

    Raises:
        ParityError: if the model is not finite any more.
        StoppedError: if the job is told to stop.
    """
    how = settings.transformer
    learner = Learner(settings, build.device(settings.device))
    judge = Judge(learner.task, how.test.examples, how.test.seed, learner.device)
    at = moments(how.every, how.steps)
    progress = Progress(f"transformer {settings.run}", how.steps, "steps")
    record = Record({"judged": np.full((len(at), how.parity.skills, 2), np.nan)})
    with unfinished(state, origin(settings, [__name__], [])) as work:
        for step in steps(work, learner, record, how.steps):
            if step in at:
                learner.check(step)
                record.arrays["judged"][at.index(step)] = judge(learner.model, how.target)
                progress(step)
            if step < how.steps:
                learner.step(step)
        names = {"sweep": "transformer", "seed": settings.seed, "width": how.width, "samples": pd.NA}
        found = _table(at, record.arrays["judged"]).assign(**names).astype({"samples": "Int64"})
        tables.write(SWEEP, found, table)


def _table(at: Sequence[int], judged: NDArray[np.float64]) -> pd.DataFrame:
    """What was judged (steps, skills, 2) as rows."""
    frame = pd.DataFrame(product(at, range(1, judged.shape[1] + 1)), columns=["step", "skill"])
    frame[["strength", "loss"]] = judged.reshape(-1, 2)
    return frame
