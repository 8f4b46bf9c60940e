"""Snapshot of a finished run as the reference: compact tables, its record, its metadata, the paper, pictures.

Snakemake writes nothing under ``reference/``, so a fresh clone is compared with it and never runs to make it.
Variants of measures that nothing looks at are left out of the tables.
"""

import json
import re
import shutil
import tempfile
from collections import defaultdict
from collections.abc import Mapping, Set
from pathlib import Path
from typing import Any

from emergence.claims.claims_table import REGISTRIES
from emergence.config.loading import Config, load
from emergence.errors import EmergenceError
from emergence.io import tables
from emergence.io.files import replacing, replacing_folder, write_json
from emergence.release import readme_claims, record
from emergence.release.run_metadata import account
from emergence.release.verify import every_schema, result_files
from emergence.schemas.analysis import CLAIMS, REPRODUCTION
from emergence.schemas.trajectories import MEASURE

ACCOUNT, PAPER = "run.json", "paper.pdf"
TABLES, PICTURES = "tables", "figures"
CONFIRMATORY = "confirmatory"
"""Folder of the reference with the run that confirms it."""
COPIES = ("claims.csv", "calibration.csv")
"""Tables that are kept for eyes as well."""
LIMIT = 25_000_000
"""Bytes that all kept runs may have together: they are part of every clone."""


class SnapshotError(EmergenceError):
    """A run that cannot be kept; the message says why and the remedy."""


def folder_of(config: Mapping[str, Any]) -> str:
    """Folder of the reference in which a run of a recorded configuration is kept; empty for the reference itself."""
    return str(config.get("keep", {}).get("folder", ""))


def leading(reference: Path) -> Path:
    """The kept run whose verdicts count: the confirmatory one, if there is any."""
    confirmatory = reference / CONFIRMATORY
    return confirmatory if (confirmatory / ACCOUNT).exists() else reference


def snapshot(results: Path, root: Path, readme: Path) -> dict[str, Any]:
    """Keep a finished run in the reference, and its claims in the README; returns its metadata.

    Paths of figures, paper and benchmarks are those of the run's own configuration.

    Raises:
        SnapshotError: if the run is unfinished, or too large.
    """
    made = record.read(results)
    config = load(made.config)
    reference = root / folder_of(made.config)
    paper = Path(config.pathvars.paper, PAPER)
    inputs = [results / path for recipe in made.figures.values() for paths in recipe.inputs.values() for path in paths]
    pictures = shown(readme.read_text(encoding="utf-8"), reference.relative_to(root.parent).as_posix())
    pictures += [f"{figure}.pdf" for figure in config.keep.figures]
    drawn = [Path(config.pathvars.figures, name) for name in pictures]
    if missing := [path for path in (*inputs, *drawn, paper) if not path.exists()]:
        raise SnapshotError(f"{missing[0]}: no such file; finish the run (snakemake --cores all)")
    told = account(made.config, results, Path(config.pathvars.benchmarks))
    with tempfile.TemporaryDirectory(dir=root.parent) as folder:  # what is kept stays until all is known to fit
        fresh = Path(folder)
        copy_tables(results, fresh / TABLES, compared_variants(config))
        (fresh / PICTURES).mkdir()
        copies = [*((results / name, fresh / TABLES / name) for name in COPIES), (paper, fresh / PAPER)]
        for source, copy in [*copies, *((path, fresh / PICTURES / path.name) for path in drawn)]:
            shutil.copyfile(source, copy)
        replaced = {reference / name for name in (TABLES, PICTURES, PAPER)}
        if (total := size(fresh) + size(root, but=replaced)) > LIMIT:
            raise SnapshotError(f"{root}: {total / 1e6:.1f} MB with this run, more than {LIMIT / 1e6:.0f}")
        for name in (TABLES, PICTURES):
            with replacing_folder(reference / name) as kept:
                shutil.move(fresh / name, kept)
        with replacing(reference / PAPER) as temporary:
            shutil.move(fresh / PAPER, temporary)
    write_json(reference / record.NAME, made.model_dump())
    write_json(reference / ACCOUNT, told)
    write_claims(root, readme)
    return {**told, "bytes": total}


def write_claims(reference: Path, readme: Path) -> None:
    """Write the kept claims for readers: counts of verdicts into the README, all of them to ``CLAIMS.md``."""
    for path, text in claims_for_readers(reference, readme).items():
        with replacing(path) as temporary:
            temporary.write_text(text, encoding="utf-8")


def claims_for_readers(reference: Path, readme: Path) -> dict[Path, str]:
    """Text of the README and of the page of claims, as the kept tables and the registries have it."""
    kept = leading(reference)
    claims = tables.read(CLAIMS, kept / TABLES / "claims.parquet")
    run = json.loads((kept / ACCOUNT).read_text(encoding="utf-8"))
    run["confidence"] = record.read(kept).config["protocol"]["statistics"]["confidence"]
    page = reference / readme_claims.PAGE
    link = f"[All claims]({reference.name}/{page.name}), each with its value, interval and verdict."
    return {
        readme: readme_claims.filled(
            readme.read_text(encoding="utf-8"), f"{readme_claims.summary(claims, run)}\n\n{link}"
        ),
        page: readme_claims.page(claims, run, REGISTRIES.values()),
    }


def shown(readme: str, folder: str) -> list[str]:
    """Pictures of the reference that a README shows, by name.

    >>> shown("![What](reference/figures/fig1.png)", "reference")
    ['fig1.png']
    """
    return sorted(set(re.findall(rf"\({re.escape(folder)}/{PICTURES}/(fig\w+\.png)\)", readme)))


def size(folder: Path, but: Set[Path] = frozenset()) -> int:
    """Bytes of all files in a folder, ``but`` for some of them, or those in some folders."""
    files = (path for path in folder.rglob("*") if path.is_file() and not but & {path, *path.parents})
    return sum(path.stat().st_size for path in files)


class CompactError(EmergenceError):
    """A file among the results that no stage wrote; the message names it."""


def compared_variants(config: Config) -> dict[str, set[str]]:
    """Variants of each measure that are held against events in any study, which figures show as well."""
    compared: dict[str, set[str]] = defaultdict(set)
    for study in config.studies.values():
        for name, signal in study.followed.items():
            compared[signal.measure or name].add(signal.variant)
    return dict(compared)


def tables_of(results: Path) -> list[Path]:
    """Tables of a run; not those of another tier whose folder is inside, nor of a comparison with this reference."""
    others = {path.parent for path in results.glob(f"*/**/{record.NAME}")}
    others |= {path.parents[1] for path in results.glob("*/*/**/trajectories")}
    paths = [path for path in result_files(results, "parquet") if not others & {*path.parents}]
    return [path for path in paths if tables.name(path) != REPRODUCTION.name]


def copy_tables(results: Path, target: Path, kept: Mapping[str, Set[str]]) -> None:
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
