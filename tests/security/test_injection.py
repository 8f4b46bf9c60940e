"""Hostile names in real runs of Snakemake: each is refused with its key, or is a name like any other."""

import os
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest
from support.project import SMOKE, ProjectCopy, overlay

pytestmark = pytest.mark.workflow

# Each part would make a file called pwned, were it ever seen by a shell, or be filled in by Snakemake.
HOSTILE = 'a; touch pwned $(touch pwned)\'s "x" `touch pwned` & | > \\ #*?'
FIELDS = "{wildcards.run} {params} {x:q} :q"


def assert_harmless(*folders: Path) -> None:
    assert [path for folder in folders for path in folder.rglob("*pwned") if path.name == "pwned"] == []


@pytest.fixture
def elsewhere(copy: ProjectCopy, tmp_path: Path) -> Path:
    """The project in a folder with a hostile name."""
    leave_out = shutil.ignore_patterns("results", ".snakemake")
    return Path(shutil.copytree(copy.folder, tmp_path / HOSTILE, ignore=leave_out))


def python_in(folder: Path) -> Path:
    """A Python in another folder, with the packages of this one."""
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(folder)], check=True)
    (packages,) = folder.glob("lib/*/site-packages")
    (packages / "these.pth").write_text(sysconfig.get_path("purelib"))
    return folder / "bin/python"


def run(python: Path, project: Path, *arguments: str) -> tuple[int, str]:
    """Exit code of Snakemake, and what it printed."""
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    command = [str(python), "-m", "snakemake", *arguments]
    both = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
    ended = subprocess.run(command, cwd=project, env=environment, check=False, text=True, **both)
    return ended.returncode, ended.stdout


def test_a_project_and_a_python_in_hostile_folders(elsewhere: Path, tmp_path: Path) -> None:
    python = python_in(tmp_path / f"python of {HOSTILE}")
    code, printed = run(python, elsewhere, "--cores", "1", "results/smoke/anatomy/tasks/probes.safetensors", *SMOKE)
    assert code == 0, printed
    assert (elsewhere / "results/smoke/anatomy/tasks/probes.safetensors").exists()
    assert_harmless(tmp_path)


@pytest.mark.parametrize("name", ["in {braces}", "in: colons"])
def test_a_folder_that_snakemake_or_a_path_cannot_have_is_named(elsewhere: Path, tmp_path: Path, name: str) -> None:
    project = elsewhere.rename(tmp_path / name)
    code, printed = run(Path(sys.executable), project, "--dry-run", "--cores", "1", *SMOKE)
    assert code == 1
    assert f"Nothing can run in {project}" in printed


def test_hostile_values_that_may_be_run_as_names(copy: ProjectCopy) -> None:
    quoted = f"{HOSTILE} {FIELDS}".replace("'", "''")
    own = overlay(copy, "hostile.yaml", f"language: {{models: [{{name: mine, folder: '{quoted}'}}]}}")
    copy.snakemake("--cores", "1", "results/smoke/language/trajectories/mine/manifest.json", *own, check=False)
    said = (copy.folder / "results/smoke/logs/record_series/mine.log").read_text()
    assert said.startswith(f"emergence: {HOSTILE} {FIELDS}: no such folder")
    assert_harmless(copy.folder)


REFUSED = """
tier: "$(touch pwned)"
device: "`touch pwned`"
pathvars: {results: "results; touch pwned", figures: "../figures", logs: "{wildcards.run}", benchmarks: "a'b"}
anatomy:
  sizes: [{name: "4x16;touch pwned", layers: 4, width: 16, heads: 4}]
  signals: {"$(touch pwned)": {measure: neuromfa, variant: E, scale: linear}}
  measures: {"{params:q}": {}}
protocol: {variant: "'; touch pwned; '"}
language:
  models: [{name: "../mine", folder: here}, {name: mine, repository: "a/$(touch pwned)", steps: [0]}]
"""
KEYS = (
    "tier", "device", "pathvars.results", "pathvars.figures", "pathvars.logs", "pathvars.benchmarks",
    "anatomy.sizes.0.name", "anatomy.signals.$(touch pwned)", "protocol.variant", "language.models.0.name",
    "language.models.1.repository",
)  # fmt: skip


def test_an_overlay_with_hostile_values_is_refused_key_by_key(copy: ProjectCopy) -> None:
    printed = copy.snakemake("--cores", "1", *overlay(copy, "refused.yaml", REFUSED), check=False)
    assert [key for key in KEYS if f"config: {key}: " not in printed] == []
    assert "Traceback" not in printed
    assert_harmless(copy.folder)


@pytest.mark.parametrize(
    "given", ["tier=$(touch pwned)", "device='; touch pwned; '", 'pathvars={results: "a`touch pwned`"}']
)
def test_hostile_values_on_the_command_line_are_refused(copy: ProjectCopy, given: str) -> None:
    printed = copy.snakemake("--cores", "1", *SMOKE, "--config", given, check=False)
    assert f"config: {given.partition('=')[0]}" in printed
    assert "is not valid" in printed
    assert_harmless(copy.folder)
