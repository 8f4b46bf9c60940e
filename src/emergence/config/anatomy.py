"""Study 1, the geometric anatomy of emergence (arXiv:2602.15997): tasks, transformers, and its own analyses."""

import re
from itertools import groupby
from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, Field, model_validator

from emergence.config.study import Study
from emergence.config.training import (
    Checkpoints,
    Run,
    Sample,
    Size,
    SizeSeeds,
    Training,
    grid_of_runs,
    require_seeds,
)
from emergence.config.types import Count, Fraction, Level, Positive, Seed, Strict
from emergence.tasks import TASKS, TaskLevel, vocabulary
from emergence.tasks.symbols import CONTROL

Share = Annotated[float, Field(ge=0, lt=1)]


def _less_vocabulary(context: Any) -> Any:
    """A length of context given as ``64 - vocabulary``: what the tokens of the tasks leave of so many embeddings."""
    given = re.fullmatch(r"(\d+) - vocabulary", context) if isinstance(context, str) else None
    return int(given[1]) - vocabulary.SIZE if given else context


Embeddings = Annotated[str, Field(pattern=r"^\d+ - vocabulary$")]
Context = Annotated[Count, BeforeValidator(_less_vocabulary, json_schema_input_type=Count | Embeddings)]


class LLCSweep(Strict):
    """Sweep of the local learning coefficient's settings along the run of middle size and first seed."""

    at: Annotated[list[Annotated[float, Field(ge=0, le=1)]], Field(min_length=1)]
    """checkpoints, as shares of the run"""
    step_sizes: Annotated[list[Positive], Field(min_length=1)]
    """ε"""
    localisations: Annotated[list[Positive], Field(min_length=1)]
    """γ, each with every ε"""
    n_betas: list[Positive]
    """nβ, at the configured ε and γ"""


class DetectorValidity(Strict):
    """Validity of the event detectors on curves with a planted transition, and on curves without one."""

    trials: Count
    """curves of each kind"""
    times: Annotated[list[Fraction], Field(min_length=2, max_length=2)]
    """transitions lie between these shares of training, uniformly"""
    widths: Annotated[list[Positive], Field(min_length=1)]
    """of transitions, from a tenth to nine tenths, checkpoints"""
    chances: list[Share]
    """scores of an input-independent guess, for the binomial noise of an evaluation set"""
    noises: Annotated[list[Positive], Field(min_length=1)]
    """standard deviations of white noise, score"""
    levels: Annotated[list[Share], Field(min_length=1)]
    """scores at which curves without a transition stay, or to which they drift; below the events' threshold"""
    spacings: Annotated[list[Count], Field(min_length=1)]
    """every n-th checkpoint is kept"""
    seed: Seed
    """of the planted curves"""

    @model_validator(mode="after")
    def _as_built(self) -> Self:
        if self.times[0] >= self.times[1]:
            raise ValueError(f"times: {self.times} must rise; allowed: two shares of training, the lower first")
        if 1 not in self.spacings:
            raise ValueError(f"spacings: {self.spacings} lacks 1, where the thresholds apply; allowed: 1 and others")
        return self


class OrderPrediction(Strict):
    """Order of task-levels by geometry against their order of emergence."""

    tie: Annotated[float, Field(ge=0, allow_inf_nan=False)]
    """evaluations; events no farther apart have no order"""
    swap_margin: Annotated[float, Field(ge=1, allow_inf_nan=False)]
    """the later event of a reversed pair comes at more than this many times the step of the earlier, at both sizes"""
    permutations: Annotated[int, Field(ge=100)]
    """of task-levels, drawn for the nulls, and as many of tasks"""


class FloorVerdicts(Strict):
    """The published floor of modular arithmetic."""

    modular_floor: Positive
    """RankMe"""
    modular_tolerance: Fraction
    """relative"""


