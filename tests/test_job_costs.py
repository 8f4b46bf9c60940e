"""Costs of jobs: recorded by a run, looked up by the next one."""

import json
from pathlib import Path

import pytest

from emergence import job_costs
from emergence.config import loading
from emergence.errors import EmergenceError
from emergence.job_costs import Costs
from emergence.job_work import work


def used(path: Path, user: float, system: float) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({"user_seconds": user, "system_seconds": system, "wall_seconds": 99.0}))


@pytest.fixture
def tables(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A file of costs of the tests' own."""
    path = tmp_path / "costs.json"
    path.write_text(json.dumps({"other": {"seconds": {"train": 1.0}, "work": {}}}))
    monkeypatch.setattr(job_costs, "TABLES", path)
    monkeypatch.chdir(tmp_path)
    return path


def finished(config: loading.Config, folder: Path) -> Path:
    """Results of a run that has nothing but its record."""
    pathvars = {"results": "here", "benchmarks": "benchmarks"}
    (folder / "record.json").write_text(
        json.dumps({"config": loading.merged(config.as_written(), {"tier": "mine", "pathvars": pathvars})})
    )
    return folder


def test_costs_are_means_over_seeds(tmp_path: Path, tables: Path, default: loading.Config) -> None:
    used(tmp_path / "benchmarks/train/4x16-s1.json", 3.0, 1.0)
    used(tmp_path / "benchmarks/train/4x16-s2.json", 8.0, 0.0)
    used(tmp_path / "benchmarks/fig1.json", 0.5, 0.0)
    job_costs.store(finished(default, tmp_path))
    stored = json.loads(tables.read_text())
    assert stored["other"] == {"seconds": {"train": 1.0}, "work": {}}
    assert stored["mine"] == {
        "seconds": {"train/4x16": 6.0, "fig1": 0.5},
        "work": {"train/4x16": work(default, "train/4x16")},
    }


def test_a_run_without_costs_leaves_those_of_its_tier(tmp_path: Path, tables: Path, default: loading.Config) -> None:
    before = tables.read_text()
    with pytest.raises(EmergenceError, match="benchmarks"):
        job_costs.store(finished(default, tmp_path))
    assert tables.read_text() == before


def test_what_is_unknown_costs_what_is_alike() -> None:
    costs = Costs({"measure_run/anatomy/rankme/4x16": 20.0, "measure_run/anatomy/rankme/4x96": 100.0})
    assert costs.estimate("measure_run/anatomy/rankme/4x96") == 100.0
    assert costs.estimate("measure_run/parity/rankme/mlp") == 60.0
    assert costs.estimate("measure_runs") == job_costs.DEFAULT


def test_a_job_costs_as_its_work_does_beside_that_of_the_most_alike() -> None:
    costs = Costs({"train/2x8": 10.5, "train/4x64": 200.5}, {"train/2x8": 10.0, "train/4x64": 400.0})
    assert costs.estimate("train/2x8", 20.0) == pytest.approx(20.5)
    assert costs.estimate("train/6x384", 8000.0) == pytest.approx(4000.5)
    assert costs.estimate("train/2x8") == 10.5


def test_every_tier_has_costs(default: loading.Config) -> None:
    recorded = Costs.of_tier(default.tier).seconds
    assert recorded["train/4x32"] > recorded["train/4x16"] > job_costs.DEFAULT
    assert Costs.of_tier("unheard of").seconds["train/4x16"] == recorded["train/4x16"]
