"""Snapshot of a finished run as the reference: compact tables, its record, its metadata, the paper, pictures.

Snakemake writes nothing under ``reference/``, so a fresh clone is compared with it and never runs to make it. The
reference itself can be drawn and explored as a whole; of a run in a folder of it, what is kept are the tables of its
claims and of its named figures, and no paper: the papers of other runs quote it.
"""

import json
import re
import shutil
import tempfile
from collections.abc import Mapping, Set
from pathlib import Path
from typing import Any

from emergence.claims.claims_table import REGISTRIES, write_claims_table
from emergence.claims.replication import beside_published_sizes
from emergence.config.loading import load
from emergence.errors import EmergenceError
from emergence.io import tables
from emergence.io.files import replacing, replacing_folder, write_json
from emergence.release import readme_claims, record
from emergence.release.compact_tables import compared_variants, copy_tables, kept_figures, kept_paths
from emergence.release.run_metadata import account
from emergence.schemas.analysis import CLAIMS

PUBLISHED_SIZES = "published_sizes"
"""Folder of a run of models as large as published, whose verdicts stand beside those of the reference itself."""
ACCOUNT, PAPER = "run.json", "paper.pdf"
TABLES, PICTURES = "tables", "figures"
COPIES = ("claims.csv", "calibration.csv")
"""Tables that are kept for eyes as well."""
LIMIT = 25_000_000
"""Bytes that all kept runs may have together: they are part of every clone."""


class SnapshotError(EmergenceError):
    """A run that cannot be kept; the message says why and the remedy."""


def folder_of(config: Mapping[str, Any]) -> str:
    """Folder of the reference in which a run of a recorded configuration is kept; empty for the reference itself."""
    return str(config.get("keep", {}).get("folder", ""))


def snapshot(results: Path, root: Path, readme: Path) -> dict[str, Any]:
    """Keep a finished run in the reference, and the claims of the reference in the README; returns its metadata.

    Paths of figures, paper and benchmarks are those of the run's own configuration.

    Raises:
        SnapshotError: if the run is unfinished, or too large.
    """
    made = record.read(results)
    config = load(made.config)
    figures, beside = kept_figures(made, config), bool(config.keep.folder)
    reference = root / config.keep.folder
    inputs = [results / path for recipe in figures.values() for paths in recipe.inputs.values() for path in paths]
    pictures = shown(readme.read_text(encoding="utf-8"), reference.relative_to(root.parent).as_posix())
    pictures += [f"{figure}.pdf" for figure in config.keep.figures]
    copies = {f"{TABLES}/{name}": results / name for name in COPIES}
    copies |= {f"{PICTURES}/{name}": Path(config.pathvars.figures, name) for name in pictures}
    copies |= {} if beside else {PAPER: Path(config.pathvars.paper, PAPER)}
    if missing := [path for path in (*inputs, *copies.values()) if not path.exists()]:
        raise SnapshotError(f"{missing[0]}: no such file; finish the run (snakemake --cores all)")
    told = account(made.config, results, Path(config.pathvars.benchmarks), trained=bool(config.studies))
    with tempfile.TemporaryDirectory(dir=root.parent) as folder:  # what is kept stays until all is known to fit
        fresh = Path(folder)
        copy_tables(results, fresh / TABLES, kept_paths(made, config), compared_variants(config))
        for name, source in copies.items():
            (fresh / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, fresh / name)
        total = _put(fresh, reference, root)
    write_json(reference / record.NAME, made.model_copy(update={"figures": figures}).model_dump())
    write_json(reference / ACCOUNT, told)
    if not beside or (config.keep.folder == PUBLISHED_SIZES and (root / ACCOUNT).exists()):
        write_claims(root, readme)
    return {**told, "bytes": total}


def _put(fresh: Path, reference: Path, root: Path) -> int:
    """Put what lies in a folder in the place of what is kept, if all kept runs together fit; returns their bytes."""
    replaced = {reference / name for name in (TABLES, PICTURES, PAPER)}
    if (total := size(fresh) + size(root, but=replaced)) > LIMIT:
        raise SnapshotError(f"{root}: {total / 1e6:.1f} MB with this run, more than {LIMIT / 1e6:.0f}")
    for path in fresh.iterdir():
        with replacing_folder(reference / path.name) if path.is_dir() else replacing(reference / path.name) as kept:
            shutil.move(path, kept)
    return total


def write_claims(reference: Path, readme: Path) -> None:
    """Write the kept claims for readers: counts of verdicts into the README, all of them to ``CLAIMS.md``.

    Before that, the verdicts of a run at published sizes, where one is kept, are put beside those of the reference.
    """
    own, larger = (folder / TABLES / COPIES[0] for folder in (reference, reference / PUBLISHED_SIZES))
    if own.exists() and larger.exists():
        rows = (tables.read(CLAIMS, path.with_suffix(".parquet")) for path in (own, larger))
        write_claims_table(beside_published_sizes(*rows), own.with_suffix(".parquet"), own)
    for path, text in claims_for_readers(reference, readme).items():
        with replacing(path) as temporary:
            temporary.write_text(text, encoding="utf-8")


def claims_for_readers(reference: Path, readme: Path) -> dict[Path, str]:
    """Text of the README and of the page of claims, as the kept tables and the registries have it."""
    claims = tables.read(CLAIMS, reference / TABLES / "claims.parquet")
    run = json.loads((reference / ACCOUNT).read_text(encoding="utf-8"))
    run["confidence"] = record.read(reference).config["protocol"]["statistics"]["confidence"]
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