class Anatomy(Study):
    """Study 1: the geometric anatomy of emergence (arXiv:2602.15997)."""

    metric: Literal["exact_match", "log_probability"]
    """whose events enter the claims"""
    tasks: Annotated[dict[str, Annotated[list[Level], Field(min_length=1)]], Field(min_length=1)]
    """levels of each task, easiest first"""
    easy: Annotated[list[str], Field(default_factory=list)]
    """tasks that count as easy, the others as hard; by default those that their modules call easy"""
    sizes: Annotated[list[Size], Field(min_length=1)]
    seeds: Annotated[list[Seed], Field(min_length=1)]
    """one run per size and seed; initialisation and data draw from separate streams of it"""
    size_seeds: SizeSeeds
    """number of seeds of single sizes, the first of ``seeds``; the others have all"""
    context: Context
    """longest sequence, tokens"""
    training: Training
    checkpoints: Checkpoints
    evaluation: Sample
    probes: Sample
    llc_sweep: LLCSweep
    """sweep of the settings of llc, if that is measured"""
    detector_validity: DetectorValidity
    order_prediction: OrderPrediction
    verdicts: FloorVerdicts
    """beside those of the protocol"""

    @property
    def runs(self) -> dict[str, Run]:
        """Size and seed of each run by name, largest first, so that the longest jobs start first."""
        return grid_of_runs(self.sizes, self.seeds, self.size_seeds)

    def groups(self, together: int) -> list[list[str]]:
        """Runs of one size, so many at most, that train together; largest first."""
        of_sizes = [list(runs) for _, runs in groupby(self.runs, key=lambda run: self.runs[run][0])]
        return [runs[at : at + together] for runs in of_sizes for at in range(0, len(runs), together)]

    @property
    def middle(self) -> str:
        """The run of middle size and first seed, for what one run can show."""
        of_first_seed = [run for run, (_, seed) in self.runs.items() if seed == self.seeds[0]]
        return of_first_seed[(len(of_first_seed) - 1) // 2]

    @property
    def controls(self) -> list[str]:
        """Groups that are measured but are no tasks."""
        return [CONTROL]

    @property
    def levels(self) -> list[TaskLevel]:
        """All task-levels, in the order of the file."""
        return [TaskLevel(task, level) for task, levels in self.tasks.items() for level in levels]

    @model_validator(mode="before")
    @classmethod
    def _easy_by_declaration(cls, values: Any) -> Any:
        if not isinstance(values, dict) or "easy" in values or not isinstance(values.get("tasks"), dict):
            return values
        easy = [task for task in values["tasks"] if task in TASKS and TASKS[task].difficulty == "easy"]
        return {**values, "easy": easy}

    @model_validator(mode="after")
    def _tasks_and_levels(self) -> Self:
        for task, levels in self.tasks.items():
            if task not in TASKS:
                raise ValueError(f"tasks.{task}: no such task; allowed: {', '.join(TASKS)}")
            for level in levels:
                if not TASKS[task].has(level):
                    raise ValueError(f"tasks.{task}: no level {level!r}; allowed: {TASKS[task].levels}")
                if (length := TaskLevel(task, level).length) > self.context:
                    raise ValueError(
                        f"tasks.{task}: level {level!r} needs {length} tokens, more than the context of {self.context}"
                    )
        return self

    @model_validator(mode="after")
    def _no_repeats(self) -> Self:
        lists: dict[str, list[Any]] = {f"tasks.{task}": levels for task, levels in self.tasks.items()}
        lists |= {"easy": self.easy, "seeds": self.seeds, "sizes": [size.name for size in self.sizes]}
        for key, values in lists.items():
            repeated = sorted({str(value) for value in values if values.count(value) > 1})
            if repeated:
                raise ValueError(f"{key}: {', '.join(repeated)} is listed twice; allowed: each once")
        for task in self.easy:
            if task not in self.tasks:
                raise ValueError(f"easy: {task!r} is not among the tasks; allowed: {', '.join(self.tasks)}")
        require_seeds(self.sizes, self.seeds, self.size_seeds)
        return self

    @model_validator(mode="after")
    def _levels_below_threshold(self) -> Self:
        high, threshold = max(self.detector_validity.levels), self.protocol.events.threshold
        if high >= threshold:
            raise ValueError(
                f"detector_validity.levels: {high} would be an event; allowed: scores below "
                f"protocol.events.threshold, {threshold}"
            )
        return self

    @model_validator(mode="after")
    def _within_training(self) -> Self:
        last = self.training.steps
        for key, step in {
            "checkpoints.log_until": self.checkpoints.log_until,
            "protocol.collapse.floor_until": self.protocol.collapse.floor_until,
        }.items():
            if step > last:
                raise ValueError(f"{key}: {step} is after the last step; allowed: 1 to {last}")
        if self.evaluation.seed == self.probes.seed:
            raise ValueError(f"probes.seed: {self.probes.seed} is also evaluation.seed; allowed: any other seed")
        return self
