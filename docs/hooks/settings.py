"""The reference of `config.yaml`: each key with its meaning, allowed values and default, for ``<!-- settings -->``.

Meanings and allowed values come from the JSON schema of the settings, whose descriptions are the models' docstrings;
values of the default tier come from `config.yaml`.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import yaml
from pydantic import TypeAdapter

from emergence.config.loading import schema
from emergence.config.types import Folder, Name

PROJECT = Path(__file__).parents[2]
MARK = "<!-- settings -->"
LONG = 60  # characters of a value; longer ones are truncated
BOUNDS = {
    "minimum": "≥ {}",
    "exclusiveMinimum": "> {}",
    "maximum": "≤ {}",
    "exclusiveMaximum": "< {}",
    "minItems": "at least {}",
    "maxItems": "at most {}",
    "pattern": "pattern `{}`",
}


def pattern_of(kind: Any) -> str:
    """The pattern of a text type in the schema."""
    return str(TypeAdapter(kind).json_schema()["pattern"])


PATTERNS = {
    pattern_of(Name): "a name: letters, digits, `_`, `.`",
    pattern_of(Folder): "a folder inside the project",
}
ABSENT = object()
SWITCH = "`false` or `null` switches it off"


@dataclass(frozen=True)
class Key:
    """A setting: its full name, allowed values, value in `config.yaml` and meaning."""

    name: str
    allowed: str
    value: str
    meaning: str


@dataclass(frozen=True)
class Section:
    """Settings that belong together, with a description."""

    name: str
    about: str
    keys: list[Key]


class Reader:
    """Walks the schema along the values of a configuration."""

    def __init__(self, whole: Mapping[str, Any], values: Mapping[str, Any]) -> None:
        self.whole, self.values = whole, values

    def sections(self) -> Iterator[Section]:
        """Sections in the order of the file, after the top-level keys without a section."""
        single: list[Key] = []
        of_studies: list[Section] = []
        for name, node in self.whole["properties"].items():
            study = self._target(node)
            if "properties" not in study:
                single += self._keys(name, node, self.values.get(name, ABSENT))
            elif any("properties" in self._target(inner) for inner in study["properties"].values()):
                of_studies += self._study(name, study)
            else:
                of_studies.append(self._section(name, node, self.values[name]))
        yield Section("", "", single)
        yield from of_studies

    def _study(self, name: str, study: Mapping[str, Any]) -> Iterator[Section]:
        values = self.values[name]
        inner = study["properties"]
        single = [key for key, node in inner.items() if not self._fields(node)]
        keys = [row for key in single for row in self._keys(f"{name}.{key}", inner[key], values.get(key, ABSENT))]
        yield Section(name, study.get("description", ""), keys)
        for key in (key for key in inner if key not in single):
            section = self._section(f"{name}.{key}", inner[key], values.get(key, ABSENT))
            if key == "protocol":  # of the shared one, only what this study replaces in the default tier
                section = replace(section, keys=[row for row in section.keys if row.value])
            yield section

    def _section(self, name: str, node: Mapping[str, Any], value: Any) -> Section:
        return Section(name, self._about(node), list(self._keys(name, node, value)))

    def _about(self, node: Mapping[str, Any]) -> str:
        """The description of a setting, then that of its type."""
        _, part = self._each(node)
        parts = [node.get("description", ""), self._target(part).get("description", "")]
        return ". ".join(dict.fromkeys(part.strip().rstrip(".") for part in parts if part))

    def _target(self, node: Mapping[str, Any]) -> Mapping[str, Any]:
        """The node behind references and optional types."""
        if "$ref" in node:
            return self._target(self.whole["$defs"][node["$ref"].rpartition("/")[2]])
        others = [one for one in node.get("anyOf", []) if not switches_off(one)]
        return self._target(others[0]) if len(others) == 1 else node

    def _fields(self, node: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
        """Settings below a node: of a model, an element of a list, or a value of a mapping with free names.

        A model may have further settings whose names follow a pattern; they stand together under its title.
        """
        ending, part = self._each(node)
        target = self._target(part)
        fields = target.get("properties", {})
        named = {inner["title"]: inner for inner in target.get("patternProperties", {}).values()} if fields else {}
        return {f"{ending}.{key}": inner for key, inner in {**fields, **named}.items()}

    def _each(self, node: Mapping[str, Any]) -> tuple[str, Mapping[str, Any]]:
        """The element of a list or of a mapping with free names, and its suffix; otherwise the node itself."""
        target = self._target(node)
        if "properties" in target:
            return "", target
        named = [target.get("additionalProperties"), *target.get("patternProperties", {}).values()]
        parts = [("[]", target.get("items")), *((".*", part) for part in named)]
        return next(((ending, part) for ending, part in parts if isinstance(part, Mapping)), ("", node))

    def _keys(self, name: str, node: Mapping[str, Any], value: Any) -> Iterator[Key]:
        fields = self._fields(node)
        if not fields:
            default = node.get("default", ABSENT)
            meaning = node.get("description", SWITCH if node.get("enum") == [True, False, None] else "")
            yield Key(name, self._allowed(node), shown(value, default), meaning.strip())
        for key, inner in fields.items():
            yield from self._keys(f"{name}{key}", inner, at(value, key))

    def _allowed(self, node: Mapping[str, Any]) -> str:
        """Type and bounds in words."""
        target = self._target(node)
        off = [one for one in node.get("anyOf", []) if switches_off(one)]
        optional = "" if not off else " or absent" if len(off) == 1 else ", `null` or `false`"
        if "enum" in target:
            return ", ".join(f"`{json.dumps(choice).strip(chr(34))}`" for choice in target["enum"]) + optional
        if "anyOf" in target:
            return " or ".join(self._allowed(one) for one in target["anyOf"])
        bounds = [words.format(target[key]) for key, words in BOUNDS.items() if key in target]
        if "pattern" in target and (rule := PATTERNS.get(target["pattern"])):
            return rule + optional
        kind = {"number": "number", "integer": "whole number", "string": "text", "boolean": "true, false"}.get(
            target.get("type", ""), target.get("type", "anything")
        )
        ending, part = self._each(target)
        if ending:
            kind = f"{'list' if ending == '[]' else 'by name'}: {self._allowed(part)}"
        return ", ".join([kind, *bounds]) + optional


def switches_off(node: Mapping[str, Any]) -> bool:
    """Whether a node stands for `null` or `false`."""
    return node.get("type") == "null" or node.get("const", True) is False


def at(value: Any, key: str) -> Any:
    """The value under a key, or of every element of a list or of a mapping with free names.

    >>> at([{"width": 16}, {"width": 32}], "[].width")
    [16, 32]
    >>> at({"width": 16}, ".depth") is ABSENT
    True
    """
    for prefix, kind in (("[]", list), (".*", dict)):
        if key.startswith(prefix) and isinstance(value, kind):
            inner = value.values() if isinstance(value, dict) else value
            each = [at(one, key.removeprefix(prefix)) for one in inner]
            return [one for one in each if one is not ABSENT] or ABSENT
    return value.get(key.removeprefix("."), ABSENT) if isinstance(value, Mapping) else ABSENT


def shown(value: Any, default: Any) -> str:
    """A value as in the file, or the default if it is absent.

    >>> shown([1, 2], ABSENT), shown(ABSENT, 1), shown(ABSENT, ABSENT)
    ('[1, 2]', '(1)', '')
    """
    if value is ABSENT:
        return "" if default in (ABSENT, None) else f"({json.dumps(default)})"
    text = json.dumps(value, ensure_ascii=False).replace('"', "")
    return text if len(text) <= LONG else text[:LONG] + " …"


def markdown(section: Section) -> str:
    """A section as a heading, a sentence and a table."""
    lines = [f"## `{section.name}`\n" if section.name else "## Top level\n", section.about, ""]
    if section.keys:
        lines += ["| key | default tier | allowed | meaning |", "|---|---|---|---|"]
    for key in section.keys:
        short = key.name.removeprefix(section.name).removeprefix(".").replace(".", ".<wbr>")
        name = f'<code id="{key.name}">{short}</code>'
        cells = [name, f"`{key.value}`" if key.value else "", key.allowed, key.meaning]
        lines.append("| " + " | ".join(cell.replace("|", "\\|").replace("\n", " ") for cell in cells) + " |")
    return "\n".join(lines) + "\n"


def reference() -> list[Section]:
    """All sections of the default tier."""
    values = yaml.safe_load((PROJECT / "config.yaml").read_text())
    return list(Reader(schema(), values).sections())


def on_page_markdown(text: str, **_: Any) -> str:
    """Replace the mark by the reference."""
    return text.replace(MARK, "\n".join(map(markdown, reference()))) if MARK in text else text
