"""The record of a run, ``record.json`` beside its results: its configuration, and how each of its figures is drawn."""

import json
from pathlib import Path

from pydantic import ValidationError

from emergence.errors import EmergenceError
from emergence.files import write_json
from emergence.settings.reference import Recipe, Record

NAME = "record.json"


class RecordError(EmergenceError):
    """A run without a readable record; the message names the file and the remedy."""


def write(text: str, path: Path) -> None:
    """Check a record given as JSON and write it.

    Raises:
        RecordError: if it is none.
    """
    write_json(path, _checked(text, path).model_dump())


def read(folder: Path) -> Record:
    """The record of a run, beside its results or in a reference.

    Raises:
        RecordError: if there is none, or it cannot be read.
    """
    path = folder / NAME
    if not path.exists():
        raise RecordError(f"{path}: no such file, so this is no finished run; finish it (snakemake --cores all)")
    try:
        return _checked(path.read_text(), path)
    except (OSError, UnicodeDecodeError) as error:
        raise RecordError(f"{path}: cannot be read ({error}); delete it and run again") from None


def arguments(recipe: Recipe, tables: Path) -> list[str]:
    """Arguments of a recipe's stage with its tables taken from a folder; where it draws to is left to the caller.

    >>> recipe = Recipe(stage="fig1", settings={}, inputs={"null_leads": ["analysis/a.parquet", "analysis/b.parquet"]})
    >>> arguments(recipe, Path("reference/tables"))
    ['--null-leads', 'reference/tables/analysis/a.parquet', 'reference/tables/analysis/b.parquet']
    """
    given = []
    for name, paths in recipe.inputs.items():
        given += [f"--{name.replace('_', '-')}", *(str(tables / path) for path in paths)]
    return given


def _checked(text: str, path: Path) -> Record:
    try:
        return Record.model_validate(json.loads(text))
    except (ValueError, ValidationError) as error:
        raise RecordError(f"{path}: is no record of a run ({' '.join(str(error).split())[:200]}); run again") from None
