"""Declarations of figures, read from their source: neither a figure nor Matplotlib is imported.

A figure is a module ``fig1``, ``fig_s1`` and so on with a function ``draw``. It declares, as literals at its top level:

- ``TITLE``: the title, with which its caption begins;
- ``STUDY``: the study whose protocol it reads; none if absent;
- ``READS``: the configuration key of each setting of ``draw`` but ``dpi``;
- ``NEEDS``: further keys without which the figure is not drawn;
- ``INPUTS``: the file of each path of ``draw`` that is not a table of the study's analysis, below the results. A part
  in braces stands for each name that the study lists under this key (``{runs}``); a single path is the first of them.

Every other path of ``draw`` has the name of a schema, and is the table of this name, or, of several paths, that of each
signal. A path that may be None is left out where nothing makes its table.
"""

import ast
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from emergence.errors import EmergenceError

FOLDER = Path(__file__).parent
OUTPUTS = ("pdf", "png")
LITERALS = ("TITLE", "STUDY", "READS", "NEEDS", "INPUTS")
NAME = r"^figS?\d+$"
"""Pattern of the names of figures."""


class FigureError(EmergenceError):
    """A module of a figure that lacks part of its declaration; the message names it and what to write."""


@dataclass(frozen=True)
class Input:
    """Files that a figure is drawn from."""

    path: str
    """below the results; braces hold keys of the study that list names"""
    several: bool = False
    optional: bool = False


@dataclass(frozen=True)
class FigureDeclaration:
    """The declaration of one figure, and its module."""

    module: str
    number: str
    """1, S1"""
    title: str
    study: str | None = None
    reads: Mapping[str, str] = field(default_factory=dict)
    needs: tuple[str, ...] = ()
    inputs: Mapping[str, Input] = field(default_factory=dict)
    """by the paths of ``draw``"""


@cache
def declared() -> dict[str, FigureDeclaration]:
    """Declarations of all figures by name: ``fig1``, ``fig2`` ..., then ``figS1`` ..."""
    figures = (_declaration(path) for path in FOLDER.glob("fig*.py"))
    in_order = sorted(figures, key=lambda figure: ("S" in figure.number, len(figure.number), figure.number))
    return {f"fig{figure.number}": figure for figure in in_order}


def _declaration(path: Path) -> FigureDeclaration:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    literals: dict[str, Any] = {
        target.id.lower(): _literal(path, target.id, node.value)
        for node in tree.body
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Name) and target.id in LITERALS
    }
    if "title" not in literals:
        raise FigureError(f"{path}: has no TITLE; add one, as its caption begins")
    draw = next((node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name == "draw"), None)
    if draw is None:
        raise FigureError(
            f"{path}: has no function draw; add one, with the arguments that its tables and settings name"
        )
    literals["inputs"] = _inputs(draw, literals.get("study"), literals.get("inputs", {}))
    number = path.stem.removeprefix("fig").replace("_s", "S")
    return FigureDeclaration(f"emergence.figures.{path.stem}", number, **literals)


def _literal(path: Path, name: str, value: ast.expr) -> Any:
    """The value of a declared name, which is read without running the module."""
    try:
        return ast.literal_eval(value)
    except ValueError:
        raise FigureError(f"{path}: {name} is not a literal; write out its value") from None


def _inputs(draw: ast.FunctionDef, study: str | None, declared_paths: Mapping[str, str]) -> dict[str, Input]:
    """Inputs by the paths of ``draw``, as its annotations tell them."""
    folder = f"{study}/analysis/" if study else ""
    inputs = {}
    for argument in draw.args.args:
        name, hint = argument.arg, ast.unparse(argument.annotation) if argument.annotation else ""
        if "Path" in hint and name not in OUTPUTS:
            several = hint.startswith("list")
            table = f"{folder}{name}/{{signal_names}}.parquet" if several else f"{folder}{name}.parquet"
            inputs[name] = Input(declared_paths.get(name, table), several, "None" in hint)
    return inputs
