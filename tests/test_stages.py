"""The registry of stages: every entry against its function, and the sources that a rule lists."""

import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any, get_type_hints

import pytest
from pydantic import BaseModel

from emergence import stages
from emergence.config.project import PATHS
from emergence.io import provenance
from emergence.io.provenance import PACKAGE
from emergence.stages import STAGES, Each, source_hash


def test_the_registry_is_light_to_import() -> None:
    """Snakemake reads it for every job on a cluster."""
    told = "import sys, emergence.stages; print({'torch', 'pandas', 'numpy', 'pydantic'} & {*sys.modules})"
    assert subprocess.run([sys.executable, "-c", told], check=True, capture_output=True, text=True).stdout == "set()\n"


@pytest.mark.parametrize("name", STAGES)
def test_a_stage_is_a_function_of_what_it_reads_and_of_paths(name: str) -> None:
    """Each parameter is a path or has a key; a setting that bundles several is a model with just these fields."""
    hints = get_type_hints(STAGES[name].load())
    assert hints.pop("return") is type(None)
    settings = {parameter: hint for parameter, hint in hints.items() if hint not in PATHS}
    assert settings.keys() == STAGES[name].reads.keys()
    assert len(settings) < len(hints)
    for parameter, keys in STAGES[name].reads.items():
        compare_fields(settings[parameter], keys)


def compare_fields(hint: Any, keys: Any) -> None:
    """A bundle of keys has the fields of its model, down to the last."""
    if isinstance(keys, Each):
        keys = keys.fields
        (hint,) = hint.__args__
    if isinstance(keys, str) or not (isinstance(hint, type) and issubclass(hint, BaseModel)):
        return
    required = {field for field, declared in hint.model_fields.items() if declared.is_required()}
    assert required <= keys.keys() <= hint.model_fields.keys()
    for field, inner in keys.items():
        compare_fields(hint.model_fields[field].annotation, inner)


@pytest.mark.parametrize("name", STAGES)
def test_a_summary_is_a_line_without_a_full_stop(name: str) -> None:
    summary = STAGES[name].summary
    assert summary[0].isupper()
    assert not summary.endswith(".")
    assert "\n" not in summary


def test_an_edit_of_what_a_stage_runs_changes_its_hash(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = tmp_path / "emergence"
    shutil.copytree(PACKAGE, package, ignore=shutil.ignore_patterns("__pycache__", ".*"))
    monkeypatch.setattr(provenance, "PACKAGE", package)

    def hashes() -> dict[str, str]:
        stages.source_hash.cache_clear()
        measured = {
            f"measure_run {name}": source_hash("measure_run", f"emergence.measures.{name}")
            for name in ("rankme", "llc")
        }
        return {name: source_hash(name) for name in ("events", "train")} | measured

    before = hashes()
    with (package / "measures" / "rankme.py").open("a") as file:
        file.write("# edited\n")
    after = hashes()
    assert [name for name in before if before[name] != after[name]] == ["measure_run rankme"]
    stages.source_hash.cache_clear()


def test_calibration_runs_the_checks_that_measures_declare(monkeypatch: pytest.MonkeyPatch) -> None:
    without = source_hash("calibration")
    of_a_user = replace(stages.declared()["loss"], has_checks=True)
    monkeypatch.setattr(stages, "declared", lambda: {"run": of_a_user})  # a module that no check imports
    stages.source_hash.cache_clear()
    assert source_hash("calibration") != without
    stages.source_hash.cache_clear()


def test_a_changed_label_of_a_measure_redraws_what_names_it(monkeypatch: pytest.MonkeyPatch) -> None:
    hashed = source_hash.__wrapped__  # type: ignore[attr-defined]
    before = {name: hashed(name) for name in ("fig4", "explorer", "measure_run")}
    monkeypatch.setattr(stages, "signal_labels", lambda: {"rankme": "another name"})
    assert [name for name in before if hashed(name) != before[name]] == ["fig4", "explorer"]
