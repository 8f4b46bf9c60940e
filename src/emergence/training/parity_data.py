"""Multitask sparse parity for networks in training: batches of samples, and held-out samples of every skill."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional as F

from emergence.config.parity_networks import Sweep, Target
from emergence.models.parity_networks import BatchedMLP
from emergence.tasks.parity import MultitaskParity, Samples


def stream(seed: int, purpose: str, *number: int) -> np.random.Generator:
    """Random generator of a seed for one purpose: ``data``, ``test``, or ``batches`` with a number.

    Args:
        seed: Of the run or of the samples.
        purpose: One of these names.
        *number: Of the step or epoch, for ``batches``.
    """
    return np.random.default_rng([seed, *purpose.encode(), *number])


class ParityBatches:
    """Batches of every seed: fresh samples, or samples of one fixed data set each; a pure function of seed and step."""

    def __init__(self, task: MultitaskParity, target: float, sweep: Sweep, size: int | None) -> None:
        """Draw batches of ``sweep.batch`` samples.

        Args:
            task: Draws the samples.
            target: S, by which the answers ±1 are scaled.
            sweep: Gives seeds, batch size and the sizes of data sets.
            size: Of each seed's data set, the first samples of the largest one; fresh samples at every step if None.
        """
        self.task, self.target, self.batch, self.seeds = task, target, sweep.batch, sweep.seeds
        self.fixed = None
        if size is not None:
            largest = max(sweep.samples or [size])
            drawn = [task.draw(stream(seed, "data"), largest)[:size] for seed in sweep.seeds]
            self.fixed = [self._tensors(samples) for samples in drawn]
            self._order = lru_cache(2 * len(sweep.seeds))(self._shuffled)  # a batch spans two epochs at most

    def __call__(self, step: int) -> tuple[Tensor, Tensor]:
        """Batch of optimiser step ``step`` (0-based).

        Returns:
            Inputs (seeds, samples, inputs + 1), the last of which is 1, and targets (seeds, samples).
        """
        if self.fixed is None:
            each = [self._tensors(self.task.draw(stream(seed, "batches", step), self.batch)) for seed in self.seeds]
        elif len(self.fixed[0][1]) <= self.batch:
            each = self.fixed
        else:
            each = [self._from_fixed(row, step) for row in range(len(self.seeds))]
        inputs, targets = zip(*each, strict=True)
        return torch.stack(inputs), torch.stack(targets)

    def _from_fixed(self, row: int, step: int) -> tuple[Tensor, Tensor]:
        """A batch of one seed's data set, which is shuffled again in every epoch."""
        assert self.fixed is not None
        inputs, targets = self.fixed[row]
        epochs, places = np.divmod(np.arange(step * self.batch, (step + 1) * self.batch), len(targets))
        parts = [self._order(row, int(epoch))[places[epochs == epoch]] for epoch in np.unique(epochs)]
        index = torch.from_numpy(np.concatenate(parts))
        return inputs[index], targets[index]

    def _shuffled(self, row: int, epoch: int) -> NDArray[np.int64]:
        """Order of one seed's samples in an epoch."""
        assert self.fixed is not None
        return stream(self.seeds[row], "batches", epoch).permutation(len(self.fixed[row][1]))

    def _tensors(self, samples: Samples) -> tuple[Tensor, Tensor]:
        return with_bias_input(self.task.inputs(samples)), self.target * torch.from_numpy(self.task.answers(samples))


def with_bias_input(inputs: NDArray[np.float32]) -> Tensor:
    """Inputs with a last entry of 1, which carries the biases."""
    return F.pad(torch.from_numpy(inputs), (0, 1), value=1.0)


@dataclass(frozen=True)
class SkillScores:
    """Scores of networks, skill by skill: arrays (skills, seeds, widths)."""

    strength: NDArray[np.float64]
    """R_k = E[g_k f | I = k]"""
    loss: NDArray[np.float64]
    """½(S − g_k f)², or the cross-entropy where that is the training loss, in nats"""


class HeldOutSkills:
    """Fresh samples of every skill, control skills included, on which networks are evaluated."""

    def __init__(self, task: MultitaskParity, count: int, seed: int) -> None:
        rng = stream(seed, "test")
        drawn = [task.draw_skill(rng, skill, count) for skill in range(task.parity.columns)]
        self.inputs = [with_bias_input(task.inputs(samples))[None] for samples in drawn]
        self.answers = [torch.from_numpy(task.answers(samples))[:, None] for samples in drawn]

    def products(self, networks: BatchedMLP) -> Iterator[Tensor]:
        """g_k·f of every sample (seeds, samples, widths), skill by skill, in float64 on the CPU."""
        for inputs, answers in zip(self.inputs, self.answers, strict=True):
            yield networks.outputs(inputs).cpu().double() * answers

    def scores(self, networks: BatchedMLP, target: float, loss: Target) -> SkillScores:
        """Strength and loss of every skill.

        Args:
            networks: What is evaluated.
            target: S, by which the answers ±1 are scaled.
            loss: Training loss; half the squared error is taken unless it is cross-entropy.
        """
        each = [
            (
                product.mean(dim=1),
                (F.softplus(-product) if loss == "cross_entropy" else (target - product) ** 2 / 2).mean(dim=1),
            )
            for product in self.products(networks)
        ]
        return SkillScores(*(torch.stack(parts).numpy() for parts in zip(*each, strict=True)))
