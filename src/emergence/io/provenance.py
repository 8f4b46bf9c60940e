"""Provenance of a result: the source files it depends on, package versions, hardware.

`sources` follows the imports of a module within this package, without running anything. Rules list these files as
inputs, so that an edit re-runs only what depends on it; manifests record their hash.
"""

import ast
import os
import platform
from collections.abc import Iterable, Iterator
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any, NamedTuple

from emergence.io.files import sha256

PACKAGE = Path(__file__).parents[1]
RECORDED = ("numpy", "torch", "safetensors", "pyarrow", "transformers", "tokenizers")


def _files(module: str) -> set[Path]:
    """Files of a module, or of what it is a part of, and of its parents."""
    names = [module.rsplit(".", count)[0] for count in range(module.count(".") + 1)]
    bases = [PACKAGE.joinpath(*name.split(".")[1:]) for name in names]
    return {path for base in bases for path in (base.with_suffix(".py"), base / "__init__.py") if path.is_file()}


def _statements(nodes: Iterable[ast.AST]) -> Iterator[ast.AST]:
    """Statements and all within them; an import is never part of an expression."""
    for node in nodes:
        yield node
        for part in ("body", "orelse", "finalbody", "handlers", "cases"):
            yield from _statements(getattr(node, part, ()))


class _Source(NamedTuple):
    """A file of the package."""

    digest: bytes
    imported: frozenset[Path]
    """files of the package that it imports itself, with those of their parents"""


@cache  # stages share most of their modules, and Snakemake asks for those of every stage
def _source(path: Path, _modified: int) -> _Source:
    content, names = path.read_bytes(), set()
    for node in _statements(ast.parse(content).body):
        if isinstance(node, ast.ImportFrom) and node.module:
            names |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
        elif isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
    ours = {name for name in names if name.startswith("emergence") and not name.startswith("emergence.config")}
    return _Source(sha256(content).encode(), frozenset().union(*map(_files, ours)))


def _sources(modules: Iterable[str]) -> dict[Path, _Source]:
    """Files of this package that are run by importing modules, themselves included, sorted."""
    seen: dict[Path, _Source] = {}
    waiting = set().union(*map(_files, modules))
    while waiting:
        path = waiting.pop()
        seen[path] = _source(path, path.stat().st_mtime_ns)
        waiting |= seen[path].imported - seen.keys()
    return dict(sorted(seen.items()))


def sources(*modules: str) -> list[Path]:
    """Files of this package that are run by importing ``modules``, themselves included, sorted.

    >>> [path.name for path in sources("emergence.errors")]
    ['__init__.py', 'errors.py']
    """
    return list(_sources(modules))


def source_hash(*modules: str) -> str:
    """SHA-256 over the names and contents of `sources`."""
    files = _sources(modules).items()
    return sha256(*(str(path.relative_to(PACKAGE)).encode() + b"\0" + source.digest for path, source in files))


def versions() -> dict[str, str]:
    """Versions of Python and of the packages on which numbers depend."""
    return {"python": platform.python_version(), **{name: version(name) for name in RECORDED}}


def hardware(device: str) -> dict[str, Any]:
    """Processor and device, as far as they can change the last digit of a number."""
    return {"machine": platform.machine(), "system": platform.system(), "cores": os.cpu_count(), "device": device}
