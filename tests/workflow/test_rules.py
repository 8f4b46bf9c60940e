"""What Snakemake plans is what the stages take: commands, places, logs and resources of every job."""

import json
import re
import shlex
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from textwrap import dedent

import pytest
from support.project import SUBMITTED, ProjectCopy, counted, overlay, pathvars_below

from emergence.cli_stages import of_stage
from emergence.config.project import validated

pytestmark = pytest.mark.workflow


@dataclass(frozen=True)
class Job:
    """A job that a dry run plans."""

    stage: str
    options: list[str]
    log: str


def jobs(printed: str) -> Iterator[Job]:
    """Jobs of a dry run that prints commands."""
    for line in re.findall(r"^Shell command: (.*)$", printed, re.MULTILINE):
        if (words := shlex.split(line)) == ["None"]:  # a rule that only asks for files
            continue
        assert words[:4] == ["python3", "-m", "emergence", "stage"]
        yield Job(words[4], words[5:], words[words.index("--log") + 1])


EVERYTHING = ("--dry-run", "--printshellcmds", "--forceall", "everything", "arxiv")
OWN = "language: {models: [{name: mine, folder: here, steps: [0]}]}"


@pytest.fixture(scope="module")
def printed(copy: ProjectCopy) -> str:
    """A dry run of the whole smoke tier, the series of a model from elsewhere and the archive of the paper with it."""
    return copy.snakemake(*EVERYTHING, *overlay(copy, "own.yaml", OWN))


@pytest.fixture(scope="module")
def planned(printed: str) -> list[Job]:
    """Its jobs."""
    return list(jobs(printed))


def test_every_command_is_one_that_its_stage_takes(planned: list[Job]) -> None:
    for job in planned:
        options = of_stage(job.stage).parse_args(job.options)
        validated(job.stage, options.settings)


def test_no_two_jobs_share_a_log(planned: list[Job]) -> None:
    logs = [job.log for job in planned]
    assert len(set(logs)) == len(logs) > 150
    assert "results/smoke/logs/leads/anatomy/hessian.log" in logs


def test_stages_with_a_state_are_those_that_are_submitted(planned: list[Job]) -> None:
    assert {job.stage for job in planned if "--state" in job.options} | {"record_series"} == SUBMITTED - {"train_stack"}


def test_every_job_says_what_it_does(printed: str) -> None:
    said = re.findall(r"^Job \d+: (.*)$", printed, re.MULTILINE)
    assert "Compare each signal with every event and every null (measure=hessian,study=anatomy)" in said
    assert "Run anatomy_claims (study=anatomy)" in said


def test_another_snakemake_runs_without_logs_in_messages(copy: ProjectCopy) -> None:
    """Where the objects of Snakemake are others, jobs run all the same."""
    patch = copy.folder / "src/sitecustomize.py"  # Python imports it by itself
    patch.write_text("import snakemake.rules\n\ndel snakemake.rules.Rule.set_log\n")
    changed = overlay(copy, "patched.yaml", f"pathvars: {json.dumps(pathvars_below('patched'))}")
    printed = copy.snakemake("--cores", "1", "patched/anatomy/tasks/baselines.parquet", *changed)
    patch.unlink()
    assert "failed jobs show no log" in printed
    assert (copy.folder / "patched/anatomy/tasks/baselines.parquet").exists()
    assert (copy.folder / "patched/logs/task_data.log").exists(), "the job itself keeps its log"


@pytest.mark.parametrize(
    ("overlaid", "gone", "left"),
    [
        (
            "language: null",
            {"corpus", "train_language_model", "evaluate_language_model", "phases"},
            {"train", "train_network", "paper"},
        ),
        ("parity: null", {"train_network", "train_sweep", "joint"}, {"train", "train_language_model", "paper"}),
        ("neuromfa: null", {"degree_of_emergence", "baselines"}, {"train", "claims", "paper"}),
        ("anatomy: null", {"task_data", "train", "floors", "llc_sweep"}, {"train_network", "claims", "paper"}),
        (
            "anatomy: {measures: {llc: null, rankme: null}}",
            {"llc_sweep", "floors", "sensitivity"},
            {"claims", "paper"},
        ),
    ],
)
def test_what_is_switched_off_is_not_planned(copy: ProjectCopy, overlaid: str, gone: set[str], left: set[str]) -> None:
    planned = copy.planned("--forceall", *overlay(copy, "off.yaml", overlaid))
    assert not gone & set(planned)
    assert left <= set(planned)


def test_only_what_is_switched_off_is_left_out(printed: str, copy: ProjectCopy) -> None:
    off = """
    anatomy: {measures: {hessian: null}, signals: {loss: null}}
    figures: {fig3: false, fig10: false, figS2: null}
    """
    left = copy.snakemake(*EVERYTHING, *overlay(copy, "off.yaml", f"{OWN}\n{dedent(off)}"))
    fewer = Counter(counted(printed)) - Counter(counted(left))
    assert fewer == {"measure_run": 4, "leads": 2, "figure": 3}
