"""Declarations of measures, read from their source: neither a measure nor torch is imported.

A measure module declares, as literals at its top level:

- ``LABEL``: its name in figures; the name of the module if absent;
- ``VARIANTS``: the variants of its rows; a tuple in it stands for all combinations of its parts, one after the other;
- ``OPTIONS``: its options with their defaults, for models of your own and for measures without a model of their
  options in `emergence.config.measures`;
- ``SIGNAL_LABELS``: names in figures of its signals that are not called like the measure.

A function ``checks(settings)`` adds rows to the calibration table; see `emergence.measures.checks`.
"""

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from itertools import product
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent


@dataclass(frozen=True)
class MeasureDeclaration:
    """The declaration of one measure."""

    label: str
    about: str = ""
    """what it is: the first line of its module's docstring, without the full stop"""
    variants: tuple[str, ...] = ()
    options: Mapping[str, Any] = field(default_factory=dict)
    signal_labels: Mapping[str, str] = field(default_factory=dict)
    has_checks: bool = False


@cache
def declared() -> dict[str, MeasureDeclaration]:
    """Declarations of all measures by name: of the modules that have a function ``measure`` of a subject."""
    parsed = {path.stem: ast.parse(path.read_text(encoding="utf-8")) for path in sorted(FOLDER.glob("*.py"))}
    return {name: _declaration(name, tree) for name, tree in parsed.items() if _measures_subject(tree)}


def signal_labels() -> dict[str, str]:
    """Name in figures of every measure and of every signal that has a label of its own."""
    labels: dict[str, str] = {}
    for name, declaration in declared().items():
        labels |= {name: declaration.label, **declaration.signal_labels}
    return labels


def _measures_subject(tree: ast.Module) -> bool:
    return any(
        isinstance(node, ast.FunctionDef)
        and node.name == "measure"
        and node.args.args[:1]
        and node.args.args[0].arg == "subject"
        for node in tree.body
    )


def _declaration(name: str, tree: ast.Module) -> MeasureDeclaration:
    literals = {
        target.id: ast.literal_eval(node.value)
        for node in tree.body
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Name) and target.id in ("LABEL", "VARIANTS", "OPTIONS", "SIGNAL_LABELS")
    }
    return MeasureDeclaration(
        label=literals.get("LABEL", name),
        about=(ast.get_docstring(tree) or "").partition("\n")[0].rstrip("."),
        variants=tuple(_combinations(literals.get("VARIANTS", ()))),
        options=literals.get("OPTIONS", {}),
        signal_labels=literals.get("SIGNAL_LABELS", {}),
        has_checks=any(isinstance(node, ast.FunctionDef) and node.name == "checks" for node in tree.body),
    )


def _combinations(variants: tuple[Any, ...]) -> Iterator[str]:
    """Variants with every tuple of alternatives written out.

    >>> list(_combinations(("trace", (("answer/", "mean/"), ("sigma", "sigma2")))))
    ['trace', 'answer/sigma', 'answer/sigma2', 'mean/sigma', 'mean/sigma2']
    """
    for variant in variants:
        yield from [variant] if isinstance(variant, str) else map("".join, product(*variant))
