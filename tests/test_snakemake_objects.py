"""A run of Snakemake is displayed where it prints, unless options ask for more."""

import logging
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from support.project import tier_files

from emergence import series_costs, snakemake_objects
from emergence.config import loading
from emergence.workflow import JobResources

QUIET = {"dryrun": False, "verbose": False, "printshellcmds": False, "debug_dag": False, "quiet": set()}

PYTHIA = loading.read(*tier_files("pythia"))

ALLOWED = SimpleNamespace(cores=None, nodes=40)


@pytest.fixture
def handler(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> logging.Handler:
    """Snakemake's, in an empty folder."""
    one = logging.StreamHandler(sys.stderr)
    one.name = "DefaultStreamHandler"
    monkeypatch.setattr(snakemake_objects.logger, "handlers", [one])
    monkeypatch.chdir(tmp_path)
    return one


def workflow(mode: str = "DEFAULT", log: str = "results/logs/train/4x16-s1.log", **settings: Any) -> Any:
    """As much of Snakemake's object as a display needs."""
    job = SimpleNamespace(log=[log], jobid=3, message="Train", output=["a", "b"])
    target = SimpleNamespace(log=[], jobid=0, message=None, output=[])
    dag = SimpleNamespace(needrun_jobs=lambda: [job, target], jobs=[job, target])
    printed = SimpleNamespace(**{**QUIET, **settings})
    return SimpleNamespace(
        exec_mode=SimpleNamespace(name=mode), output_settings=printed, dag=dag, resource_settings=ALLOWED
    )


NOTHING = lambda: None  # noqa: E731


def folder(path: str) -> str:
    return path.replace("<results>", "results").replace("<logs>", "results/logs").replace("<", "").replace(">", "")


def test_a_run_is_displayed_with_the_costs_of_its_jobs(handler: logging.Handler, default: loading.Config) -> None:
    display = snakemake_objects.display(workflow(), default, folder, NOTHING)
    assert display in handler.filters
    jobs, cores = display.plan()  # type: ignore[union-attr]
    assert (list(jobs), jobs[3].name, cores) == ([3], "train 4x16-s1", 40), "jobs at a time, on a cluster"
    assert jobs[3].cost > 3
    assert snakemake_objects.made(workflow()) == {"a", "b"}


@pytest.mark.parametrize(
    "more",
    [{"dryrun": True}, {"verbose": True}, {"printshellcmds": True}, {"quiet": {"all"}}, {"mode": "SUBPROCESS"}],
    ids=str,
)
def test_snakemake_prints_of_itself_where_options_ask_for_it(
    more: dict[str, Any], handler: logging.Handler, default: loading.Config
) -> None:
    assert snakemake_objects.display(workflow(**more), default, folder, NOTHING) is None
    assert handler.filters == []


@pytest.mark.usefixtures("handler")
@pytest.mark.parametrize(("more", "begun"), [({}, True), ({"dryrun": True}, True), ({"mode": "SUBPROCESS"}, False)])
def test_a_run_begins_with_what_series_from_the_hub_cost(
    more: dict[str, Any], begun: bool, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, snakemake_objects.logger.name)
    job = "measure_run/language/rankme/pythia2.8b_deduped"
    display = snakemake_objects.display(workflow(log=f"results/logs/{job}.log", **more), PYTHIA, folder, NOTHING)
    assert ["GB to download to results/downloads" in line for line in caplog.messages] == [True] * begun
    if display:
        jobs, _ = display.plan()
        assert jobs[3].cost == series_costs.seconds(job, PYTHIA, gpu=False)


def test_on_another_version_snakemake_prints_of_itself(handler: logging.Handler, default: loading.Config) -> None:
    assert snakemake_objects.display(SimpleNamespace(), default, folder, NOTHING) is None
    assert handler.filters == []


def test_a_path_has_its_variables_and_the_prefix_of_a_module() -> None:
    variables = SimpleNamespace(apply=lambda path: path.replace("<results>", "results"))
    prefixed = SimpleNamespace(path_modifier=SimpleNamespace(replace_prefix=lambda path: f"guest/{path}"))
    of_module = SimpleNamespace(pathvars=variables, modifier=prefixed)
    assert snakemake_objects.path_resolver(of_module)("<results>/a") == "guest/results/a"
    assert snakemake_objects.path_resolver(SimpleNamespace(pathvars=variables))("<results>/a") == "results/a"


@pytest.mark.parametrize(("method", "own"), [(set(), True), ({"conda"}, False)])
def test_jobs_have_the_environment_of_snakemake_unless_they_have_their_own(method: set[str], own: bool) -> None:
    settings = SimpleNamespace(deployment_method=method)
    assert snakemake_objects.own_environment(SimpleNamespace(deployment_settings=settings)) is own


def test_on_another_version_nothing_is_changed(default: loading.Config, caplog: pytest.LogCaptureFixture) -> None:
    stage = SimpleNamespace(stage="train", job="train")
    rule = SimpleNamespace(
        name="train", params=SimpleNamespace(keys=lambda: ["files"], stage=stage), output=["a"], log=[]
    )
    other = SimpleNamespace(rules=[rule])
    resources = JobResources(default)
    snakemake_objects.describe(other, resources)
    assert resources.stages == {"train": "train"}, "what jobs ask for does not depend on it"
    assert snakemake_objects.TESTED in caplog.text
    assert snakemake_objects.is_made(other, "a")
    snakemake_objects.wake_only_at_job_ends(other)
    snakemake_objects.start_fork_server(other)
