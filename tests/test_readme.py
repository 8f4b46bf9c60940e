"""What the README shows runs as pasted."""

import re
import shlex
import subprocess
import sys
from pathlib import Path

import safetensors.torch
import torch

from emergence import tables
from emergence.cli import main
from emergence.schemas.trajectories import MEASURE
from emergence.settings.measures import known

README = (Path(__file__).parents[1] / "README.md").read_text()
BUILD = """
import torch

def build():
    return torch.nn.Sequential(torch.nn.Linear(8, 32), torch.nn.Tanh(), torch.nn.Linear(32, 3))
"""


def block(language: str) -> str:
    """The one block of code in a language."""
    (found,) = re.findall(rf"```{language}\n(.*?)```", README, re.DOTALL)
    return found


def test_python_in_five_lines(tmp_path: Path) -> None:
    code = block("python")
    assert len(code.splitlines()) <= 6, "five lines and an import"
    ended = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stderr
    assert "answer/centred/sigma" in ended.stdout
    assert ended.stderr == ""


def test_command_on_a_folder_of_checkpoints(tmp_path: Path, monkeypatch) -> None:
    program, *arguments = shlex.split(block("sh"))
    assert program == "emergence"
    monkeypatch.chdir(tmp_path)
    (tmp_path / "my_model.py").write_text(BUILD)
    (tmp_path / "checkpoints").mkdir()
    space: dict = {}
    exec(BUILD, space)
    for step in (1, 10):
        safetensors.torch.save_model(space["build"](), tmp_path / f"checkpoints/step{step}.safetensors")
    data = {"mine.inputs": torch.randn(20, 8), "mine.targets": torch.arange(20) % 3}
    safetensors.torch.save_file(data, tmp_path / "data.safetensors")
    assert main(arguments) == 0
    rows = tables.read(MEASURE, tmp_path / "rankme.parquet")
    assert rows["step"].unique().tolist() == [1, 10]
    assert rows["value"].gt(0).all()


def test_every_measure_is_named() -> None:
    section = README.partition("## Measure your own model")[2].partition("\n## ")[0]
    assert set(known()) <= set(re.findall(r"`(\w+)`", section))
