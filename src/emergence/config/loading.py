"""Reading a configuration: `config.yaml` with the overlays after it, validated, with messages that name each key.

`config.yaml` is the default tier; an overlay in `workflow/tiers/` replaces some of its values. `load` refuses unknown
keys and wrong values and names each offending key. `schema` writes the same knowledge as a JSON schema, for editors.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, get_args

import yaml
from pydantic import BaseModel, ValidationError

from emergence.config.configuration import STUDIES, Config
from emergence.config.types import merged, validated
from emergence.errors import EmergenceError

__all__ = ["Config", "ConfigError", "contents", "load", "merged", "read", "schema"]


class ConfigError(EmergenceError):
    """A configuration that cannot be run; the message has one line for each thing to mend."""


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
    """One line per problem: full key, value, allowed values; one of the shared protocol not again for every study."""
    lines, problems = [], error.errors(include_url=False)
    shared = {problem["loc"] for problem in problems if problem["loc"][:1] == ("protocol",)}
    for problem in problems:
        study, *rest = problem["loc"] or ("",)
        if study in STUDIES and any(tuple(rest[:length]) in shared for length in range(1, len(rest) + 1)):
            continue
        key = ".".join(str(part) for part in problem["loc"] if part != "[key]")
        message = problem["msg"].removeprefix("Value error, ")
        if problem["type"] == "value_error" and not isinstance(problem["input"], str):
            lines.append(f"{key}.{message}" if key else message)
        elif problem["type"] == "extra_forbidden":
            lines.append(f"{key}: unknown key; allowed: {_known(problem['loc'])}")
        elif problem["type"] == "missing":
            lines.append(f"{key}: missing; add it (workflow/schemas/config.schema.json lists every key)")
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
        return validated(Config, values)
    except ValidationError as error:
        raise _refusal(_lines(error)) from None


def _refusal(lines: list[str]) -> ConfigError:
    return ConfigError("config: " + "\nconfig: ".join(lines))


def read(*paths: Path) -> Config:
    """Load a configuration file and the overlays after it."""
    return load(contents(*paths))


def contents(*paths: Path) -> dict[str, Any]:
    """Contents of a configuration file and of the overlays after it, not yet validated.

    Raises:
        ConfigError: if one cannot be read, names a key twice, or holds no settings.
    """
    values: dict[str, Any] = {}
    for path in paths:
        try:
            content = _UniqueKeys(path.read_text(encoding="utf-8")).get_single_data()
        except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
            raise ConfigError(f"config: {path} cannot be read ({' '.join(str(error).split())})") from None
        if not isinstance(content, dict):
            raise ConfigError(f"config: {path} holds no settings")
        values = merged(values, content)
    return values


class _UniqueKeys(yaml.SafeLoader):
    """Refuses a mapping with a repeated key, of which YAML would keep the last value alone."""

    def compose_mapping_node(self, anchor: Any) -> yaml.MappingNode:
        node = super().compose_mapping_node(anchor)
        lines: dict[tuple[str, str], int] = {}
        for key, _ in node.value:
            name, line = (key.tag, str(key.value)), key.start_mark.line + 1
            if name in lines:
                raise yaml.YAMLError(f"{key.value} is given twice, in lines {lines[name]} and {line}; join them")
            lines[name] = line
        return node


def schema() -> dict[str, Any]:
    """JSON schema of a configuration file, in which a study's ``protocol`` may hold any part of the shared one."""
    written = Config.model_json_schema()
    kinds = written["$defs"]
    for name in [*kinds]:
        if "protocol" in (fields := kinds[name].get("properties", {})):
            fields["protocol"] = {**fields["protocol"], "$ref": _partial("Protocol", kinds)}
            kinds[name]["required"].remove("protocol")
    return written


def _partial(name: str, kinds: dict[str, Any]) -> str:
    """Reference to a copy of a model's schema that requires none of its keys."""
    copy = f"Partial{name}"
    if copy not in kinds:
        fields = {
            key: {**node, "$ref": _partial(node["$ref"].rpartition("/")[2], kinds)} if "$ref" in node else node
            for key, node in kinds[name]["properties"].items()
        }
        kinds[copy] = {**kinds[name], "title": copy, "properties": fields, "required": []}
    return f"#/$defs/{copy}"
