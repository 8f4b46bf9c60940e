"""A run of Snakemake beyond its rules: its display, its lock, and the summary at its end."""

import logging
import os
import shutil
import sys
from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from typing import Any

from emergence import job_costs, run_lock, series_costs
from emergence.config.configuration import Config
from emergence.job_work import work
from emergence.release import record
from emergence.run_display import Job, RunDisplay

logger = logging.getLogger("snakemake.logging")
FULL = "full"
"""Tier with all of our sizes, seeds and steps."""


def begin(workflow: Any, config: Config, folder: Callable[[str], str], reference: Path) -> RunDisplay | None:
    """Remove the lock of a dead run and have what follows displayed; before Snakemake takes its own lock.

    Args:
        workflow: Snakemake's object. On a version with other objects it prints as it does of itself.
        config: the whole configuration.
        folder: puts path variables into a path that Snakemake does not see.
        reference: folder of the reference run.

    Returns:
        The display; None for a dry run, a job's own Snakemake, or if options ask for what Snakemake prints.
    """
    try:
        if workflow.exec_mode.name != "DEFAULT":
            return None
        if said := run_lock.register(Path(".snakemake")):
            logger.warning(said)
        if cost := series_costs.announcement(config, Path(folder("<results>/downloads"))):
            logger.info(cost)
        printed = workflow.output_settings
        if printed.dryrun or printed.verbose or printed.printshellcmds or printed.debug_dag or printed.quiet:
            return None
        (handler,) = (one for one in logger.handlers if one.name == "DefaultStreamHandler")
        stream = handler.stream  # type: ignore[attr-defined]
    except (AttributeError, TypeError, ValueError):
        return None

    def plan() -> tuple[Mapping[int, Job], int]:
        allowed = workflow.resource_settings  # a cluster has a number of jobs instead of cores
        return _jobs(workflow, config, Path(folder("<logs>"))), allowed.cores or allowed.nodes or 1

    display = RunDisplay(plan, lambda: end_of_run(config, folder, reference, made(workflow)), stream)
    handler.addFilter(display)
    return display


def _jobs(workflow: Any, config: Config, logs: Path) -> dict[int, Job]:
    """Jobs that are to run, by number."""
    costs, jobs, gpu = job_costs.Costs.of_tier(config.tier), {}, config.device == "cuda"
    for job in workflow.dag.needrun_jobs():
        if log := str(job.log[0]) if job.log else "":  # a rule that only asks for files is no work
            name = os.path.relpath(log, logs).removesuffix(".log")
            of_series = series_costs.seconds(name, config, gpu=gpu)
            key = job_costs.key(name)
            cost = costs.estimate(key, work(config, key)) if of_series is None else of_series
            jobs[job.jobid] = Job(name.replace("/", " "), job.message or name, Path(log), cost)
    return jobs


def made(workflow: Any) -> set[str]:
    """Files of a run, up to date at its end."""
    return {str(path) for job in workflow.dag.jobs for path in job.output}


def end_of_run(config: Config, folder: Callable[[str], str], reference: Path, files: Collection[str]) -> None:
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
