"""Keep a finished run as the reference: compact tables, its record, what it was made of, the paper, pictures.

Snakemake writes nothing under ``reference/``, so a fresh clone is compared with it and never runs to make it.
"""

import re
import shutil
from pathlib import Path
from typing import Any

from emergence import tables
from emergence.config import load
from emergence.errors import EmergenceError
from emergence.files import replacing, replacing_folder, write_json
from emergence.reference import compact, front_page, record
from emergence.reference.account import account
from emergence.schemas.analysis import CLAIMS

ACCOUNT, PAPER = "run.json", "paper.pdf"
TABLES, PICTURES = "tables", "figures"
COPIES = ("claims.csv", "calibration.csv")
"""Tables that are kept for eyes as well."""
LIMIT = 20_000_000
"""Bytes that a reference may have: it is part of every clone."""


class KeepError(EmergenceError):
    """A run that cannot be kept; the message says why and the remedy."""


def keep(results: Path, reference: Path, readme: Path) -> dict[str, Any]:
    """Write ``reference`` from a finished run, and its claims into the README; returns what the run was made of.

    Paths of figures, paper and benchmarks are those of the run's own configuration.

    Raises:
        KeepError: if the run is unfinished, or too large.
    """
    made = record.read(results)
    config = load(made.config)
    paper = Path(config.pathvars.paper, PAPER)
    drawn = [results / path for recipe in made.figures.values() for paths in recipe.inputs.values() for path in paths]
    if missing := [path for path in (*drawn, paper) if not path.exists()]:
        raise KeepError(f"{missing[0]}: no such file; finish the run (snakemake --cores all)")
    told = account(made.config, results, Path(config.pathvars.benchmarks))
    with replacing_folder(reference / PICTURES) as pictures:
        pictures.mkdir(parents=True)
        for name in shown(readme.read_text(), reference.name):
            shutil.copyfile(Path(config.pathvars.figures, name), pictures / name)
    with replacing(reference / PAPER) as temporary:
        shutil.copyfile(paper, temporary)
    with replacing_folder(reference / TABLES) as kept:
        compact.copy(results, kept, compact.variants(config))
        for name in COPIES:
            shutil.copyfile(results / name, kept / name)
        if (total := size(kept) + size(reference / PICTURES) + paper.stat().st_size) > LIMIT:
            raise KeepError(f"{results}: {total / 1e6:.1f} MB with pictures and paper, more than {LIMIT / 1e6:.0f}")
    write_json(reference / record.NAME, made.model_dump())
    write_json(reference / ACCOUNT, told)
    claims = tables.read(CLAIMS, reference / TABLES / "claims.parquet")
    with replacing(readme) as temporary:
        temporary.write_text(front_page.filled(readme.read_text(), front_page.block(claims, told)))
    return {**told, "bytes": total}


def shown(readme: str, folder: str) -> list[str]:
    """Pictures of the reference that a README shows, by name.

    >>> shown("![What](reference/figures/fig1.png)", "reference")
    ['fig1.png']
    """
    return sorted(set(re.findall(rf"\({re.escape(folder)}/{PICTURES}/(fig\w+\.png)\)", readme)))


def size(folder: Path) -> int:
    """Bytes of all files in a folder."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
