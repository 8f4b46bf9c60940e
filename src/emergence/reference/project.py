"""The project that holds this package: its folder, version and commit."""

import subprocess
import tomllib
from pathlib import Path
from typing import Any

from emergence.errors import EmergenceError
from emergence.provenance import PACKAGE

PROJECT = PACKAGE.parents[1]


class ProjectError(EmergenceError):
    """A folder that is not what is needed of it; the message says what to do."""


def version(folder: Path = PROJECT) -> str:
    """Version of the project, from `pyproject.toml`, the one place that has it.

    Raises:
        ProjectError: if there is no such file.
    """
    path = folder / "pyproject.toml"
    try:
        return str(tomllib.loads(path.read_text())["project"]["version"])
    except (OSError, KeyError, ValueError) as error:
        raise ProjectError(f"{path}: has no version ({error}); run this in a checkout of the project") from None


def git(folder: Path, *arguments: str) -> bytes:
    """What git prints.

    Raises:
        ProjectError: if there is no git, or no repository.
    """
    try:
        done = subprocess.run(["git", *arguments], cwd=folder, capture_output=True, check=False)
    except OSError as error:
        raise ProjectError(f"git cannot be run ({error}); install it") from None
    if done.returncode:
        said = " ".join(done.stderr.decode(errors="replace").split())
        raise ProjectError(f"{folder}: git {arguments[0]} fails ({said}); run this in a clone of the repository")
    return done.stdout


def changes(folder: Path) -> list[str]:
    """Tracked files that differ from the commit.

    Raises:
        ProjectError: if there is no git, or no repository.
    """
    return git(folder, "diff", "--name-only", "HEAD").decode().splitlines()


def commit(folder: Path = PROJECT) -> dict[str, Any]:
    """Commit of a checkout, and whether tracked files were changed; null where there is no repository."""
    try:
        return {"commit": git(folder, "rev-parse", "HEAD").decode().strip(), "changed": bool(changes(folder))}
    except ProjectError:
        return {"commit": None, "changed": None}
