"""A run of Snakemake is displayed where it prints, unless options ask for more, and ends in a summary."""

import logging
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pandas as pd
import pytest
from support.project import tier_files
from synthetic.reference_run import CLAIM_ROWS

from emergence import running, series_costs
from emergence.claims.claims_table import TOY
from emergence.config import loading
from emergence.io import tables
from emergence.release import record
from emergence.schemas.analysis import CLAIMS

QUIET = {"dryrun": False, "verbose": False, "printshellcmds": False, "debug_dag": False, "quiet": set()}

PYTHIA = loading.read(*tier_files("pythia"))

ALLOWED = SimpleNamespace(cores=None, nodes=40)


@pytest.fixture
def handler(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> logging.Handler:
    """Snakemake's, in an empty folder."""
    one = logging.StreamHandler(sys.stderr)
    one.name = "DefaultStreamHandler"
    monkeypatch.setattr(running.logger, "handlers", [one])
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


def folder(path: str) -> str:
    return path.replace("<results>", "results").replace("<logs>", "results/logs").replace("<", "").replace(">", "")


def test_a_run_is_displayed_with_the_costs_of_its_jobs(handler: logging.Handler, default: loading.Config) -> None:
    display = running.begin(workflow(), default, folder, Path("reference"))
    assert display in handler.filters
    jobs, cores = display.plan()  # type: ignore[union-attr]
    assert (list(jobs), jobs[3].name, cores) == ([3], "train 4x16-s1", 40), "jobs at a time, on a cluster"
    assert jobs[3].cost > 3
    assert running.made(workflow()) == {"a", "b"}


@pytest.mark.parametrize(
    "more",
    [{"dryrun": True}, {"verbose": True}, {"printshellcmds": True}, {"quiet": {"all"}}, {"mode": "SUBPROCESS"}],
    ids=str,
)
def test_snakemake_prints_of_itself_where_options_ask_for_it(
    more: dict[str, Any], handler: logging.Handler, default: loading.Config
) -> None:
    assert running.begin(workflow(**more), default, folder, Path("reference")) is None
    assert handler.filters == []


@pytest.mark.usefixtures("handler")
@pytest.mark.parametrize(("more", "begun"), [({}, True), ({"dryrun": True}, True), ({"mode": "SUBPROCESS"}, False)])
def test_a_run_begins_with_what_series_from_the_hub_cost(
    more: dict[str, Any], begun: bool, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, running.logger.name)
    job = "measure_run/language/rankme/pythia2.8b_deduped"
    display = running.begin(workflow(log=f"results/logs/{job}.log", **more), PYTHIA, folder, Path("reference"))
    assert ["GB to download to results/downloads" in line for line in caplog.messages] == [True] * begun
    if display:
        jobs, _ = display.plan()
        assert jobs[3].cost == series_costs.seconds(job, PYTHIA, gpu=False)


def test_on_another_version_snakemake_prints_of_itself(handler: logging.Handler, default: loading.Config) -> None:
    assert running.begin(SimpleNamespace(), default, folder, Path("reference")) is None
    assert handler.filters == []


@pytest.mark.parametrize(
    ("changed", "files", "shown", "hidden"),
    [
        ({}, {"results/claims.parquet"}, ["show results/claims.parquet", "reproduce results"], [TOY]),
        ({"tier": "other"}, {"results/claims.parquet"}, ["--configfile workflow/tiers/"], ["reproduce"]),
        ({"toy": True}, {"results/claims.parquet"}, [TOY], ["Findings"]),
        ({"source": "reference"}, {"results/explorer.html"}, ["show reference/tables/claims.parquet"], []),
        ({}, {"figures/fig3.pdf"}, [], ["Verdicts"]),
    ],
)
def test_a_run_that_made_the_claims_ends_in_their_summary(
    changed: dict[str, Any],
    files: set[str],
    shown: list[str],
    hidden: list[str],
    settings_values: dict[str, Any],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    for path in ("results/claims.parquet", "reference/tables/claims.parquet"):
        tables.write(CLAIMS, pd.DataFrame(CLAIM_ROWS), tmp_path / path)
    nothing = {"stage": "explorer", "settings": {}, "inputs": {}}
    kept = tmp_path / "reference" / settings_values["keep"]["folder"]
    record.write_record({"tier": settings_values["tier"]}, {}, nothing, kept / "record.json")
    running.end_of_run(loading.load({**settings_values, **changed}), folder, Path("reference"), files)
    said = capsys.readouterr().out
    assert [words for words in shown if words not in said] == []
    assert [words for words in hidden if words in said] == []
    assert len(said.splitlines()) <= 40
