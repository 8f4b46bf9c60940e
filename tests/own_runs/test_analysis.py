"""Analysis of what a real Trainer has written, and of a module's checkpoints: tables, report, numbers as by hand."""

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import safetensors.torch
import torch
from support.damage import one_line
from synthetic import trainer_run
from synthetic.trainer_run import EVERY, STEPS
from torch import nn
from transformers import AutoModelForCausalLM

import emergence
from emergence.config.defaults import default_measures
from emergence.errors import EmergenceError
from emergence.io import tables
from emergence.measures.api import measure_subject, options_of
from emergence.own_runs.analysis import AnalysisError
from emergence.own_runs.measured_run import language_subject
from emergence.schemas.trajectories import MEASURE
from emergence.subjects.subject import MeasureError
from emergence.tasks.own_probes import read_probes

pytestmark = pytest.mark.long

OUTCOMES = ["failed", "measured", "failed", "measured", "failed"]
CHEAP = ["rankme", "loss", "gradient_covariance"]


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("trained") / "mine"
    trainer_run.trainer(folder).train()
    return folder


@pytest.fixture(scope="module")
def probes(run: Path) -> Path:
    return trainer_run.probes(run.parent / "probes.jsonl")


@pytest.fixture(scope="module")
def analysed(run: Path, probes: Path) -> Path:
    output = run.parent / "report"
    emergence.analyze(run, probes=probes, output_dir=output, measures=CHEAP, control=["noise"])
    return output


def test_it_finds_what_the_model_learned(analysed: Path) -> None:
    events = pd.read_parquet(analysed / "events.parquet").set_index("task")
    assert events.loc[["copy", "next"], "emerged"].all()
    assert not events.loc["CTL", "emerged"]
    assert (analysed / "report.html").stat().st_size > 100_000
    assert not list((analysed / ".state").glob("*.lock"))


@pytest.mark.parametrize("name", CHEAP)
def test_numbers_are_those_of_the_loaded_model(analysed: Path, run: Path, probes: Path, name: str) -> None:
    step = EVERY * 3
    model = AutoModelForCausalLM.from_pretrained(run / f"checkpoint-{step}", attn_implementation="eager").eval()
    words = trainer_run.tokenizer()
    subject, _ = language_subject(model, read_probes(probes), lambda text: words(text)["input_ids"])
    settings = options_of(name, default_measures()[name])
    direct = measure_subject(name, subject, settings, np.random.default_rng([0, step]))
    rows = tables.read(MEASURE, analysed / "measure.parquet").query("step == @step and measure == @name")
    np.testing.assert_array_equal(rows["value"], direct["value"])


def test_scores_are_the_share_of_right_answers(analysed: Path, run: Path) -> None:
    model = AutoModelForCausalLM.from_pretrained(run / f"checkpoint-{STEPS}").eval()
    words = trainer_run.tokenizer()
    digits = torch.tensor([words(f"copy {digit} is")["input_ids"] for digit in range(10)])
    with torch.no_grad():
        right = (model(digits).logits[:, -1].argmax(-1) == digits[:, 1]).double().mean()
    scores = pd.read_parquet(analysed / "scores.parquet").query("task == 'copy'")
    guess = 1 / 10  # each of ten completions occurs once
    assert scores.set_index("step").loc[STEPS, "score"] == pytest.approx(float((right - guess) / (1 - guess)))
    assert list(scores["step"]) == list(range(EVERY, STEPS + 1, EVERY))


def test_a_diverged_and_a_damaged_checkpoint_are_rows(run: Path, probes: Path, tmp_path: Path) -> None:
    copied = tmp_path / "mine"
    for step in (10, 20, 30, 40):
        shutil.copytree(run / f"checkpoint-{step}", copied / f"checkpoint-{step}")
    (copied / "checkpoint-10/model.safetensors").write_bytes(b"cut short")
    path = copied / "checkpoint-30/model.safetensors"
    weights = safetensors.torch.load(path.read_bytes())
    safetensors.torch.save_file({name: value * torch.nan for name, value in weights.items()}, path)
    (copied / "checkpoint-50").mkdir()  # is being written
    findings = emergence.analyze(copied, probes=probes, output_dir=tmp_path / "report", measures=["rankme"])
    rows = tables.read(MEASURE, tmp_path / "report/measure.parquet")
    assert rows["step"].unique().tolist() == [20, 40]
    listed = pd.read_csv(tmp_path / "report/checkpoints.csv").set_index("name")
    assert listed["outcome"].to_dict() == {f"checkpoint-{10 * n}": OUTCOMES[n - 1] for n in range(1, 6)}
    assert "is not finite" in listed.loc["checkpoint-30", "reason"]
    (told,) = [limit for limit in findings.limits if "could not be measured" in limit]
    assert told.startswith("mine: 3 checkpoints could not be measured (checkpoints.csv); the first: checkpoint-10: ")


