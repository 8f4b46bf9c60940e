"""Transformers of one block learning multitask sparse parity, from drawn weights to strengths along the way."""

from collections.abc import Collection, Iterator
from pathlib import Path

import pandas as pd
import torch
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
from emergence.training.sweeps import moments

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
    def __call__(self, model: ScalarTransformer, target: float) -> pd.DataFrame:
        """Strength R_k/S and loss ½(S − g_k f)² of each skill, counted from 1."""
        rows = []
        for skill, (inputs, answers) in enumerate(self.samples, 1):
            pieces = inputs.split(max(1, PIECE // model.embed(inputs[:1]).numel()))
            each = torch.cat([model(piece) for piece in pieces]).double() * answers
            loss = ((target - each) ** 2).mean() / 2
            rows.append({"skill": skill, "strength": float(each.mean()) / target, "loss": float(loss)})
        return pd.DataFrame(rows)


def learning(
    model: ScalarTransformer, task: MultitaskParity, settings: ScalarTransformerSettings, at: Collection[int]
) -> Iterator[int]:
    """Train a model in place; yields each of the steps ``at`` (steps done) before it goes on.

    Raises:
        ParityError: if the model is not finite any more.
    """
    how, descent = settings.transformer, optimiser(model, settings.transformer.optimiser)
    rng, device = stream(settings.seed, "batches"), model.bias.device
    for step in range(how.steps + 1):
        if step in at:
            if not all(bool(parameter.isfinite().all()) for parameter in model.parameters()):
                raise ParityError(f"{settings.run}: not finite at step {step}; lower its learning_rate")
            yield step
        if step < how.steps:
            inputs, answers = tensors(task, task.draw(rng, how.batch), device)
            descent.zero_grad()
            F.mse_loss(model(inputs), how.target * answers).backward()
            descent.step()


def optimiser(model: ScalarTransformer, how: Momentum) -> torch.optim.Optimizer:
    """SGD with momentum."""
    return torch.optim.SGD(
        model.parameters(), lr=how.learning_rate, momentum=how.momentum, weight_decay=how.weight_decay
    )


def train(settings: ScalarTransformerSettings, table: Path) -> None:
    """Train one transformer and write the strength of every skill along it (table ``sweep``).

    Raises:
        ParityError: if the model is not finite any more.
    """
    how, device = settings.transformer, build.device(settings.device)
    task = MultitaskParity(how.parity)
    judge = Judge(task, how.test.examples, how.test.seed, device)
    model = drawn(settings.seed, how.parity.inputs, how.width, how.heads).to(device)
    progress = Progress(f"transformer {settings.run}", how.steps, "steps")
    frames = []
    for step in learning(model, task, settings, moments(how.every, how.steps)):
        frames.append(judge(model, how.target).assign(step=step))
        progress(step)
    names = {"sweep": "transformer", "seed": settings.seed, "width": how.width, "samples": pd.NA}
    tables.write(SWEEP, pd.concat(frames).assign(**names).astype({"samples": "Int64"}), table)
