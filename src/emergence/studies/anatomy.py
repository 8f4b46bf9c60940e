"""Study 1, the geometric anatomy of emergence (arXiv:2602.15997): settings, and what each of its stages is given."""

from itertools import groupby
from typing import Annotated, Any, Protocol, Self

from pydantic import Field, model_validator

from emergence.settings.analysis import (
    ClaimSettings,
    Collapse,
    DirectionSettings,
    Events,
    FloorSettings,
    Grid,
    LeadSettings,
    Precursors,
    RateSettings,
    ScoredMetric,
    SensitivitySettings,
    Signal,
    Statistics,
    Verdicts,
)
from emergence.settings.base import Count, Key, Level, Seed, Strict
from emergence.settings.calibration import CalibrationSettings, FigureS2Settings
from emergence.settings.figures import (
    Figure1Settings,
    Figure2Settings,
    Figure3Settings,
    Figure4Settings,
    Figure5Settings,
    FigureS3Settings,
    FigureS4Settings,
)
from emergence.settings.learning import (
    Checkpoints,
    Sample,
    Size,
    TaskSettings,
    TogetherSettings,
    Training,
    TrainSettings,
)
from emergence.settings.limits import Limits, LimitSettings
from emergence.settings.measures import LocalLearning, Measures, Plateau, PlateauSettings
from emergence.settings.paper import QuotedAnatomySettings, QuotedSettings
from emergence.settings.stability import StabilitySettings
from emergence.settings.validity import FigureS1Settings, Validity, ValiditySettings
from emergence.settings.variants import VARIANTS, Variant
from emergence.studies.whole import ConfigError, Whole, measuring, of_task_levels
from emergence.tasks import TASKS, TaskLevel
from emergence.tasks.symbols import CONTROL


