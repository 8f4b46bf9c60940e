"""Documentation as its tests see it: blocks of code with the file each belongs to, and the hooks that make pages."""

import importlib.util
import re
import shlex
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

from support.project import PROJECT

DOCS = PROJECT / "docs"
CONTRIBUTING = "../CONTRIBUTING.md"
FENCE = re.compile(r'^```(\w+)(?: title="([^"]+)")?\n(.*?)^```$', re.MULTILINE | re.DOTALL)
HEADING = re.compile(r"^## (.*)$", re.MULTILINE)


@dataclass(frozen=True)
class Block:
    """A block of code; its title is the file that it belongs to."""

    language: str
    title: str
    text: str

    @property
    def commands(self) -> list[list[str]]:
        """Words of each command of a block of shell."""
        return [shlex.split(line, comments=True) for line in self.text.splitlines() if line]

    @contextmanager
    def put(self, folder: Path) -> Iterator[Path]:
        """Write the block to its file, or to the end of one that exists; put back what was there afterwards."""
        path = folder / self.title
        before = path.read_text() if path.exists() else None
        path.write_text(self.text if before is None else f"{before}\n\n{self.text}")
        try:
            yield path
        finally:
            path.unlink() if before is None else path.write_text(before)


def blocks(page: str, heading: str | None = None) -> list[Block]:
    """Blocks of a page, or of one of its sections."""
    text = (DOCS / page).read_text()
    if heading is not None:
        _, *parts = HEADING.split(text)
        text = dict(zip(parts[::2], parts[1::2], strict=True))[heading]
    return [Block(language, title, code) for language, title, code in FENCE.findall(text)]


def with_title(section: list[Block]) -> list[Block]:
    """Blocks that belong to a file."""
    return [block for block in section if block.title]


def shell_commands(section: list[Block]) -> list[list[str]]:
    """Commands of all blocks of shell."""
    return [command for block in section if block.language == "sh" for command in block.commands]


def hook(name: str) -> ModuleType:
    """A hook of the site."""
    spec = importlib.util.spec_from_file_location(f"hook_{name}", DOCS / f"hooks/{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = sys.modules[spec.name] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
