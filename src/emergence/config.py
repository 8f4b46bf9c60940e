"""The whole configuration: every study's settings, the checks that need more than one of them, and how it is read.

`config.yaml` is the default tier; a tier overlay in `workflow/tiers/` replaces some of its values. Both are read
through `load`, which refuses what it does not know and names each offending key. `schema` writes the same knowledge
as a JSON schema, for completion in editors.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Self, get_args

import yaml
from pydantic import BaseModel, Field, ValidationError, model_validator

from emergence.errors import EmergenceError
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
    SensitivitySettings,
    Signal,
    Statistics,
    Verdicts,
)
from emergence.settings.base import Count, Device, Folder, Level, Name, Seed, Strict
from emergence.settings.calibration import Calibration, CalibrationSettings, FigureS2Settings
from emergence.settings.figures import (
    Figure1Settings,
    Figure2Settings,
    Figure3Settings,
    Figure4Settings,
    Figure5Settings,
    Figures,
    FigureS3Settings,
    FigureS4Settings,
)
from emergence.settings.learning import Checkpoints, Sample, Size, TaskSettings, Training, TrainSettings
from emergence.settings.limits import Limits, LimitSettings
from emergence.settings.measures import LocalLearning, Measures, MeasureSettings, Plateau, PlateauSettings
from emergence.settings.validity import FigureS1Settings, Validity, ValiditySettings
from emergence.settings.variants import VARIANTS, Variant
from emergence.tasks import TASKS, TaskLevel


class ConfigError(EmergenceError):
    """A configuration that cannot be run; the message has one line for each thing to mend."""


class Folders(Strict):
    """Where a tier writes; Snakemake reads these as its path variables."""

    results: Folder
    """data, trajectories, tables"""
    figures: Folder
    """figures as PDF and PNG"""
    logs: Folder
    """one log a job"""
    benchmarks: Folder
    """time and memory of each job"""


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
    signals: dict[str, Signal]
    """what of each other measure is held against events; a measure without is followed, no more"""
    events: Events
    validity: Validity
    """of the detectors of events"""
    collapse: Collapse
    precursors: Precursors
    limits: Limits
    """order of task-levels by geometry against their order of emergence"""
    sensitivity: Grid
    """alternatives to single settings, for the supplement"""
    statistics: Statistics
    verdicts: Verdicts

    @property
    def runs(self) -> dict[str, tuple[Size, int]]:
        """Size and seed of each run by name, largest first, so that the longest jobs start first."""
        sizes = sorted(self.sizes, key=lambda size: -size.layers * size.width**2)
        return {f"{size.name}-s{seed}": (size, seed) for size in sizes for seed in self.seeds}

    @property
    def middle(self) -> str:
        """The run of middle size and first seed, for what one run can show."""
        of_first_seed = [run for run, (_, seed) in self.runs.items() if seed == self.seeds[0]]
        return of_first_seed[(len(of_first_seed) - 1) // 2]

    @property
    def followed(self) -> dict[str, Signal]:
        """Signals of the measures that are followed, RankMe's first."""
        every = {"rankme": Signal(variant=self.variant, scale="rank"), **self.signals}
        return {name: signal for name, signal in every.items() if name in self.measures.names}

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
            if name not in others:
                allowed = ", ".join(sorted(others))
                raise ValueError(f"signals.{name}: no measure that needs a signal; allowed: {allowed}")
            variants = VARIANTS.get(name, (signal.variant,))  # a measure of the user's own has its own
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


