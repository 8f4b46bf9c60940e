"""Functions for the rules: parameters and resources of jobs.

`stage` says what makes a job anew when it changes, `options` builds its command line from the names of its files.
"""

import json
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from emergence import job_costs, series_costs
from emergence.config.configuration import Config
from emergence.config.project import figures_drawn, project
from emergence.figures.declarations import declared
from emergence.layout import ResultsLayout, wildcards_of
from emergence.stages import STAGES, Request, source_hash

TRAJECTORY, STATE = "<results>/{study}/trajectories/{run}", "<results>/state/{job}"
"""Folders of a run, and of the state of a resumable job."""
OfJob = Callable[[Any], Any]
"""A function of a job's wildcards."""
SLACK = 4
"""How many times its expected time a job may take: other processors, and what else works on them."""
DAY = 24 * 60
"""The longest time limit of usual partitions, minutes."""


@dataclass(frozen=True)
class JobResources:
    """Resources that jobs request, by the name of their rule, which is all that Snakemake tells of a job's stage."""

    config: Config
    stages: dict[str, str] = field(default_factory=dict)
    """the stage of each rule, which may hold wildcards; `describe` lists them"""
    _longest: dict[str, float] = field(default_factory=dict)
    """seconds by stage: Snakemake asks for the same limit job by job"""

    def request(self, rulename: str, wildcards: Any = None) -> Request:
        """The request of a job of a rule; without wildcards, that of a rule whose stage has none."""
        name = self.stages.get(rulename, "")
        stage = name.format(**dict(wildcards.items())) if wildcards else name
        return STAGES[stage].request if stage in STAGES else Request()

    def memory(self, wildcards: Any, attempt: int, rulename: str) -> int:
        """MB of the host: without a GPU, training used 730 at most; CUDA alone takes some 4000."""
        request = self.request(rulename, wildcards)
        if not request.submitted:
            return request.memory
        language, least = self.config.language, 8000.0 if self.config.device == "cuda" else 2000.0
        if language and (run := wildcards.get("run")) in language.series:
            least = max(least, series_costs.memory(language.series[run]))
        return attempt * math.ceil(least)

    def minutes(self, wildcards: Any, attempt: int, rulename: str) -> int:
        """Time limit: no less than several times what the longest job of the rule is expected to take.

        It is the same for all jobs of a rule, so that they can be one array, and grows with the attempt, and with the
        runs that train as one.
        """
        asked, stage = self.request(rulename, wildcards), self.stages.get(rulename, "")
        together = self.config.compute.together if stage == "train_stack" else 1
        expected = (
            self._expected(stage, wildcards, asked.gpu and self.config.device == "cuda") if asked.submitted else 0
        )
        return min(attempt * max(asked.minutes, math.ceil(SLACK * expected / 60)) * together, DAY)

    def _expected(self, stage: str, wildcards: Any, gpu: bool) -> float:
        """Seconds of the longest job of a rule; a job of a series is by itself."""
        language, run = self.config.language, wildcards.get("run", "")
        if language and run in language.series:
            job = "/".join([stage, *(["language", wildcards.get("measure")] if stage == "measure_run" else []), run])
            return series_costs.seconds(job, self.config, gpu=gpu) or 0.0
        if stage not in self._longest:
            self._longest[stage] = job_costs.longest(self.config, stage)
        return self._longest[stage] / (series_costs.GPU / series_costs.CORE if gpu else 1)

    def gpus(self, wildcards: Any, rulename: str) -> int:
        """One for what trains or measures, if the configuration asks for CUDA."""
        return int(self.config.device == "cuda" and self.request(rulename, wildcards).gpu)


def summary(name: str) -> str:
    """The summary of a stage; if the stage depends on the job, its name."""
    return STAGES[name].summary if name in STAGES else "Run {params.stage[command][0]}"


