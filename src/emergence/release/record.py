"""The record of a run, ``record.json`` beside its results: its configuration, and how figures and explorer are drawn.

A later version draws from the tables of a run by its record alone, whatever its own configuration asks for by then.
"""

import json as formats
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from emergence.config.types import Strict
from emergence.errors import EmergenceError
from emergence.io.files import write_json

NAME = "record.json"


class Recipe(Strict):
    """How a figure or the explorer is made: its stage, what that is given, and its tables, relative to the results."""

    stage: str
    settings: dict[str, Any]
    inputs: dict[str, list[str]]


class Record(Strict):
    """The record of a run: its whole configuration, and how each of its figures and its explorer are made."""

    config: dict[str, Any]
    figures: dict[str, Recipe]
    explorer: Recipe


class RecordError(EmergenceError):
    """A run without a readable record; the message names the file and the remedy."""


def write_record(config: dict[str, Any], figures: dict[str, Recipe], explorer: dict[str, Any], json: Path) -> None:
    """Write the record of a run: its configuration, and how each of its figures and its explorer are made."""
    made = Recipe.model_validate(explorer)
    write_json(json, Record(config=config, figures=figures, explorer=made).model_dump())


def read(folder: Path) -> Record:
    """The record of a run, beside its results or in a reference.

    Raises:
        RecordError: if there is none, or it cannot be read.
    """
    path = folder / NAME
    if not path.exists():
        raise RecordError(f"{path}: no such file, so this is not a finished run; finish it (snakemake --cores all)")
    try:
        return _checked(path.read_text(encoding="utf-8"), path)
    except (OSError, UnicodeDecodeError) as error:
        raise RecordError(f"{path}: cannot be read ({error}); delete it and run again") from None


def is_toy(folder: Path) -> bool:
    """Whether the run in a folder says that its numbers mean nothing; one without a record says nothing."""
    try:
        return bool(read(folder).config.get("toy", False))
    except RecordError:
        return False


def _checked(text: str, path: Path) -> Record:
    try:
        return Record.model_validate(formats.loads(text))
    except (ValueError, ValidationError) as error:
        reason = " ".join(str(error).split())[:200]
        raise RecordError(f"{path}: is not a record of a run ({reason}); run again") from None
