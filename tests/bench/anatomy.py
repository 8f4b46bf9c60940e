"""Transformers of the default tier that have learned a little, with their data: what most subjects time."""

from collections.abc import Iterator
from functools import cache, cached_property

import torch
from timing import PROJECT
from torch import Tensor

from emergence.config import loading
from emergence.config.loading import Config
from emergence.config.measures import Measures
from emergence.config.project import settings_for
from emergence.config.training import TrainSettings
from emergence.models import build
from emergence.models.transformer import Transformer
from emergence.subjects.task_transformer import PackedLosses, TaskProbe, TaskSubject
from emergence.tasks import data
from emergence.tasks.batches import Layout, Stream
from emergence.training.task_transformer import TaskLearner

WARM_UP = 30
"""steps, so that gradients and Hessian are those of training"""
CHOSEN: list[str] = []
"""sizes that are asked for, all if empty"""


@cache
def config() -> Config:
    """The default tier."""
    return loading.read(PROJECT / "config.yaml", PROJECT / "workflow/tiers/full.yaml")


class Grid:
    """A batch of packed sequences: inputs (rows, width) and the answers (targets,) to be predicted."""

    def __init__(self, layout: Layout, inputs: Tensor, answers: Tensor) -> None:
        self.layout, self.inputs, self.answers = layout, inputs, answers
        packing = layout.packing
        self.positions, self.mask, self.targets = (
            torch.from_numpy(array) for array in (packing.positions, packing.mask, layout.target_index)
        )

    @classmethod
    def of_stream(cls, layout: Layout, seed: int, step: int = 0) -> "Grid":
        """Fresh examples, as in training."""
        return cls(layout, *map(torch.from_numpy, Stream(layout, seed)(step)))

    @property
    def places(self) -> tuple[Tensor, Tensor, Tensor]:
        """Positions, mask (rows, 1, width, width) and targets, as a model takes them."""
        return self.positions, self.mask[:, None], self.targets

    def sequences(self) -> Iterator[tuple[Tensor, Tensor]]:
        """Every sequence of tokens (length,), and which of its places (answer tokens,) answers are predicted from."""
        flat, length = self.inputs.flatten(), {level: level.prompt_length - 1 for level in self.layout.levels}
        for level, index in zip(self.layout.levels, self.layout.packing.index, strict=True):
            for row in torch.from_numpy(index):
                yield flat[row], torch.arange(length[level], len(row))


class Setup:
    """One size of the anatomy."""

    def __init__(self, name: str) -> None:
        trained = settings_for(config(), "train", run=f"{name}-s{config().anatomy.seeds[0]}")["settings"]
        assert isinstance(trained, TrainSettings)
        self.name, self.trained = name, trained
        self.learner = TaskLearner(trained, build.device("cpu"))
        for step in range(WARM_UP):
            self.learner.step(step)

    @property
    def model(self) -> Transformer:
        return self.learner.model

    @property
    def measures(self) -> Measures:
        """Options of the measures."""
        return config().anatomy.measures

    @cached_property
    def subject(self) -> TaskSubject:
        """The model seen through the probes."""
        probes = config().anatomy.probes
        return TaskSubject(self.model, TaskProbe(data.draw(self.trained.task_levels, probes.examples, probes.seed)))

    def layout(self, examples: int) -> Layout:
        """Of all task-levels."""
        return Layout(self.trained.task_levels, examples)

    def loss(self, grid: Grid) -> float:
        """Of the model, on a batch."""
        losses = PackedLosses(self.model, grid.layout).batch(grid.inputs.numpy(), grid.answers.numpy())
        with torch.no_grad():
            return float(torch.cat(losses()).mean())


def setups() -> Iterator[Setup]:
    """Every size of the anatomy that is asked for."""
    yield from map(setup, CHOSEN or (size.name for size in config().anatomy.sizes))


@cache
def setup(name: str) -> Setup:
    """One size, trained once."""
    return Setup(name)