def test_two_runs_together(run: Path, probes: Path, tmp_path: Path) -> None:
    again = tmp_path / "again"
    for step in (10, 100, 200):
        shutil.copytree(run / f"checkpoint-{step}", again / f"checkpoint-{step}")
    findings = emergence.analyze([run, again], probes=probes, output_dir=tmp_path / "report", measures=["loss"])
    assert findings.events["run"].unique().tolist() == ["mine", "again"]


def test_scores_of_a_file_replace_those_of_the_probes(run: Path, probes: Path, tmp_path: Path) -> None:
    lines = [f"{step},copy,{int(step > 100)}" for step in range(EVERY, STEPS + 1, EVERY)]
    (tmp_path / "scores.csv").write_text("\n".join(["step,task,score", *lines]), encoding="utf-8")
    given = {"scores": tmp_path / "scores.csv", "output_dir": tmp_path / "report", "measures": ["loss"]}
    findings = emergence.analyze(run, probes=probes, **given)
    assert findings.events["step"].tolist() == [105]


class Net(nn.Module):
    """Two layers with batch norm and dropout."""

    def __init__(self) -> None:
        super().__init__()
        self.body = nn.Sequential(nn.Conv2d(1, 4, 3), nn.BatchNorm2d(4), nn.ReLU(inplace=True), nn.Dropout(0.5))
        self.out = nn.Linear(4 * 36, 2)

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        return self.out(self.body(images).flatten(1))


def test_a_convolutional_network_with_every_measure(tmp_path: Path) -> None:
    torch.manual_seed(0)
    net, images = Net(), torch.randn(80, 1, 8, 8)
    images[::2, 0, :4] += 1.0
    data = {"top": (images, torch.arange(80) % 2), "shuffled": (images, torch.randint(0, 2, (80,)))}
    optimiser = torch.optim.SGD(net.parameters(), 0.05)
    for step in range(61):
        if step % 6 == 0:
            path = tmp_path / f"run/epoch={step // 20}-step={step}-val_loss=0.{93 - step}.safetensors"
            path.parent.mkdir(exist_ok=True)
            safetensors.torch.save_model(net, path)
        loss = nn.functional.cross_entropy(net.train()(images), data["top"][1])
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    cheap = {"llc": {"burn_in": 2, "draws": 2, "pool": 2}, "hessian": {"products": 3, "draws": 2}}
    given = {"model": Net(), "data": data, "options": cheap, "control": ["shuffled"], "output_dir": tmp_path / "report"}
    findings = emergence.analyze(tmp_path / "run", **given)
    assert findings.measures["step"].unique().tolist() == list(range(0, 61, 6))
    measured = set(findings.measures["measure"])
    assert measured == {"rankme", "loss", "linear_probe", "fisher", "gradient_covariance", "hessian", "llc"}
    assert any("neuromfa" in sentence for sentence in findings.limits)
    assert findings.events.set_index("task").loc["top", "emerged"]


@pytest.mark.parametrize(
    ("given", "named"),
    [
        ({}, "probes"),
        ({"model": "m:build"}, "data"),
        ({"probes": "p.jsonl", "data": "d.safetensors"}, "probes"),
        ({"probes": "nowhere.jsonl"}, "nowhere.jsonl"),
        ({"measures": ["loss"], "options": {"llc": {}}}, "llc"),
        ({"measures": ["entropy"]}, "entropy"),
        ({"options": {"hessian": {"sample": 1}}}, "hessian.sample"),
        ({"scores": "nowhere.csv"}, "nowhere.csv"),
    ],
)
def test_wrong_arguments_are_refused_before_anything_is_measured(given: dict, named: str, tmp_path: Path) -> None:
    with pytest.raises(EmergenceError) as error:
        emergence.analyze(tmp_path, **{"output_dir": tmp_path / "report", **given})
    assert named in one_line(error)
    assert not (tmp_path / "report/measure.parquet").exists()


