"""Profiles name the rules that there are; of these, what is heavy is submitted and what takes a GPU asks for it."""

import re
from typing import Any

import yaml
from support import PROJECT

RULES = {
    match[1]: match[2]
    for path in (PROJECT / "workflow/rules").glob("*.smk")
    for match in re.finditer(
        r"^(?:use rule \w+ as |rule )(\w+)[^:]*:\n(.*?)(?=^\S|\Z)", path.read_text(), re.MULTILINE | re.DOTALL
    )
}
GPU = {name for name, text in RULES.items() if "gpu=GPU" in text}


def profile(name: str) -> dict[str, Any]:
    return yaml.safe_load((PROJECT / f"workflow/profiles/{name}/profile.yaml").read_text())


def test_every_rule_that_takes_a_gpu_can_ask_for_it_by_gres() -> None:
    asked = profile("gres")["set-resources"]
    assert asked.keys() == GPU
    assert all(of_rule == {"gpu": 0, "gres": "gpu:1"} for of_rule in asked.values())


def test_rules_are_local_unless_they_train_measure_or_download() -> None:
    submitted = {name for name, text in RULES.items() if "localrule: True" not in text}
    assert submitted == GPU | {"series"}


def test_what_is_submitted_grows_with_every_attempt() -> None:
    for name in GPU | {"series"}:
        assert len(re.findall(r"(mem_mb|runtime)=grown\(", RULES[name])) == 2, name


def test_arrays_are_of_rules_whose_jobs_ask_for_the_same() -> None:
    arrays = set(profile("slurm")["slurm-array-jobs"].split(", "))
    assert arrays == {name for name in GPU if "grown(MEMORY)" in RULES[name]} - {"plateau"}  # a single job
