"""Provenance of a result: the source files it depends on, package versions, hardware.

`sources` follows the imports of a module within this package, without running anything. Rules list these files as
inputs, so that an edit re-runs only what depends on it; manifests record their hash.
"""

import ast
import os
import platform
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

from emergence.io.files import sha256

PACKAGE = Path(__file__).parents[1]
RECORDED = ("numpy", "torch", "safetensors", "pyarrow", "transformers", "tokenizers")


def _file(module: str) -> Path | None:
    base = PACKAGE.joinpath(*module.split(".")[1:])
    return next((path for path in (base.with_suffix(".py"), base / "__init__.py") if path.is_file()), None)


@cache  # stages share most of their modules, and every cluster job asks for them
def _imported(source: str) -> frozenset[str]:
    names: set[str] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.ImportFrom) and node.module:
            names |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
        elif isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
    return frozenset(name for name in names if name.startswith("emergence") and not name.startswith("emergence.config"))


def sources(*modules: str) -> list[Path]:
    """Files of this package that are run by importing ``modules``, themselves included, sorted.

    >>> [path.name for path in sources("emergence.errors")]
    ['__init__.py', 'errors.py']
    """
    seen: set[Path] = set()
    waiting = {*modules}
    while waiting:
        name = waiting.pop()
        parents = {name.rsplit(".", count)[0] for count in range(1, name.count(".") + 1)}
        path = _file(name)
        if path and path not in seen:
            seen.add(path)
            waiting |= _imported(path.read_text(encoding="utf-8")) | parents
    return sorted(seen)


def source_hash(*modules: str) -> str:
    """SHA-256 over the names and contents of `sources`."""
    files = sources(*modules)
    return sha256(*(str(path.relative_to(PACKAGE)).encode() + b"\0" + path.read_bytes() for path in files))


def versions() -> dict[str, str]:
    """Versions of Python and of the packages on which numbers depend."""
    return {"python": platform.python_version(), **{name: version(name) for name in RECORDED}}


def hardware(device: str) -> dict[str, Any]:
    """Processor and device, as far as they can change the last digit of a number."""
    return {"machine": platform.machine(), "system": platform.system(), "cores": os.cpu_count(), "device": device}
