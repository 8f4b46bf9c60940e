"""The whole configuration: the sections of all studies, and how it is read.

`config.yaml` is the default tier; a tier overlay in `workflow/tiers/` replaces some of its values. Both are read
through `load`, which refuses what it does not know and names each offending key. `schema` writes the same knowledge
as a JSON schema, for completion in editors.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Self, get_args

import yaml
from pydantic import BaseModel, ValidationError, model_validator

from emergence.settings.analysis import AllClaimsSettings
from emergence.settings.base import Device, Folder, Name, PaperFolder, Strict
from emergence.settings.calibration import Calibration
from emergence.settings.compute import Compute
from emergence.settings.figures import Figures
from emergence.settings.paper import PlainSettings
from emergence.settings.reference import Reproduce, Source
from emergence.stages import study_of
from emergence.studies import explored
from emergence.studies.anatomy import Anatomy
from emergence.studies.language import Language
from emergence.studies.multifractal import MultifractalStudy
from emergence.studies.reported import PaperSettings
from emergence.studies.solvable import Solvable
from emergence.studies.whole import ConfigError

__all__ = ["Config", "ConfigError", "Folders", "contents", "load", "merged", "read", "schema"]


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
    paper: PaperFolder
    """the paper as PDF, and packed as an archive"""


class Config(Strict):
    """The whole configuration of a tier."""

    tier: Name
    """laptop, smoke, paper, or your own"""
    source: Source
    """run: everything is computed; reference: figures are redrawn from the run that is kept in `reference/`"""
    device: Device
    """auto takes CUDA where there is one, else the CPU"""
    compute: Compute
    pathvars: Folders
    anatomy: Anatomy
    solvable: Solvable
    multifractal: MultifractalStudy
    language: Language
    calibration: Calibration
    figures: Figures
    reproduce: Reproduce
    """tolerances of `emergence reproduce`, claim by claim"""

    def settings(
        self, stage: str, run: str | None = None, measure: str | None = None, study: str | None = None
    ) -> Strict:
        """What a stage is given; training needs to know the run, measuring the measure.

        Stages that several studies share are those of ``study``; without, of the one that has the run, or the first.

        Raises:
            ConfigError: if there is no such stage, run or measure.
        """
        match study or self._study_of_run(run) or study_of(stage):
            case "solvable":
                return self.solvable.settings(stage, self, run, measure)
            case "multifractal":
                return self.multifractal.settings(stage, self)
            case "language":
                return self.language.settings(stage, self, run, measure)
            case "all":
                return self._of_all_studies(stage)
        return self.anatomy.settings(stage, self, run, measure)

    def _of_all_studies(self, stage: str) -> Strict:
        """What a stage is given that joins the studies."""
        match stage:
            case "all_claims":
                of_weights = ["multifractal"] if self.multifractal.runs(self) else []
                return AllClaimsSettings(studies=["anatomy", "solvable", *of_weights, "language"])
            case "explorer":
                return explored.settings(self)
            case "paper_numbers":
                return PaperSettings(**{name: getattr(self, name) for name in PaperSettings.model_fields})
        return PlainSettings()

    def _study_of_run(self, run: str | None) -> str | None:
        """The study that trains or reads a run, if it is one."""
        runs = {"solvable": self.solvable.runs, "language": self.language.runs}
        return next((study for study, names in runs.items() if run in names), None)

    @model_validator(mode="after")
    def _runs_differ(self) -> Self:
        if both := sorted({*self.anatomy.runs} & {*self.solvable.runs}):
            raise ValueError(f"anatomy.sizes: the run {both[0]} is also one of the solvable study; rename the size")
        if both := sorted({*self.language.runs} & {*self.anatomy.runs, *self.solvable.runs}):
            raise ValueError(f"language: the model {both[0]} is also a run of another study; rename it")
        first: dict[str, str] = {}
        for name in [*self.anatomy.runs, *self.solvable.runs, *self.language.runs]:
            if (other := first.setdefault(name.lower(), name)) != name:
                raise ValueError(f"runs: {other} and {name} differ in case alone, one folder to some disks; rename one")
        return self


def _unprintable(values: Any, key: str = "") -> Iterator[str]:
    """One line for each key or text with a control character, half of a pair, or what turns the order of reading.

    No name or path needs one; in a path, a log or a terminal it would not be what it looks like.
    """
    if isinstance(values, str) and not values.isprintable():
        yield f"{key}: {values!a} holds characters that cannot be printed; leave them out"
    elif isinstance(values, Mapping):
        for name, value in values.items():
            shown = f"{key}.{name}".lstrip(".")
            if isinstance(name, str) and not name.isprintable():
                yield f"{shown!a}: the key holds characters that cannot be printed; leave them out"
            else:
                yield from _unprintable(value, shown)
    elif isinstance(values, list):
        for place, value in enumerate(values):
            yield from _unprintable(value, f"{key}.{place}")


def _lines(error: ValidationError) -> list[str]:
    """One line a problem: full key, value, what is allowed."""
    lines = []
    for problem in error.errors(include_url=False):
        key = ".".join(str(part) for part in problem["loc"] if part != "[key]")
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
    if wrong := list(_unprintable(values)):
        raise _refusal(wrong)
    try:
        return Config.model_validate(dict(values))
    except ValidationError as error:
        raise _refusal(_lines(error)) from None


def _refusal(lines: list[str]) -> ConfigError:
    return ConfigError("config: " + "\nconfig: ".join(lines))


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
    return load(contents(*paths))


def contents(*paths: Path) -> dict[str, Any]:
    """What a configuration file and the overlays after it say, not yet validated.

    Raises:
        ConfigError: if one cannot be read, or holds no settings.
    """
    values: dict[str, Any] = {}
    for path in paths:
        try:
            content = yaml.safe_load(path.read_text())
        except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
            raise ConfigError(f"config: {path} cannot be read ({' '.join(str(error).split())})") from None
        if not isinstance(content, dict):
            raise ConfigError(f"config: {path} holds no settings")
        values = merged(values, content)
    return values


def schema() -> dict[str, Any]:
    """JSON schema of a configuration file."""
    return Config.model_json_schema()
