"""The tables of a run that are kept: those that its claims, figures and explorer are made from, in little room."""

import re
from collections import defaultdict
from collections.abc import Mapping, Set
from fnmatch import fnmatchcase
from pathlib import Path

from emergence.claims.inputs import TABLES, place
from emergence.config.configuration import Config
from emergence.errors import EmergenceError
from emergence.io import tables
from emergence.release.record import NAME, Recipe, Record
from emergence.release.verify import every_schema, result_files
from emergence.schemas.analysis import REPRODUCTION
from emergence.schemas.trajectories import MEASURE

OF_ALL_RUNS = ("claims.parquet", "calibration.parquet")


class CompactError(EmergenceError):
    """A file among the results that no stage wrote; the message names it."""


def kept_figures(made: Record, config: Config) -> dict[str, Recipe]:
    """Figures that can be drawn from what is kept: all of the reference itself, the named ones of a run beside it."""
    names = config.keep.figures if config.keep.folder else made.figures
    return {name: made.figures[name] for name in names}


def kept_paths(made: Record, config: Config) -> set[str]:
    """Patterns of the tables that are kept, relative to the results; a run beside the reference has no explorer."""
    recipes = [*kept_figures(made, config).values(), *([] if config.keep.folder else [made.explorer])]
    drawn = {path for recipe in recipes for paths in recipe.inputs.values() for path in paths}
    judged = {re.sub(r"{\w+}", "*", place(study, name).path) for study, names in TABLES.items() for name in names}
    return {*OF_ALL_RUNS, *drawn, *judged}


def compared_variants(config: Config) -> dict[str, set[str]]:
    """Variants of each measure that are held against events in any study, which figures show as well."""
    compared: dict[str, set[str]] = defaultdict(set)
    for study in config.studies.values():
        for name, signal in study.followed.items():
            compared[signal.measure or name].add(signal.variant)
    return dict(compared)


def tables_of(results: Path) -> list[Path]:
    """Tables of a run; not those of another tier whose folder is inside, nor of a comparison with this reference."""
    others = {path.parent for path in results.glob(f"*/**/{NAME}")}
    others |= {path.parents[1] for path in results.glob("*/*/**/trajectories")}
    paths = [path for path in result_files(results, "parquet") if not others & {*path.parents}]
    return [path for path in paths if tables.name(path) != REPRODUCTION.name]


def copy_tables(results: Path, target: Path, patterns: Set[str], variants: Mapping[str, Set[str]]) -> None:
    """Copy tables of a results folder that match a pattern; of a measure that is named, only rows of named variants.

    Raises:
        CompactError: if a file is not a table of this version.
        TableError: if a table is damaged.
    """
    known = {schema.name: schema for schema in every_schema()}
    for path in tables_of(results):
        relative = path.relative_to(results)
        if not any(fnmatchcase(relative.as_posix(), pattern) for pattern in patterns):
            continue
        if (schema := known.get(tables.name(path))) is None:
            raise CompactError(f"{path}: is not a table of this version; delete it and run again")
        rows = tables.read(schema, path)
        if schema is MEASURE:
            named = zip(rows["measure"], rows["variant"], strict=True)
            rows = rows[[variant in variants.get(measure, {variant}) for measure, variant in named]]
        tables.write(schema, rows, target / relative)
