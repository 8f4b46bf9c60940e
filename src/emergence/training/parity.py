"""Two-layer networks learning multitask sparse parity: their samples, their steps, the strength of their skills."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass

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


def stream(seed: int, purpose: str) -> np.random.Generator:
    """Random numbers of one seed for one purpose: ``data``, ``batches`` or ``test``."""
    return np.random.default_rng([seed, *purpose.encode()])


class Source:
    """Where batches come from, seed by seed: fresh samples, or one fixed data set each."""

    def __init__(self, task: MultitaskParity, target: float, sweep: Sweep, size: int | None) -> None:
        """Take ``size`` samples a seed, which of a larger size are the first; without, samples are fresh."""
        self.task, self.target, self.batch = task, target, sweep.batch
        self.rngs = [stream(seed, "batches") for seed in sweep.seeds]
        self.fixed = None
        if size is not None:
            largest = max(sweep.samples or [size])
            drawn = [task.draw(stream(seed, "data"), largest)[:size] for seed in sweep.seeds]
            self.fixed = [self._tensors(samples) for samples in drawn]
            self.orders = [np.empty(0, dtype=np.int64) for _ in sweep.seeds]

    def __call__(self) -> tuple[Tensor, Tensor]:
        """Inputs (seeds, samples, inputs + 1), the last of which is 1, and targets (seeds, samples)."""
        if self.fixed is None:
            each = [self._tensors(self.task.draw(rng, self.batch)) for rng in self.rngs]
        elif len(self.fixed[0][1]) <= self.batch:
            each = self.fixed
        else:
            each = [self._some(seed) for seed in range(len(self.rngs))]
        inputs, targets = zip(*each, strict=True)
        return torch.stack(inputs), torch.stack(targets)

    def _some(self, seed: int) -> tuple[Tensor, Tensor]:
        """The next batch of a data set that is gone through in random order, again and again."""
        assert self.fixed is not None
        inputs, targets = self.fixed[seed]
        if len(self.orders[seed]) < self.batch:
            fresh = self.rngs[seed].permutation(len(targets))
            self.orders[seed] = np.concatenate([self.orders[seed], fresh])
        chosen, self.orders[seed] = np.split(self.orders[seed], [self.batch])
        index = torch.from_numpy(chosen)
        return inputs[index], targets[index]

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


def learning(stack: Stack, source: Source, sweep: Sweep, moments: Collection[int]) -> Iterator[int]:
    """Train a stack in place; yields each of ``moments`` (steps done) before it goes on.

    Raises:
        ParityError: if a network is not finite any more.
    """
    descent = optimiser(stack, sweep.optimiser)
    for step in range(sweep.steps + 1):
        if step in moments:
            if not all(bool(parameter.isfinite().all()) for parameter in stack.parameters):
                raise ParityError(f"a network is not finite at step {step}; lower learning_rate")
            yield step
        if step < sweep.steps:
            if sweep.optimiser.halve_every:
                halved = 0.5 ** (step // sweep.optimiser.halve_every)
                descent.param_groups[0]["lr"] = sweep.optimiser.learning_rate * halved
            stack.gradients(*source(), sweep.loss)
            descent.step()
