"""The reference of the tables, from their schemas, in place of ``<!-- schemas -->`` in a page.

The description of a schema is the string below it, which is read from the source, since Python discards it.
"""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import import_module  # noqa: TID251 - a module of this package, from a table or a checked setting
from itertools import zip_longest
from pathlib import Path
from pkgutil import iter_modules
from typing import Any

from emergence import schemas
from emergence.io.tables import Schema

MARK = "<!-- schemas -->"


@dataclass(frozen=True)
class Table:
    """A schema, the module and the name under which it is imported, and its description."""

    schema: Schema
    module: str
    name: str
    about: str


def descriptions(source: str) -> dict[str, str]:
    r"""The strings below assignments of a module, empty where there is none.

    >>> descriptions('A = 1\n"what A is"\nB = 2\n')
    {'A': 'what A is', 'B': ''}
    """
    body = ast.parse(source).body
    found = {}
    for node, after in zip_longest(body, body[1:]):
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            text = after.value if isinstance(after, ast.Expr) else None
            found[node.targets[0].id] = str(text.value) if isinstance(text, ast.Constant) else ""
    return found


def tables() -> Iterator[Table]:
    """All tables, module by module."""
    for info in iter_modules(schemas.__path__):
        module = import_module(f"emergence.schemas.{info.name}")
        about = descriptions(Path(str(module.__file__)).read_text())
        found = {name: getattr(module, name) for name in about}
        yield from (
            Table(value, module.__name__, name, about[name])
            for name, value in found.items()
            if isinstance(value, Schema)
        )


def markdown(table: Table) -> str:
    """A table as a heading, a sentence and its columns."""
    columns = [f"`{key}` {kind}" for key, kind in table.schema.columns.items()]
    return f"### {table.schema.name}\n\n{table.about}\n\n`{table.module}.{table.name}`: {', '.join(columns)}\n"


def on_page_markdown(text: str, **_: Any) -> str:
    """Replace the mark by the reference."""
    return text.replace(MARK, "\n".join(map(markdown, tables()))) if MARK in text else text
