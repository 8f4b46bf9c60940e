"""Study 4, interventions: short runs that time the collapse, and paired runs in which it is prevented or moved."""

from typing import Annotated, Any, Literal, Self

import numpy as np
from pydantic import Field, model_validator

from emergence.config.arms import Paired
from emergence.config.frequencies import Frequencies, OptimiserName
from emergence.config.language_arms import LanguageArms
from emergence.config.protocol import Protocol
from emergence.config.training import Checkpoints, Sample, Size, Training
from emergence.config.types import Count, Fraction, Level, Positive, Seed, Strict, Switchable, heads_divide_width
from emergence.tasks import TASKS, TaskLevel

SIGMA = 0.02
"""Initial standard deviation of a weight where a cell does not vary it; `emergence.models.transformer` has it too."""


class Clock(Strict):
    """Short runs over a grid: sizes, rates and warm-ups crossed, and one further factor at a time."""

    widths: Annotated[list[Count], Field(min_length=1)]
    """crossed with rates and warm-ups"""
    rates: Annotated[list[Positive], Field(min_length=1)]
    """peak learning rates of AdamW"""
    warmups: Annotated[list[Count], Field(min_length=1)]
    """steps"""
    width: Count
    """of the cells that vary something else"""
    layers: Count
    """of all cells but those that vary depth"""
    heads: Count
    """of attention; must divide every width"""
    depths: list[Count]
    """layers of further cells"""
    sigmas: list[Positive]
    """standard deviation of initial weights in further cells; 0.02 elsewhere"""
    optimisers: dict[Literal["adam", "sgd"], Positive]
    """of further cells, with the factor on the rates; SGD has a momentum of 0.9"""
    task_sets: list[Annotated[list[str], Field(min_length=1)]]
    """tasks of further cells; all elsewhere"""
    seeds: Annotated[list[Seed], Field(min_length=1)]
    """of each cell"""
    records: Checkpoints
    """steps at which representations are measured"""
    split_seed: Seed
    """of the random half of the cells on which laws are fitted"""

    @model_validator(mode="after")
    def _heads_divide_widths(self) -> Self:
        for width in (*self.widths, self.width):
            heads_divide_width(self.heads, width)
        return self


class Cell(Strict):
    """One cell of the grid."""

    name: str
    size: Size
    learning_rate: Positive
    warmup: Count
    optimiser: OptimiserName
    sigma: Positive
    tasks: dict[str, list[Level]]
    held_out: bool
    """whether laws are tested on it, and not fitted to it"""


class InterventionVerdicts(Strict):
    """Thresholds of the claims of Study 4, fixed before the numbers were seen."""

    factor: Positive
    """largest mean error of a predicted step of collapse, as a factor"""
    alignment: Fraction
    """least cosine between the direction that swells and the predicted one"""
    prevented: Fraction
    """largest fall of the log rank, as a share of that of the plain arm, for a collapse to count as prevented"""
    margin: Positive
    """ratio of emergence steps, and its inverse, within which two arms are equivalent"""
    exponent: Fraction
    """largest distance from 1 of the exponent of emergence steps on 1/frequency, for gradient descent"""
    broken: Fraction
    """largest exponent at which emergence hardly depends on the frequency, for AdamW"""


class Early(Strict):
    """Prediction of the order and the steps of emergence from the first steps of the runs of Study 1."""

    share: Fraction
    """of training that is seen"""
    ridge: Annotated[float, Field(ge=0, allow_inf_nan=False)]
    """penalty of the regression on standardised features, in units of one row"""


class Pilot(Strict):
    """Values with which the power of the claims was planned."""

    seeds: Annotated[list[Seed], Field(min_length=1)]
    """of the pilot; no run of a tier may have one of them"""
    spreads: dict[str, Positive]
    """standard deviation between the units of each claim, by its name; of logarithms where the value is a factor"""


