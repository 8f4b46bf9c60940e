"""The command line of ``emergence analyze``: what it prints and refuses."""

from pathlib import Path

import pytest
import safetensors.torch
import torch

from emergence.cli import main

BUILD = """
import torch

def build():
    return torch.nn.Sequential(torch.nn.Linear(4, 8), torch.nn.Tanh(), torch.nn.Linear(8, 2))

def squared(outputs, targets):
    return ((outputs - targets[:, None]) ** 2).mean(dim=1)
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Checkpoints of a module that learns at step 30, and its data."""
    monkeypatch.chdir(tmp_path)
    Path("own_model.py").write_text(BUILD, encoding="utf-8")
    torch.manual_seed(0)
    inputs = torch.randn(40, 4)
    safetensors.torch.save_file({"mine.inputs": inputs, "mine.targets": (inputs[:, 0] > 0).long()}, "data.safetensors")
    Path("other.csv").write_text("step,task,score\n0,other,0\n50,other,1\n", encoding="utf-8")
    Path("ck").mkdir()
    for step in range(0, 60, 5):
        weights = {"0.weight": torch.eye(8, 4), "0.bias": torch.zeros(8), "2.bias": torch.zeros(2)}
        weights["2.weight"] = torch.zeros(2, 8)
        weights["2.weight"][:, 0 if step >= 30 else 1] = torch.tensor([-1.0, 1.0])
        safetensors.torch.save_file(weights, f"ck/step{step}.safetensors")
    return tmp_path


def run(*arguments: str) -> int:
    return main(["analyze", *arguments])


CHOSEN = ("--model", "own_model:build", "--data", "data.safetensors", "--measures", "rankme", "loss")


@pytest.mark.long
def test_it_says_when_the_group_emerged(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("ck", *CHOSEN, "--output-dir", "out") == 0
    said = capsys.readouterr().out
    assert "between 25 and 30" in said
    assert f"Report: {Path('out/report.html')}" in said
    assert (folder / "out/report.html").exists()
    assert len(said.splitlines()) <= 28


@pytest.mark.long
@pytest.mark.usefixtures("folder")
def test_a_loss_of_ones_own_needs_scores(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("ck", *CHOSEN, "--loss", "own_model:squared") == 1
    assert "scores" in capsys.readouterr().err
    lines = ["step,task,score", *(f"{step},mine,{int(step >= 20)}" for step in range(0, 60, 5))]
    Path("s.csv").write_text("\n".join(lines), encoding="utf-8")
    assert run("ck", *CHOSEN, "--loss", "own_model:squared", "--scores", "s.csv") == 0
    assert "between 15 and 20" in capsys.readouterr().out


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (["nowhere", *CHOSEN], "nowhere"),
        (["--probes", "p.jsonl"], "--repo-id"),
        (["ck", "--repo-id", "a/b", "--revisions", "step1"], "--repo-id"),
        (["--repo-id", "a/b"], "--revisions"),
        (["--repo-id", "a/b", "--revisions", "main"], "main"),
        (["ck", *CHOSEN, "--output-dir", "data.safetensors"], "data.safetensors"),
        (["ck", *CHOSEN, "--control", "other"], "other"),
        (["ck", *CHOSEN, "--baselines", '{"mine": 0.5}'], "baselines"),
        (["ck", *CHOSEN, "--scores", "other.csv"], "other"),
    ],
)
def test_wrong_arguments_end_in_one_line(arguments: list[str], named: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(*arguments) == 1
    assert not Path("report/measure.parquet").exists()
    assert not Path("report/.state").exists(), "something was measured first"
    (line,) = capsys.readouterr().err.strip().splitlines()[-1:]
    assert line.startswith("emergence: ")
    assert named in line


@pytest.mark.parametrize("options", ["{", "[]", '{"llc": 3}'])
def test_options_are_an_object_of_objects(options: str) -> None:
    with pytest.raises(SystemExit) as ended:
        run("ck", *CHOSEN, "--options", options)
    assert ended.value.code == 2