def stage(
    config: Config,
    folder: Callable[[str], str],
    name: str,
    /,
    fixed: Mapping[str, str] | None = None,
    settings: OfJob | None = None,
    modules: OfJob | None = None,
    job: str | None = None,
    **paths: str | Sequence[str],
) -> OfJob:
    """The parameter ``stage`` of a rule: its command with settings, and the hash of the source that it runs.

    Args:
        config: the whole configuration.
        folder: puts path variables into a path that Snakemake does not see.
        name: the stage; it may hold wildcards, as may the paths.
        fixed: values of wildcards that the rule's outputs do not have.
        settings: settings of a job, instead of those of the configuration.
        modules: further modules whose source a job runs.
        job: path of the logs, if the stage and the wildcards do not tell jobs apart.
        **paths: what no named file of the rule gives: folders and states, with wildcards, ``{study}`` and ``{job}``.
    """

    def of_job(wildcards: Any) -> dict[str, Any]:
        values = {**dict(wildcards.items()), **(fixed or {})}
        called = name.format(**values)
        values |= {"study": values.get("study") or STAGES[called].study, "job": job or "/".join([called, *wildcards])}
        given = settings(wildcards) if settings else project(config, called, **values)
        command = [called, "--settings", json.dumps(given)]
        for key, path in paths.items():
            several = [path] if isinstance(path, str) else path
            command += [f"--{key}", *(folder(one.format(**values)) for one in several)]
        path = path_of_job(job or name, list(wildcards.keys())).format(**values)
        command += ["--log", folder(f"<logs>/{path}.log"), "--cost", folder(f"<benchmarks>/{path}.json")]
        further = modules(wildcards) if modules else []
        command += ["--modules", " ".join(further)] if further else []
        return {"command": command, "source": source_hash(called, *further)}

    of_job.stage, of_job.job = name, job or name  # type: ignore[attr-defined]
    return of_job


def record(config: Config) -> dict[str, Any]:
    """The record of a run: its configuration, and how each of its figures and its explorer are made."""
    layout = ResultsLayout(config)
    figures = {name: _recipe(config, name, layout.drawn_from(name)) for name in figures_drawn(config)}
    explorer = _recipe(config, "explorer", layout.explorer_inputs())
    return {"config": config.as_written(), "figures": figures, "explorer": explorer}


def _recipe(config: Config, stage: str, inputs: Mapping[str, Sequence[str]]) -> dict[str, Any]:
    """Settings of a stage and its tables, without those that it has none of."""
    files = {name: [path.removeprefix("<results>/") for path in paths] for name, paths in inputs.items() if paths}
    return {"stage": stage, "settings": project(config, stage), "inputs": files}


def labels(shows: str) -> dict[str, str]:
    """Labels of a file in the report."""
    return {"figure": "–", "shows": shows, "claims": "–"}


def labels_of_figure(name: str) -> dict[str, str]:
    """Labels of a figure in the report: its number, its title and the claims that it shows."""
    from emergence.claims.claims_table import bearing  # takes seconds to import, and the report alone needs it

    figure = declared()[name]
    return {"figure": figure.number, "shows": figure.title, "claims": bearing(figure.number)}


def options(wildcards: Any, input: Any, output: Any) -> list[str]:  # noqa: A002, ARG001
    """Command-line options of a job: its named inputs and outputs, each under its name.

    Files without a name are waited for, no more; a name without files is left out.

    >>> options(None, {"null_leads": ["a", "b"], "floors": []}, {"table": "c"})
    ['--null-leads', 'a', 'b', '--table', 'c']
    """
    given = []
    for name, paths in [*input.items(), *output.items()]:
        if paths := [paths] if isinstance(paths, str) else list(paths):
            given += [f"--{name.replace('_', '-')}", *paths]
    return given


def path_of_job(job: str, wildcards: Sequence[str]) -> str:
    """Path of a job's log below the folder of logs: its stage, then its wildcards.

    >>> path_of_job("leads", ["study", "measure"]), path_of_job("{study}_claims", ["study"])
    ('leads/{study}/{measure}', '{study}_claims')
    """
    return "/".join([job, *(f"{{{name}}}" for name in wildcards if name not in wildcards_of(job))])
