"""Profiles name the rules whose jobs are submitted, and those that take a GPU."""

from typing import Any

import yaml
from support.project import PROJECT, SUBMITTED

from emergence.stages import STAGES


def profile(name: str) -> dict[str, Any]:
    return yaml.safe_load((PROJECT / f"workflow/profiles/{name}/profile.yaml").read_text())


def test_every_rule_that_takes_a_gpu_can_ask_for_it_by_gres() -> None:
    asked = profile("gres")["set-resources"]
    of_groups = {"train_stack"}  # rules are numbered
    with_gpu = {name for name, stage in STAGES.items() if stage.request.gpu}
    assert asked.keys() == with_gpu - of_groups | {"measure_series"}
    assert all(of_rule == {"gpu": 0, "gres": "gpu:1"} for of_rule in asked.values())


def test_arrays_are_of_rules_with_many_jobs_that_ask_for_the_same() -> None:
    slurm = profile("slurm")
    assert slurm["max-jobs-per-timespan"] == f"{slurm['jobs']}/1s", "or an array would wait for ever"
    arrays = set(slurm["slurm-array-jobs"].split(", "))
    assert arrays < SUBMITTED
    assert not arrays & {
        "llc_sweep",
        "evaluate_language_model",
        "record_series",
        "measure_series",
        "train_stack",
    }  # one job, or of models of any size
