"""Costs of jobs: recorded by a run, looked up by the next one."""

import json
from pathlib import Path

import pytest

from emergence import job_costs
from emergence.config import loading
from emergence.errors import EmergenceError


def used(path: Path, user: float, system: float) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({"user_seconds": user, "system_seconds": system, "wall_seconds": 99.0}))


def test_costs_are_means_over_seeds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(job_costs, "TABLES", tmp_path / "costs.json")
    (tmp_path / "costs.json").write_text('{"other": {"train": 1.0}}')
    used(tmp_path / "benchmarks/train/2x8-s1.json", 3.0, 1.0)
    used(tmp_path / "benchmarks/train/2x8-s2.json", 8.0, 0.0)
    config = {"tier": "mine", "pathvars": {"benchmarks": str(tmp_path / "benchmarks")}}
    (tmp_path / "record.json").write_text(json.dumps({"config": config}))
    job_costs.store(tmp_path)
    stored = json.loads((tmp_path / "costs.json").read_text())
    assert stored == {"mine": {"train/2x8": 6.0}, "other": {"train": 1.0}}


def test_a_run_without_costs_leaves_those_of_its_tier(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(job_costs, "TABLES", tmp_path / "costs.json")
    (tmp_path / "costs.json").write_text('{"mine": {"train": 1.0}}')
    config = {"tier": "mine", "pathvars": {"benchmarks": str(tmp_path / "elsewhere")}}
    (tmp_path / "record.json").write_text(json.dumps({"config": config}))
    with pytest.raises(EmergenceError, match="elsewhere"):
        job_costs.store(tmp_path)
    assert json.loads((tmp_path / "costs.json").read_text()) == {"mine": {"train": 1.0}}


def test_what_is_unknown_costs_what_is_alike() -> None:
    costs = {"measure_run/anatomy/rankme/4x16": 20.0, "measure_run/anatomy/rankme/4x96": 100.0}
    assert job_costs.estimate(costs, "measure_run/anatomy/rankme/4x96") == 100.0
    assert job_costs.estimate(costs, "measure_run/parity/rankme/mlp") == 60.0
    assert job_costs.estimate(costs, "measure_runs") == job_costs.DEFAULT


def test_every_tier_has_costs(default: loading.Config) -> None:
    assert job_costs.table(default.tier)["train/4x96"] > job_costs.table(default.tier)["train/4x16"] > job_costs.DEFAULT
    assert job_costs.table("unheard of")["train/4x96"] == job_costs.table(default.tier)["train/4x96"]
