"""The part of the configuration that a stage reads, as `emergence.stages` declares it."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, get_type_hints

from pydantic import ConfigDict, create_model
from pydantic_core import to_jsonable_python

from emergence.config.loading import Config, ConfigError
from emergence.figures.declarations import declared
from emergence.stages import STAGES, Each, Stage, Where

PATHS = (Path, list[Path], Path | None)


class SwitchedOffError(ConfigError):
    """A key that is null or false, so that what reads it is left out."""


def project(config: Config, stage: str, **wildcards: str) -> dict[str, Any]:
    """Settings of one job of a stage, ready for JSON, by the parameters of the stage's function.

    Args:
        config: the whole configuration.
        stage: a name in `emergence.stages.STAGES`.
        **wildcards: what tells the job apart: ``run``, ``measure``, ``sweep``, ``study``. The study of a run need not
            be given.

    Raises:
        ConfigError: if there is no such stage, run or measure.
        SwitchedOffError: if a key that the stage reads is switched off.
    """
    if stage not in STAGES:
        raise ConfigError(f"stage {stage!r} does not exist; allowed: {', '.join(STAGES)}")
    entry = STAGES[stage]
    names = {**entry.wildcards, **wildcards}
    study = names.get("study") or entry.study or config.study_of(names.get("run", ""))
    if study:
        names["study"] = study
    for key in entry.needs:
        if not _value(config, key, names, stage):
            raise SwitchedOffError(f"stage {stage}: {key} is switched off")
    return {name: _projected(config, keys, names, stage) for name, keys in entry.reads.items()}


def possible(config: Config, stage: str, **wildcards: str) -> bool:
    """Whether everything that a stage reads is switched on."""
    try:
        project(config, stage, **wildcards)
    except SwitchedOffError:
        return False
    return True


def switched_on(config: Config, key: str) -> bool:
    """Whether there is a value at a key, a dotted path into the configuration."""
    try:
        _value(config, key, {}, "")
    except ConfigError:
        return False
    return True


def figures_drawn(config: Config) -> list[str]:
    """Figures of this configuration: those that are switched on and whose settings are there."""
    return [name for name in declared() if name not in config.figures.off and possible(config, name)]


def settings_of(stage: Stage) -> dict[str, Any]:
    """Annotations of the parameters of a stage's function that are not paths; it is imported for that."""
    hints = get_type_hints(stage.load())
    return {name: hint for name, hint in hints.items() if name != "return" and hint not in PATHS}


def settings_for(config: Config, stage: str, **wildcards: str) -> dict[str, Any]:
    """Settings of one job of a stage as its function takes them.

    Raises:
        ConfigError: as `project`.
    """
    return validated(stage, json.dumps(project(config, stage, **wildcards)))


def validated(stage: str, text: str) -> dict[str, Any]:
    """Settings of a job as its function takes them, from what `project` gave, as JSON text.

    Raises:
        ValidationError: if they are not of this version.
    """
    fields: Any = {name: (hint, ...) for name, hint in settings_of(STAGES[stage]).items()}
    model = create_model("Settings", __config__=ConfigDict(extra="forbid", strict=True), **fields)
    values = model.model_validate_json(text)
    return {name: getattr(values, name) for name in fields}


def _projected(config: Config, keys: Any, names: Mapping[str, str], stage: str) -> Any:
    if isinstance(keys, str):
        return to_jsonable_python(_value(config, keys, names, stage))
    if isinstance(keys, Where):
        own = {**names, "study": keys.study}
        return None if getattr(config, keys.study) is None else _projected(config, keys.fields, own, stage)
    if isinstance(keys, Each):
        each = _value(config, keys.names, names, stage)
        return [_projected(config, keys.fields, {**names, keys.wildcard: name}, stage) for name in each]
    return {name: _projected(config, inner, names, stage) for name, inner in keys.items()}


def _value(config: Config, key: str, names: Mapping[str, str], stage: str) -> Any:
    """The value at a key."""
    optional = key.endswith("?")
    try:
        parts = [part.format(**names) for part in key.removesuffix("?").split(".")]
    except KeyError as error:
        raise ConfigError(f"stage {stage}: needs a {error.args[0]}; name it") from None
    if key.startswith("{") and len(parts) == 1:
        return parts[0]
    if parts[0] == "protocol" and names.get("study"):
        parts = [names["study"], *parts]
    value: Any = config
    for place, part in enumerate(parts):
        if isinstance(value, Mapping):
            if part not in value:
                where = ".".join(parts[:place])
                raise ConfigError(f"{where}: {part!r} does not exist; allowed: {', '.join(value) or 'none'}")
            value = value[part]
        elif not hasattr(value, part):
            known = ", ".join(type(value).model_fields) or "none"
            raise ConfigError(f"stage {stage}: reads {key}, and {part!r} does not exist; allowed there: {known}")
        else:
            value = getattr(value, part)
        if value is None and not (optional and place == len(parts) - 1):
            raise SwitchedOffError(f"{'.'.join(parts[: place + 1])}: is switched off, and stage {stage} reads it")
    return value