class Anatomy(Strict):
    """Study 1: the geometric anatomy of emergence (arXiv:2602.15997)."""

    tasks: Annotated[dict[str, Annotated[list[Level], Field(min_length=1)]], Field(min_length=1)]
    """levels of each task, easiest first"""
    easy: list[str]
    """tasks counted as easy; the others are hard"""
    sizes: Annotated[list[Size], Field(min_length=1)]
    seeds: Annotated[list[Seed], Field(min_length=1)]
    """one run a size and seed; initialisation and data draw from separate streams of it"""
    context: Count
    """longest sequence, tokens"""
    training: Training
    checkpoints: Checkpoints
    evaluation: Sample
    probes: Sample
    measures: Measures
    plateau: Plateau
    """sweep of the settings of llc, if that is followed"""
    variant: Variant
    """primary variant of RankMe: pooling/centring/spectrum"""
    signals: dict[Key, Signal]
    """what of each other measure is held against events; a measure without is followed, no more"""
    events: Events
    validity: Validity
    """of the detectors of events"""
    collapse: Collapse
    precursors: Precursors
    limits: Limits
    """order of task-levels by geometry against their order of emergence"""
    sensitivity: Grid
    """alternatives to single settings: for the supplement, and under which every claim is judged again"""
    statistics: Statistics
    verdicts: Verdicts

    @property
    def runs(self) -> dict[str, tuple[Size, int]]:
        """Size and seed of each run by name, largest first, so that the longest jobs start first."""
        sizes = sorted(self.sizes, key=lambda size: -size.layers * size.width**2)
        return {f"{size.name}-s{seed}": (size, seed) for size in sizes for seed in self.seeds}

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
    def followed(self) -> dict[str, Signal]:
        """Signals of the measures that are followed, RankMe's first."""
        every = {"rankme": Signal(variant=self.variant, scale="rank"), **self.signals}
        return {name: signal for name, signal in every.items() if (signal.measure or name) in self.measures.names}

    @property
    def levels(self) -> list[TaskLevel]:
        """All task-levels, in the order of the file."""
        return [TaskLevel(task, level) for task, levels in self.tasks.items() for level in levels]

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
        return self

    @model_validator(mode="after")
    def _signals_exist(self) -> Self:
        others = {*VARIANTS, *self.measures.names} - {"rankme"}
        for name, signal in self.signals.items():
            if (measure := signal.measure or name) not in others:
                allowed = ", ".join(sorted(others))
                raise ValueError(f"signals.{name}: no measure that needs a signal; allowed: {allowed}")
            variants = VARIANTS.get(measure, (signal.variant,))  # a measure of the user's own has its own
            if signal.variant not in variants:
                raise ValueError(
                    f"signals.{name}.variant: no such variant {signal.variant!r}; allowed: {', '.join(variants)}"
                )
        return self

    @model_validator(mode="after")
    def _levels_below_threshold(self) -> Self:
        high = max(self.validity.levels)
        if high >= self.events.threshold:
            allowed = f"scores below events.threshold, {self.events.threshold}"
            raise ValueError(f"validity.levels: {high} would be an event; allowed: {allowed}")
        return self

    @model_validator(mode="after")
    def _within_training(self) -> Self:
        last = self.training.steps
        for key, step in {
            "checkpoints.log_until": self.checkpoints.log_until,
            "collapse.floor_until": self.collapse.floor_until,
        }.items():
            if step > last:
                raise ValueError(f"{key}: {step} is after the last step; allowed: 1 to {last}")
        if self.evaluation.seed == self.probes.seed:
            raise ValueError(f"probes.seed: {self.probes.seed} is also evaluation.seed; allowed: any other seed")
        return self

    @property
    def claims(self) -> ClaimSettings:
        """By which claims are judged, also those of other studies."""
        return ClaimSettings(
            metric=self.events.primary,
            definition=self.precursors.definition,
            variant=self.variant,
            statistics=self.statistics,
            verdicts=self.verdicts,
        )

    def quoted(self, metric: ScoredMetric) -> QuotedSettings:
        """What the paper speaks of in a study with this metric."""
        return QuotedSettings(metric=metric, definition=self.precursors.definition)

    def settings(self, stage: str, whole: Whole, run: str | None, measure: str | None) -> Strict:
        """What a stage is given; training needs to know the run, measuring the measure.

        Raises:
            ConfigError: if there is no such stage, run or measure.
        """
        match stage:
            case "tasks":
                return TaskSettings(levels=self.tasks, evaluation=self.evaluation, probes=self.probes)
            case "train":
                return self._train_settings(run, whole)
            case "train_together":
                return TogetherSettings(runs=[self._train_settings(one, whole) for one in self._group(run, whole)])
            case "follow":
                return measuring(self.measures, measure, whole)
            case "plateau":
                return PlateauSettings(options=self._langevin, plateau=self.plateau, device=whole.device)
            case "events" | "collapse":
                return getattr(self, stage)
            case "validity":
                return ValiditySettings(
                    events=self.events,
                    examples=self.evaluation.examples,
                    confidence=self.statistics.confidence,
                    validity=self.validity,
                )
            case "floors":
                return FloorSettings(variant=self.variant, statistics=self.statistics)
            case "direction":
                return DirectionSettings(
                    variant=self.variant, confidence=self.statistics.confidence, left_out=[CONTROL]
                )
            case "leads":
                return self._lead_settings(measure)
            case "sensitivity":
                return SensitivitySettings(leads=self._lead_settings("rankme"), grid=self.sensitivity)
            case "stability":
                return StabilitySettings(
                    leads=self._lead_settings("rankme"),
                    others=of_task_levels(self.followed),
                    grid=self.sensitivity,
                    claims=self.claims,
                    limits=self._limit_settings,
                )
            case "precursors":
                return RateSettings(
                    measures=list(self.followed), precursors=self.precursors, statistics=self.statistics
                )
            case "limits":
                return self._limit_settings
            case "claims":
                return self.claims
            case "anatomy_numbers":
                quoted = self.quoted(self.events.primary)
                return QuotedAnatomySettings(**dict(quoted), variant=self.variant, detector=self.events.detector)
            case "calibration":
                return CalibrationSettings(calibration=whole.calibration, epsilon=self.measures.rankme.epsilon)
            case _:
                return self._figure_settings(stage, whole.figures.dpi)

    def _figure_settings(self, stage: str, dpi: int) -> Strict:
        match stage:
            case "fig1":
                return Figure1Settings(dpi=dpi, metric=self.events.primary, threshold=self.events.threshold)
            case "fig2":
                return Figure2Settings(dpi=dpi, variant=self.variant, equivalence=self.statistics.equivalence)
            case "fig3":
                return Figure3Settings(dpi=dpi, variant=self.variant, floor_until=self.collapse.floor_until)
            case "fig4":
                return Figure4Settings(
                    dpi=dpi,
                    metric=self.events.primary,
                    definition=self.precursors.definition,
                    margin=self.precursors.margin,
                )
            case "fig5":
                return Figure5Settings(dpi=dpi, metric=self.events.primary, feature="onset")
            case "figS3":
                return FigureS3Settings(dpi=dpi, options=self._langevin)
            case "figS4":
                return FigureS4Settings(dpi=dpi)
            case "figS1":
                return FigureS1Settings(dpi=dpi, marks=self.validity.marks)
            case "figS2":
                return FigureS2Settings(dpi=dpi)
        raise ConfigError(f"stage {stage!r} does not exist")

    def _lead_settings(self, measure: str | None) -> LeadSettings:
        if measure not in self.followed:
            raise ConfigError(f"measure {measure!r} has no signal; allowed: {', '.join(self.followed)}")
        shared = {name: getattr(self, name) for name in LeadSettings.model_fields if hasattr(self, name)}
        return LeadSettings(measure=measure, signal=self.followed[measure], **shared)

    @property
    def _limit_settings(self) -> LimitSettings:
        return LimitSettings(metric=self.events.primary, easy=self.easy, limits=self.limits, statistics=self.statistics)

    @property
    def _langevin(self) -> LocalLearning:
        options = self.measures.llc
        if options is None:
            raise ConfigError("anatomy.measures.llc: is not followed, so there is no plateau to sweep; add its options")
        return options

    def _group(self, run: str | None, whole: Whole) -> list[str | None]:
        """The runs that train together with one."""
        return next((list(group) for group in self.groups(whole.compute.together) if run in group), [run])

    def _train_settings(self, run: str | None, whole: Whole) -> TrainSettings:
        if run not in self.runs:
            raise ConfigError(f"run {run!r} does not exist; allowed: {', '.join(self.runs)}")
        size, seed = self.runs[run]
        return TrainSettings(
            study="anatomy",
            run=run,
            size=size,
            seed=seed,
            levels=self.tasks,
            context=self.context,
            training=self.training,
            checkpoints=self.checkpoints,
            compute=whole.compute,
            device=whole.device,
        )


class WithAnatomy(Whole, Protocol):
    """The configuration with Study 1, whose detectors and definitions the other studies use unchanged."""

    @property
    def anatomy(self) -> Anatomy:
        """Study 1."""