def test_a_folder_given_twice_is_refused(run: Path, probes: Path, tmp_path: Path) -> None:
    with pytest.raises(AnalysisError):
        emergence.analyze([run, run], probes=probes, output_dir=tmp_path)


def test_a_report_of_other_runs_is_not_overwritten(run: Path, probes: Path, tmp_path: Path) -> None:
    """That of the same run is made anew, as is one that others join."""
    other = shutil.copytree(run, tmp_path / "other" / run.name)
    given = {"probes": probes, "output_dir": tmp_path / "report", "measures": ["loss"]}
    for _ in range(2):
        emergence.analyze(run, **given)
    before = (tmp_path / "report/report.html").read_bytes()
    with pytest.raises(AnalysisError, match="--output-dir"):
        emergence.analyze(other, **given)
    assert (tmp_path / "report/report.html").read_bytes() == before
    assert set(emergence.analyze([run, other], **given).scores["run"].unique()) != {run.name}


def test_a_stopped_analysis_is_resumed(run: Path, probes: Path, tmp_path: Path, monkeypatch) -> None:
    taken: list[int] = []
    whole = emergence.analyze(run, probes=probes, output_dir=tmp_path / "whole", measures=["loss"])
    from emergence.own_runs import measuring

    real = measuring._rows

    def rows(opened, step, *others):
        taken.append(step)
        if len(taken) == 5:
            raise KeyboardInterrupt
        return real(opened, step, *others)

    monkeypatch.setattr(measuring, "_rows", rows)
    monkeypatch.setattr("emergence.io.resumable.SAVING_SHARE", 1e9)  # save after every checkpoint
    given = {"probes": probes, "output_dir": tmp_path / "stopped", "measures": ["loss"]}
    with pytest.raises(KeyboardInterrupt):
        emergence.analyze(run, **given)
    resumed = emergence.analyze(run, **given)
    assert taken[5] == taken[4]
    pd.testing.assert_frame_equal(resumed.measures, whole.measures)
    pd.testing.assert_frame_equal(resumed.scores, whole.scores)


def test_probes_with_a_wrong_completion_are_scored_from_half(run: Path, tmp_path: Path) -> None:
    """Of ten answers, n likelier than the wrong ones are a score of n / 5 - 1."""
    lines = [
        {"group": "copy", "prompt": f"copy {digit} is", "completion": f" {digit}", "wrong": f" {(digit + 1) % 10}"}
        for digit in range(10)
    ]
    path = tmp_path / "probes.jsonl"
    path.write_text("\n".join(map(json.dumps, lines)), encoding="utf-8")
    findings = emergence.analyze(run, probes=path, output_dir=tmp_path / "report", measures=["loss"])
    fifths = 5 * findings.scores["score"]
    np.testing.assert_allclose(fifths, fifths.round(), atol=1e-9)
    assert abs(fifths.iloc[0]) <= 3, "untrained"
    assert fifths.iloc[-1] >= 3, "trained"


def test_copies_are_named_whatever_is_measured(run: Path, probes: Path, tmp_path: Path) -> None:
    for step in (10, 20, 30):
        shutil.copytree(run / f"checkpoint-{10 if step == 20 else step}", tmp_path / f"run/checkpoint-{step}")
    given = {"probes": probes, "output_dir": tmp_path / "report", "measures": ["linear_probe"]}
    findings = emergence.analyze(tmp_path / "run", **given)
    assert "run: steps 10, 20 have the same weights; are they copies?" in findings.limits
    hashes = pd.read_csv(tmp_path / "report/checkpoints.csv")["sha256"]
    assert (hashes[0] == hashes[1], hashes.nunique()) == (True, 2)


def test_a_measure_that_does_not_apply_is_named_with_the_reason_alone(
    run: Path, probes: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from emergence.own_runs import measuring

    real = measuring.measure_subject

    def measure_subject(name: str, *others: Any) -> pd.DataFrame:
        if name != "loss":
            raise MeasureError(f"{name} is not defined", "switch it off")
        return real(name, *others)

    monkeypatch.setattr(measuring, "measure_subject", measure_subject)
    findings = emergence.analyze(run, probes=probes, output_dir=tmp_path / "report")
    assert set(findings.measures["measure"]) == {"loss"}
    assert "hessian: not measured: hessian is not defined" in findings.limits
    assert not [limit for limit in findings.limits if "switch it off" in limit]
