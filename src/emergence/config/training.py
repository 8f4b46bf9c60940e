"""Settings of tasks, models and training, how it computes, and what the stages that make trajectories are given."""

from collections.abc import Mapping, Sequence
from typing import Annotated, NamedTuple, Self

from pydantic import Field, model_validator

from emergence.config.types import Count, Device, Level, Name, Positive, Precision, Seed, Strict, heads_divide_width
from emergence.tasks.vocabulary import TaskLevel


class Arithmetic(Strict):
    """How the training steps of a model are computed; what is kept and what is measured is always float32."""

    precision: Precision
    """bfloat16: products of forward pass, and so of gradients; weights and optimiser stay float32"""
    compile: bool
    """fuse the operations of forward pass and gradients (torch.compile), at the price of a minute a job"""


class Compute(Arithmetic):
    """How training computes, and what it shares a device with."""

    together: Count
    """runs of one size that train as one stack in one job; 1: each in its own"""


class Size(Strict):
    """One transformer."""

    name: Name
    """used in run names and figures"""
    layers: Count
    """blocks of attention and feed-forward layers"""
    width: Count
    """residual stream"""
    heads: Count
    """must divide the width"""

    @model_validator(mode="after")
    def _heads_divide_width(self) -> Self:
        heads_divide_width(self.heads, self.width)
        return self


class Run(NamedTuple):
    """A model that is trained: its size and its seed."""

    size: Size
    seed: int


SizeSeeds = Annotated[dict[Name, Count | None], Field(default_factory=dict)]
"""Number of seeds of single sizes, the first of those listed; with null, all, as an overlay takes a number back."""


def grid_of_runs(sizes: Sequence[Size], seeds: Sequence[int], size_seeds: Mapping[str, int | None]) -> dict[str, Run]:
    """Size and seed of each run by name, largest first, so that the longest jobs start first.

    Args:
        sizes: to be trained.
        seeds: of each size.
        size_seeds: number of seeds, the first ones, of the sizes that do not have all.
    """
    largest_first = sorted(sizes, key=lambda size: -size.layers * size.width**2)
    return {
        f"{size.name}-s{seed}": Run(size, seed) for size in largest_first for seed in seeds[: size_seeds.get(size.name)]
    }


def require_seeds(sizes: Sequence[Size], seeds: Sequence[int], size_seeds: Mapping[str, int | None]) -> None:
    """Refuse counts of seeds that no size could have.

    Raises:
        ValueError: if a size is not listed, or has more seeds than are.
    """
    names = [size.name for size in sizes]
    for name, count in size_seeds.items():
        if count is None:
            continue
        if name not in names:
            raise ValueError(f"size_seeds.{name}: no such size; allowed: {', '.join(names)}; null takes it back")
        if count > len(seeds):
            raise ValueError(f"size_seeds.{name}: {count} of {len(seeds)} seeds; allowed: 1 to {len(seeds)}")


class Optimisation(Strict):
    """AdamW with linear warm-up and cosine decay."""

    steps: Count
    """optimiser steps"""
    learning_rate: Positive
    """peak"""
    warmup: Annotated[int, Field(ge=0)]
    """steps of linear warm-up"""
    final_fraction: Annotated[float, Field(ge=0, le=1)]
    """learning rate at the last step, as a share of the peak"""
    betas: Annotated[list[Annotated[float, Field(ge=0, lt=1)]], Field(min_length=2, max_length=2)]
    """Adam's decay rates"""
    weight_decay: Annotated[float, Field(ge=0, allow_inf_nan=False)]
    """of matrices; biases and norms are not decayed"""
    clip: Positive
    """largest gradient norm"""

    @model_validator(mode="after")
    def _warmup_ends(self) -> Self:
        if self.warmup > self.steps:
            raise ValueError(f"warmup: {self.warmup} is after the last step; allowed: 0 to {self.steps}")
        return self


class Training(Optimisation):
    """Optimisation on task-levels; loss is taken on answer tokens only."""

    examples: Count
    """of each task-level in every batch"""


class Checkpoints(Strict):
    """Steps at which weights are kept and behaviour is measured: every step, then log-dense, then linear."""

    every_step_until: Annotated[int, Field(ge=0)]
    """step"""
    log_until: Count
    """step at which log spacing ends"""
    per_decade: Count
    """checkpoints a factor of ten, while log-spaced"""
    linear_every: Count
    """steps, from there on"""

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.every_step_until > self.log_until:
            raise ValueError(
                f"every_step_until: {self.every_step_until} is after log_until; allowed: 0 to {self.log_until}"
            )
        return self


class Doubling(Strict):
    """Steps of the checkpoints, as Pythia has them: 0, powers of two, then evenly spaced, and the last."""

    doubled_until: Count
    """last power of two; 512 in Pythia"""
    linear_every: Count
    """steps, from there on; 1000 in Pythia"""


class Sample(Strict):
    """A fixed set of examples of every task-level."""

    examples: Annotated[int, Field(ge=2)]
    """of each task-level"""
    seed: Seed
    """of the draw; another one for every set"""


class Taught(Strict):
    """Settings of a stage that needs to know the task-levels."""

    levels: dict[str, list[Level]]
    """of each task"""

    @property
    def task_levels(self) -> tuple[TaskLevel, ...]:
        """All task-levels in order."""
        return tuple(TaskLevel(task, level) for task, levels in self.levels.items() for level in levels)


class TrainSettings(Taught):
    """One run of Study 1, as its manifest records it."""

    study: Name
    run: str
    size: Size
    seed: Seed
    context: Count
    training: Training
    checkpoints: Checkpoints
    compute: Compute
    device: Device


class StackSettings(Strict):
    """Runs of one size that train as one stack."""

    runs: Annotated[list[TrainSettings], Field(min_length=1)]
    """alike in all but name and seed"""

    @model_validator(mode="after")
    def _alike(self) -> Self:
        first, *others = (run.model_dump(exclude={"run", "seed"}) for run in self.runs)
        if any(other != first for other in others):
            names = ", ".join(run.run for run in self.runs)
            raise ValueError(f"runs: {names} differ in more than name and seed; allowed: runs of one size and training")
        return self
