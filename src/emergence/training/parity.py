"""Two-layer networks learning multitask sparse parity: their samples, their steps, the strength of their skills."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional as F

from emergence.errors import EmergenceError
from emergence.settings.networks import Sweep, Target
from emergence.tasks.parity import MultitaskParity, Samples
from emergence.training.stack import Stack, optimiser


class ParityError(EmergenceError):
    """Networks that cannot be trained on; the message says where it stopped and what to try."""


def stream(seed: int, purpose: str, *number: int) -> np.random.Generator:
    """Random numbers of one seed for one purpose: ``data``, ``test``, or ``batches`` with a number."""
    return np.random.default_rng([seed, *purpose.encode(), *number])


class Source:
    """Where batches come from, seed by seed: fresh samples, or one fixed data set each; a batch depends on its step."""

    def __init__(self, task: MultitaskParity, target: float, sweep: Sweep, size: int | None) -> None:
        """Take ``size`` samples a seed, which of a larger size are the first; without, samples are fresh."""
        self.task, self.target, self.batch, self.seeds = task, target, sweep.batch, sweep.seeds
        self.fixed = None
        if size is not None:
            largest = max(sweep.samples or [size])
            drawn = [task.draw(stream(seed, "data"), largest)[:size] for seed in sweep.seeds]
            self.fixed = [self._tensors(samples) for samples in drawn]
            self._order = lru_cache(2 * len(sweep.seeds))(self._shuffled)  # a batch sees two at most

    def __call__(self, step: int) -> tuple[Tensor, Tensor]:
        """What the update after ``step`` others is trained on.

        Inputs (seeds, samples, inputs + 1), the last of which is 1, and targets (seeds, samples).
        """
        if self.fixed is None:
            each = [self._tensors(self.task.draw(stream(seed, "batches", step), self.batch)) for seed in self.seeds]
        elif len(self.fixed[0][1]) <= self.batch:
            each = self.fixed
        else:
            each = [self._some(row, step) for row in range(len(self.seeds))]
        inputs, targets = zip(*each, strict=True)
        return torch.stack(inputs), torch.stack(targets)

    def _some(self, row: int, step: int) -> tuple[Tensor, Tensor]:
        """A batch of one seed's data set, which is gone through in random order, again and again."""
        assert self.fixed is not None
        inputs, targets = self.fixed[row]
        rounds, places = np.divmod(np.arange(step * self.batch, (step + 1) * self.batch), len(targets))
        parts = [self._order(row, int(number))[places[rounds == number]] for number in np.unique(rounds)]
        index = torch.from_numpy(np.concatenate(parts))
        return inputs[index], targets[index]

    def _shuffled(self, row: int, number: int) -> NDArray[np.int64]:
        """Order of one seed's samples in a round."""
        assert self.fixed is not None
        return stream(self.seeds[row], "batches", number).permutation(len(self.fixed[row][1]))

    def _tensors(self, samples: Samples) -> tuple[Tensor, Tensor]:
        return with_one(self.task.inputs(samples)), self.target * torch.from_numpy(self.task.answers(samples))


def with_one(inputs: NDArray[np.float32]) -> Tensor:
    """Inputs with the last entry 1 that carries the biases."""
    return F.pad(torch.from_numpy(inputs), (0, 1), value=1.0)


@dataclass(frozen=True)
class Judgement:
    """What networks can do, skill by skill: arrays (skills, seeds, widths)."""

    strength: NDArray[np.float64]
    """R_k = E[g_k f | I = k]"""
    loss: NDArray[np.float64]
    """½(S − g_k f)², or the cross-entropy where that is descended, in nats"""


class HeldOut:
    """Fresh samples of every skill, the untaught ones as well, on which networks are judged."""

    def __init__(self, task: MultitaskParity, count: int, seed: int) -> None:
        rng = stream(seed, "test")
        drawn = [task.of_skill(rng, skill, count) for skill in range(task.parity.columns)]
        self.inputs = [with_one(task.inputs(samples))[None] for samples in drawn]
        self.answers = [torch.from_numpy(task.answers(samples))[:, None] for samples in drawn]

    def products(self, stack: Stack) -> Iterator[Tensor]:
        """g_k·f of every sample (seeds, samples, widths), skill by skill, in float64 on the processor."""
        for inputs, answers in zip(self.inputs, self.answers, strict=True):
            yield stack.outputs(inputs).cpu().double() * answers

    def __call__(self, stack: Stack, target: float, loss: Target) -> Judgement:
        """Judge networks; ``target`` is S."""
        found = [
            (each.mean(dim=1), (F.softplus(-each) if loss == "cross_entropy" else (target - each) ** 2 / 2).mean(dim=1))
            for each in self.products(stack)
        ]
        return Judgement(*(torch.stack(parts).numpy() for parts in zip(*found, strict=True)))


class Learner:
    """A stack of networks, their optimiser and their samples: everything that a training step changes or reads."""

    def __init__(self, stack: Stack, source: Source, sweep: Sweep) -> None:
        self.stack, self.source, self.sweep = stack, source, sweep
        self.weights = {"first": stack.first, "second": stack.second, "offset": stack.offset}
        self.optimiser = optimiser(stack, sweep.optimiser)

    def step(self, step: int) -> None:
        """Make the update that follows ``step`` earlier ones."""
        how = self.sweep.optimiser
        if how.halve_every:
            self.optimiser.param_groups[0]["lr"] = how.learning_rate * 0.5 ** (step // how.halve_every)
        self.stack.gradients(*self.source(step), self.sweep.loss)
        self.optimiser.step()

    def check(self, step: int) -> None:
        """Look for weights that are not finite; raises ParityError if there are any."""
        if not all(bool(weights.isfinite().all()) for weights in self.weights.values()):
            raise ParityError(f"a network is not finite at step {step}; lower learning_rate")