class Interventions(Strict):
    """Study 4: what sets the early collapse, and whether emergence depends on it."""

    metric: Literal["exact_match"]
    """whose events are compared between arms"""
    tasks: Annotated[dict[str, Annotated[list[Level], Field(min_length=1)]], Field(min_length=1)]
    """levels of each task"""
    context: Count
    """longest sequence, tokens"""
    training: Training
    """of the clock's cells but for rate and warm-up, which they have of their own"""
    evaluation: Sample
    """on which behaviour, and the rank of paired runs, is measured"""
    probes: Sample
    """on which representations of the clock's cells are measured"""
    epsilon: Positive
    """of RankMe"""
    clock: Clock
    paired: Paired
    method: Switchable[Paired] = None
    """what it is worth to prevent the collapse: doses and durations of the penalty, beside plain alternatives"""
    frequencies: Switchable[Frequencies] = None
    early: Switchable[Early] = None
    language: Switchable[LanguageArms] = None
    verdicts: InterventionVerdicts
    pilot: Pilot | None = None
    """without one, no power is stated beside verdicts"""
    protocol: Protocol
    """the shared protocol with what this study replaces"""

    @property
    def clock_seeds(self) -> dict[str, Seed]:
        """Seeds of the clock's cells, by name."""
        return {str(seed): seed for seed in self.clock.seeds}

    @property
    def paired_sizes(self) -> dict[str, Size]:
        """Sizes of the paired runs, by name."""
        return {size.name: size for size in self.paired.sizes}

    @property
    def method_sizes(self) -> dict[str, Size]:
        """Sizes of the runs that tell what prevention is worth, by name."""
        return {size.name: size for size in self.method.sizes} if self.method else {}

    @property
    def language_arm_sizes(self) -> dict[str, Size]:
        """Sizes of the paired language models, by name."""
        return self.language.named_sizes if self.language else {}

    @property
    def task_levels(self) -> list[TaskLevel]:
        """All task-levels in order."""
        return [TaskLevel(task, level) for task, levels in self.tasks.items() for level in levels]

    @property
    def pair_count(self) -> int:
        """Pairs of runs of each arm, over all sizes."""
        return len(self.paired.sizes) * len(self.paired.seeds)

    @property
    def method_pair_count(self) -> int:
        """The same of the runs that tell what prevention is worth."""
        return len(self.method.sizes) * len(self.method.seeds) if self.method else 0

    @property
    def cells(self) -> list[Cell]:
        """Cells of the clock; a random half of them is held out."""
        clock = self.clock
        base = {"width": clock.width, "layers": clock.layers, "optimiser": "adamw", "sigma": SIGMA, "tasks": None}
        kinds: list[dict[str, Any]] = [{"width": width} for width in clock.widths]
        kinds += [{"layers": layers} for layers in clock.depths]
        kinds += [{"sigma": sigma} for sigma in clock.sigmas]
        kinds += [{"optimiser": optimiser} for optimiser in clock.optimisers]
        kinds += [{"tasks": tasks} for tasks in clock.task_sets]
        factors = [
            {**base, **kind, "rate": rate, "warmup": warmup}
            for kind in kinds
            for rate in clock.rates
            for warmup in clock.warmups
        ]
        order = np.random.default_rng(clock.split_seed).permutation(len(factors))
        return [
            self._cell(one, held_out=bool(place < len(factors) // 2)) for place, one in zip(order, factors, strict=True)
        ]

    def _cell(self, of: dict[str, Any], *, held_out: bool) -> Cell:
        size = Size(
            name=f"{of['layers']}x{of['width']}", layers=of["layers"], width=of["width"], heads=self.clock.heads
        )
        tasks = of["tasks"] or list(self.tasks)
        name = f"{size.name}-{of['rate']:g}-{of['warmup']}-{of['optimiser']}-{of['sigma']:g}-{'.'.join(tasks)}"
        return Cell(
            name=name, size=size, learning_rate=of["rate"] * self.clock.optimisers.get(of["optimiser"], 1.0),
            warmup=of["warmup"], optimiser=of["optimiser"], sigma=of["sigma"],
            tasks={task: self.tasks[task] for task in tasks}, held_out=held_out,
        )  # fmt: skip

    @model_validator(mode="after")
    def _known(self) -> Self:
        for task, levels in self.tasks.items():
            if task not in TASKS:
                raise ValueError(f"tasks.{task}: no such task; allowed: {', '.join(TASKS)}")
            for level in levels:
                if not TASKS[task].has(level):
                    raise ValueError(f"tasks.{task}: no level {level!r}; allowed: {TASKS[task].levels}")
                if (length := TaskLevel(task, level).length) > self.context:
                    raise ValueError(f"tasks.{task}: level {level!r} needs {length} tokens, more than the context")
        for tasks in self.clock.task_sets:
            if unknown := [task for task in tasks if task not in self.tasks]:
                raise ValueError(f"clock.task_sets: no task {unknown[0]!r}; allowed: {', '.join(self.tasks)}")
        names = [cell.name for cell in self.cells]
        if twice := [name for name in names if names.count(name) > 1]:  # fitted and held out at once
            usual = f"{self.clock.layers} layers, σ {SIGMA:g}, adamw, all tasks"
            raise ValueError(f"clock: cell {twice[0]} is given twice; the factors that are varied leave out {usual}")
        if (last := self.training.steps) < self.clock.records.log_until:
            raise ValueError(f"clock.records.log_until: is after the last step; allowed: 1 to {last}")
        if self.frequencies:
            self.frequencies.counts(len(self.task_levels))
        if self.evaluation.seed == self.probes.seed:
            raise ValueError(f"probes.seed: {self.probes.seed} is also evaluation.seed; allowed: any other seed")
        return self
