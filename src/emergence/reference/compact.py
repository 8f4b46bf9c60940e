"""Which rows of a run's tables are kept: all of them, but for variants of measures that nothing looks at."""

import shutil
from collections import defaultdict
from collections.abc import Mapping, Set
from pathlib import Path

from emergence import tables
from emergence.config import Config
from emergence.errors import EmergenceError
from emergence.reference import record
from emergence.schemas.reference import REPRODUCTION
from emergence.schemas.trajectories import MEASURE
from emergence.verify import every_schema, result_files


class CompactError(EmergenceError):
    """A file among the results that no stage wrote; the message names it."""


def variants(config: Config) -> dict[str, set[str]]:
    """Variants of each measure that are held against events in any study, which figures show as well."""
    found: dict[str, set[str]] = defaultdict(set)
    for signals in (config.anatomy.followed, config.solvable.followed(config), config.language.followed(config)):
        for name, signal in signals.items():
            found[signal.measure or name].add(signal.variant)
    return dict(found)


def tables_of(results: Path) -> list[Path]:
    """Tables of a run; not those of another tier whose folder is inside, nor of a comparison with this reference."""
    others = {path.parent for name in (record.NAME, "trajectories") for path in results.glob(f"*/**/{name}")}
    paths = [path for path in result_files(results, "parquet") if not others & {*path.parents}]
    return [path for path in paths if tables.name(path) != REPRODUCTION.name]


def copy(results: Path, target: Path, kept: Mapping[str, Set[str]]) -> None:
    """Copy every table of a results folder; of a measure that is named, only rows of the variants that are.

    Raises:
        CompactError: if a file is no table of this version.
        TableError: if a table is damaged.
    """
    known = {schema.name: schema for schema in every_schema()}
    for path in tables_of(results):
        to = target / path.relative_to(results)
        if (schema := known.get(tables.name(path))) is None:
            raise CompactError(f"{path}: is no table of this version; delete it and run again")
        rows = tables.read(schema, path)
        if schema is MEASURE:
            named = zip(rows["measure"], rows["variant"], strict=True)
            tables.write(MEASURE, rows[[variant in kept.get(measure, {variant}) for measure, variant in named]], to)
        else:
            to.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, to)
