"""Snakemake beyond its directives: the one module of the package that reaches into its objects.

`describe` gives every rule of a stage its log, message, priority and place (this machine or the cluster), since rules
inherit no directive for that; `display` shows a run; `start_fork_server` and `wake_only_at_job_ends` save time. Where
another version has other objects each changes nothing, and the workflow runs as Snakemake runs it.
"""

import logging
import os
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from emergence import forkserver, job_costs, run_lock, series_costs
from emergence.config.configuration import Config
from emergence.io.provenance import PACKAGE
from emergence.job_work import work
from emergence.layout import wildcards_of
from emergence.run_display import Job, RunDisplay
from emergence.workflow import JobResources, path_of_job, summary

logger = logging.getLogger("snakemake.logging")

TESTED = "9.27"
"""The version of Snakemake whose objects these are."""


def path_resolver(workflow: Any) -> Callable[[str], str]:
    """A function that puts path variables, and the prefix of a module, into a path that Snakemake does not see.

    It has those of the module in which it is made, which jobs need when Snakemake has gone on to its host.
    """
    variables, modifier = workflow.pathvars, getattr(getattr(workflow, "modifier", None), "path_modifier", None)

    def resolved(path: str) -> str:
        applied = str(variables.apply(path))
        return str(modifier.replace_prefix(applied)) if modifier else applied

    return resolved


def own_environment(workflow: Any) -> bool:
    """Whether jobs run in the environment of Snakemake, not in one that it makes for them."""
    return not getattr(getattr(workflow, "deployment_settings", None), "deployment_method", None)


def describe(workflow: Any, resources: JobResources) -> None:
    """Give each rule of a stage a log, a message, a priority and a place to run.

    Args:
        workflow: Snakemake's object, when all rules are there.
        resources: are told the stage of each rule.
    """
    rules = [rule for rule in workflow.rules if "files" in rule.params.keys()]  # noqa: SIM118
    resources.stages.update({rule.name: rule.params.stage.stage for rule in rules if rule.output})
    try:
        for rule in [rule for rule in rules if not rule.log]:
            if not rule.output:  # the rule that the others are made from
                rule.log_modifier = workflow.modifier.path_modifier
                rule.set_log("<logs>/stage.log")
                continue
            given, names = rule.params.stage, wildcards_of(str(rule.output[0]))
            path = path_of_job(given.job, names)
            rule.log_modifier = rule.output_modifier
            rule.set_log(f"<logs>/{path}.log")
            rule.message = f"{summary(given.stage)} ({{wildcards}})" if names else summary(given.stage)
            request = resources.request(rule.name)
            rule.priority = request.priority
            if not request.submitted:
                workflow.localrules(rule.name)
    except (AttributeError, TypeError) as error:
        logger.warning(
            "Snakemake is not as %s (%s): failed jobs show no log, and messages no summary",
            TESTED,
            error,
        )


def is_made(workflow: Any, path: str) -> bool:
    """Whether a rule makes a file; on another version, where that cannot be asked, Snakemake will say so itself."""
    try:
        return any(rule.is_producer(path) for rule in workflow.rules)
    except (AttributeError, TypeError):
        return True


def start_fork_server(workflow: Any) -> None:
    """Load what jobs need once, if they run on this machine and in Snakemake's own environment."""
    here = getattr(workflow, "local_exec", False)
    if here and own_environment(workflow) and sys.platform == "linux":
        forkserver.start({"PYTHONPATH": str(PACKAGE.parent)})


def wake_only_at_job_ends(workflow: Any) -> None:
    """Have Snakemake look for work when a job ends on this machine, and at no other time.

    Its limit of jobs per second has every look start a timer for another (9.27), also those that a timer started. So
    looks become more with every job that ends, each at every input of all that waits: after 200 jobs of the default
    tier they took a quarter of a core.
    """
    if getattr(workflow, "local_exec", False) and hasattr(getattr(workflow, "scheduler", None), "job_rate_limiter"):
        workflow.scheduler.job_rate_limiter = None


def display(workflow: Any, config: Config, folder: Callable[[str], str], idle: Callable[[], None]) -> RunDisplay | None:
    """Remove the lock of a dead run and have what follows displayed; before Snakemake takes its own lock.

    Args:
        workflow: Snakemake's object.
        config: the whole configuration.
        folder: puts path variables into a path that Snakemake does not see.
        idle: called where there is nothing to run.

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

    shown = RunDisplay(plan, idle, stream)
    handler.addFilter(shown)
    return shown


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
