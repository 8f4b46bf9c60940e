"""The end of a run: a summary of its verdicts, and where its results are."""

import os
import shutil
import sys
from collections.abc import Callable, Collection
from pathlib import Path

from emergence.config.configuration import Config
from emergence.release import record

FULL = "full"
"""Tier with all of our sizes, seeds and steps."""


def summarise(config: Config, folder: Callable[[str], str], reference: Path, files: Collection[str]) -> None:
    """Print a summary of a run that made or checked all claims, or that drew the explorer of the reference run.

    Args:
        config: the whole configuration.
        folder: puts path variables into a path that Snakemake does not see.
        reference: folder of the reference run.
        files: of this run, up to date now.
    """
    kept = config.source == "reference"
    explorer, table = folder("<results>/explorer.html"), Path(folder("<results>/claims.parquet"))
    if (explorer if kept else str(table)) not in files:
        return
    from emergence.cli import replace_unencodable
    from emergence.io import tables
    from emergence.report.compute import cost_text
    from emergence.report.run_summary import summary
    from emergence.schemas.analysis import CLAIMS

    table = reference / "tables/claims.parquet" if kept else table
    paper = reference / "paper.pdf" if kept else Path(folder("<paper>/paper.pdf"))
    claims = reference / "CLAIMS.md" if kept else table.with_suffix(".csv")
    places = {"explorer": Path(explorer), "figures": Path(folder("<figures>")), "paper": paper, "claims": claims}
    show = f"{command()} show {os.path.relpath(table)}"
    then = {"one study": f"{show} --study {config.studies_with_claims[0]}", "all claims": show}
    if config.tier == _tier(reference / config.keep.folder):
        then["compare with the reference"] = f"{command()} reproduce {table.parent}"
    elif config.tier != FULL:
        then["all sizes, seeds and steps"] = f"snakemake --cores all --configfile workflow/tiers/{FULL}.yaml"
    shown = {what: Path(os.path.relpath(path)) for what, path in places.items()}
    replace_unencodable()
    cost = "" if kept else cost_text(Path(folder("<benchmarks>")))
    print(summary(tables.read(CLAIMS, table), shown, then, toy=config.toy, cost=cost), flush=True)


def _tier(reference: Path) -> str | None:
    """Tier of the reference run, if there is one."""
    try:
        return str(record.read(reference).config["tier"])
    except (record.RecordError, KeyError):
        return None


def command() -> str:
    """How the command line is called here: by its name where it is installed."""
    if shutil.which("emergence"):
        return "emergence"
    beside = Path(sys.executable).with_name("emergence")
    return os.path.relpath(beside) if beside.exists() else "PYTHONPATH=src python3 -m emergence"
