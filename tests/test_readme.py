"""What the README shows runs as pasted."""

import json
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from support.project import PROJECT
from synthetic import trainer_run

from emergence.cli import main
from emergence.io import tables
from emergence.measures.declarations import declared
from emergence.schemas.trajectories import MEASURE
from emergence.tasks.own_probes import Probe

README = (PROJECT / "README.md").read_text()


def block(language: str) -> str:
    """The one block of code in a language."""
    (code,) = re.findall(rf"```{language}\n(.*?)```", README, re.DOTALL)
    return code


@pytest.mark.long
def test_python_in_five_lines(tmp_path: Path) -> None:
    code = block("python")
    assert len(code.splitlines()) <= 6, "five lines and an import"
    environment = {**os.environ, "PYTHONPATH": str(PROJECT / "src")}
    ended = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
    )
    assert ended.returncode == 0, ended.stderr
    assert "rankme/mine" in ended.stdout
    assert ended.stderr == ""


@pytest.mark.long
def test_command_on_the_folder_of_a_trainer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program, *arguments = shlex.split(block("sh"))
    assert program == "emergence"
    monkeypatch.chdir(tmp_path)
    for step in (1, 10):
        trainer_run.model(seed=step).save_pretrained(f"runs/my-run/checkpoint-{step}")
        trainer_run.tokenizer().save_pretrained(f"runs/my-run/checkpoint-{step}")
    trainer_run.probes(tmp_path / "probes.jsonl")
    assert main([*arguments, "--measures", "rankme"]) == 0
    rows = tables.read(MEASURE, tmp_path / "report/measure.parquet")
    assert rows["step"].unique().tolist() == [1, 10]
    assert (tmp_path / "report/report.html").exists()


def test_the_probe_is_one() -> None:
    (line,) = re.findall(r'`(\{"group".*?\})`', README)
    assert Probe(**json.loads(line)).wrong is None


def test_it_is_short() -> None:
    assert len(README.splitlines()) <= 130


def test_its_links_resolve() -> None:
    links = [link for link in re.findall(r"\]\(([^)#]+)[^)]*\)", README) if "://" not in link]
    assert len(links) > 10
    assert [link for link in links if not (PROJECT / link).exists()] == []


def test_the_measures_that_it_names_exist() -> None:
    (listed,) = re.findall(r"^Measures: (.*?);", README, re.MULTILINE | re.DOTALL)
    named = re.findall(r"`(\w+)`", listed)
    assert named
    assert set(named) <= declared().keys()