class Config(Strict):
    """The whole configuration of a tier."""

    tier: Name
    """laptop, smoke, paper, or your own"""
    device: Device
    """auto takes CUDA where there is one, else the CPU"""
    pathvars: Folders
    anatomy: Anatomy
    calibration: Calibration
    figures: Figures

    def settings(self, stage: str, run: str | None = None, measure: str | None = None) -> Strict:
        """What a stage is given; training needs to know the run, measuring the measure.

        Raises:
            ConfigError: if there is no such run or measure.
        """
        study = self.anatomy
        match stage:
            case "tasks":
                return TaskSettings(levels=study.tasks, evaluation=study.evaluation, probes=study.probes)
            case "train":
                return self._train_settings(run)
            case "follow":
                if measure not in study.measures.names:
                    raise ConfigError(f"measure {measure!r} does not exist; allowed: {', '.join(study.measures.names)}")
                return MeasureSettings(measure=measure, options=getattr(study.measures, measure), device=self.device)
            case "plateau":
                return PlateauSettings(options=self._langevin, plateau=study.plateau, device=self.device)
            case "events" | "collapse":
                return getattr(study, stage)
            case "validity":
                return ValiditySettings(
                    events=study.events,
                    examples=study.evaluation.examples,
                    confidence=study.statistics.confidence,
                    validity=study.validity,
                )
            case "floors":
                return FloorSettings(variant=study.variant, statistics=study.statistics)
            case "direction":
                return DirectionSettings(variant=study.variant, confidence=study.statistics.confidence)
            case "leads":
                return self._lead_settings(measure)
            case "sensitivity":
                return SensitivitySettings(leads=self._lead_settings("rankme"), grid=study.sensitivity)
            case "precursors":
                return RateSettings(
                    measures=list(study.followed), precursors=study.precursors, statistics=study.statistics
                )
            case "limits":
                return LimitSettings(
                    metric=study.events.primary, easy=study.easy, limits=study.limits, statistics=study.statistics
                )
            case "claims":
                return ClaimSettings(
                    metric=study.events.primary,
                    definition=study.precursors.definition,
                    variant=study.variant,
                    statistics=study.statistics,
                    verdicts=study.verdicts,
                )
            case "calibration":
                return CalibrationSettings(calibration=self.calibration, epsilon=study.measures.rankme.epsilon)
            case _:
                return self._figure_settings(stage)

    def _figure_settings(self, stage: str) -> Strict:
        study, dpi = self.anatomy, self.figures.dpi
        match stage:
            case "fig1":
                return Figure1Settings(dpi=dpi, metric=study.events.primary, threshold=study.events.threshold)
            case "fig2":
                return Figure2Settings(dpi=dpi, variant=study.variant, equivalence=study.statistics.equivalence)
            case "fig3":
                return Figure3Settings(dpi=dpi, variant=study.variant, floor_until=study.collapse.floor_until)
            case "fig4":
                return Figure4Settings(
                    dpi=dpi,
                    metric=study.events.primary,
                    definition=study.precursors.definition,
                    margin=study.precursors.margin,
                )
            case "fig5":
                return Figure5Settings(dpi=dpi, metric=study.events.primary, feature="onset")
            case "figS3":
                return FigureS3Settings(dpi=dpi, options=self._langevin)
            case "figS4":
                return FigureS4Settings(dpi=dpi)
            case "figS1":
                return FigureS1Settings(dpi=dpi, marks=study.validity.marks)
            case "figS2":
                return FigureS2Settings(dpi=dpi)
        raise ConfigError(f"stage {stage!r} does not exist")

    def _lead_settings(self, measure: str | None) -> LeadSettings:
        study = self.anatomy
        if measure not in study.followed:
            raise ConfigError(f"measure {measure!r} has no signal; allowed: {', '.join(study.followed)}")
        shared = {name: getattr(study, name) for name in LeadSettings.model_fields if hasattr(study, name)}
        return LeadSettings(measure=measure, signal=study.followed[measure], **shared)

    @property
    def _langevin(self) -> LocalLearning:
        options = self.anatomy.measures.llc
        if options is None:
            raise ConfigError("anatomy.measures.llc: is not followed, so there is no plateau to sweep; add its options")
        return options

    def _train_settings(self, run: str | None) -> TrainSettings:
        study = self.anatomy
        if run not in study.runs:
            raise ConfigError(f"run {run!r} does not exist; allowed: {', '.join(study.runs)}")
        size, seed = study.runs[run]
        return TrainSettings(
            study="anatomy",
            run=run,
            size=size,
            seed=seed,
            levels=study.tasks,
            context=study.context,
            training=study.training,
            checkpoints=study.checkpoints,
            device=self.device,
        )


def _lines(error: ValidationError) -> list[str]:
    """One line a problem: full key, value, what is allowed."""
    lines = []
    for problem in error.errors(include_url=False):
        key = ".".join(str(part) for part in problem["loc"])
        message = problem["msg"].removeprefix("Value error, ")
        if problem["type"] == "value_error" and not isinstance(problem["input"], str):
            lines.append(f"{key}.{message}" if key else message)
        elif problem["type"] == "extra_forbidden":
            lines.append(f"{key}: unknown key; allowed: {_known(problem['loc'])}")
        elif problem["type"] == "missing":
            lines.append(f"{key}: missing; add it (config.schema.json lists every key)")
        else:
            lines.append(f"{key}: {problem['input']!r} is not valid; {message[0].lower()}{message[1:]}")
    return lines


def _known(location: tuple[int | str, ...]) -> str:
    """Keys allowed where an unknown one was found."""
    model: type[BaseModel] = Config
    for part in (part for part in location[:-1] if isinstance(part, str)):
        if part not in model.model_fields:
            return "none"  # below a measure that has no options
        annotation = model.model_fields[part].annotation
        model = next(t for t in (*get_args(annotation), annotation) if isinstance(t, type))
    return ", ".join(model.model_fields)


def load(values: Mapping[str, Any]) -> Config:
    """Validate a configuration.

    Raises:
        ConfigError: with a line for each offending key: its full name, its value, what is allowed.
    """
    try:
        return Config.model_validate(dict(values))
    except ValidationError as error:
        raise ConfigError("config: " + "\nconfig: ".join(_lines(error))) from None


def merged(base: Mapping[str, Any], overlay: Mapping[str, Any]) -> dict[str, Any]:
    """Overlay on base as Snakemake does it: mappings merge, everything else is replaced."""
    result = dict(base)
    for key, value in overlay.items():
        inner = result.get(key)
        both = isinstance(value, Mapping) and isinstance(inner, Mapping)
        result[key] = merged(inner, value) if both else value  # type: ignore[arg-type]
    return result


def read(*paths: Path) -> Config:
    """Load a configuration file and the overlays after it."""
    values: dict[str, Any] = {}
    for path in paths:
        try:
            content = yaml.safe_load(path.read_text())
        except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
            raise ConfigError(f"config: {path} cannot be read ({' '.join(str(error).split())})") from None
        if not isinstance(content, dict):
            raise ConfigError(f"config: {path} holds no settings")
        values = merged(values, content)
    return load(values)


def schema() -> dict[str, Any]:
    """JSON schema of a configuration file."""
    return Config.model_json_schema()
