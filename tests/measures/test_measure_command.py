"""``emergence measure`` on a folder of checkpoints: what is written, and a clear line for each thing that is wrong."""

import json
import os
import re
import signal
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import safetensors.torch
import torch
from torch import Tensor, nn

from emergence.checkpoints.trajectory import Trajectory
from emergence.cli import main
from emergence.io import tables
from emergence.measures.api import measure, read_data
from emergence.schemas.trajectories import MEASURE

STEPS = (100, 5, 20)
MODEL = """
import torch

def build():
    return torch.nn.Sequential(torch.nn.Linear(4, 8), torch.nn.ReLU(), torch.nn.Linear(8, 3))

def number():
    return 3

def squared(outputs, targets):
    return ((outputs - targets) ** 2).mean(dim=1)

def summed(outputs, targets):
    return outputs.sum(dim=1)

def first(outputs, targets):
    return outputs[:, 0]

def wider():
    return torch.nn.Sequential(*build(), torch.nn.Identity())

def sized(width):
    return torch.nn.Linear(4, width)

def tied():
    model = torch.nn.Sequential(torch.nn.Embedding(3, 2), torch.nn.Linear(2, 3, bias=False))
    model[1].weight = model[0].weight
    return model
"""
Run = Callable[..., str]


def network(seed: int) -> nn.Module:
    torch.manual_seed(seed)
    return nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 3))


def examples() -> dict[str, Tensor]:
    generator = torch.Generator().manual_seed(0)
    x, y = torch.randn(30, 4, generator=generator), torch.randint(0, 3, (30,), generator=generator)
    return {"mine.inputs": x, "mine.targets": y, "few/2.inputs": x[:7].clone(), "few/2.targets": y[:7].clone()}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder: a module that builds a model, its checkpoints and data."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine_to_build.py").write_text(MODEL)
    (tmp_path / "checkpoints").mkdir()
    for step in STEPS:
        safetensors.torch.save_model(network(step), tmp_path / f"checkpoints/v2-step{step}.safetensors")
    safetensors.torch.save_file(examples(), tmp_path / "data.safetensors")
    return tmp_path


@pytest.fixture
def run(folder: Path, capsys: pytest.CaptureFixture[str]) -> Run:
    """Run the command, with some arguments replaced; its one line of error, or its table's name."""

    def run(**replaced: str | None) -> str:
        given: dict[str, str | None] = {
            "folder": "checkpoints",
            "model": "mine_to_build:build",
            "measure": "loss",
            "data": "data.safetensors",
            "table": "table.parquet",
            **replaced,
        }
        options = [part for key, value in given.items() if key != "folder" and value for part in (f"--{key}", value)]
        code = main(["measure", given["folder"] or "", *options])
        shown = capsys.readouterr()
        if code == 0:
            return shown.out.strip()
        (line,) = shown.err.splitlines()
        assert shown.out == ""
        assert not (folder / "table.parquet").exists()
        return line.removeprefix("emergence: ")

    return run


def test_every_checkpoint_is_measured_in_the_order_of_steps(run: Run, folder: Path) -> None:
    assert run() == "table.parquet"
    rows = tables.read(MEASURE, folder / "table.parquet")
    assert rows["step"].drop_duplicates().tolist() == [5, 20, 100]
    identity = {"study": "own", "run": "checkpoints", "size": "Sequential", "parameters": 67, "seed": 0}
    assert rows[list(identity)].drop_duplicates().to_dict("records") == [identity]
    data = {name: (examples()[f"{name}.inputs"], examples()[f"{name}.targets"]) for name in ("mine", "few/2")}
    for step in STEPS:
        values = rows[rows["step"] == step].set_index(["task", "variant"])["value"]
        expected = measure("loss", network(step), data).set_index(["task", "variant"])["value"]
        assert values.to_dict() == pytest.approx(expected.to_dict())
    assert rows.groupby(["task", "variant"])["value"].nunique().min() == 3


def test_options_thin_the_checkpoints_and_reach_the_measure(run: Run, folder: Path) -> None:
    run(measure="fisher", options=json.dumps({"samples": 3, "every": 2}))
    rows = tables.read(MEASURE, folder / "table.parquet")
    assert rows["step"].unique().tolist() == [5, 100]
    assert rows.query("variant == 'rank'")["value"].max() <= 3


def test_layers_can_be_chosen(run: Run, folder: Path) -> None:
    run(measure="rankme", layers="2")
    assert tables.read(MEASURE, folder / "table.parquet")["layer"].unique().tolist() == [1]


def test_a_loss_of_your_own(run: Run, folder: Path) -> None:
    tensors = {"mine.inputs": torch.ones(5, 4), "mine.targets": torch.ones(5, 3)}
    safetensors.torch.save_file(tensors, folder / "data.safetensors")
    assert "targets are torch.float32" in run()
    assert run(loss="mine_to_build:squared") == "table.parquet"
    assert tables.read(MEASURE, folder / "table.parquet")["variant"].unique().tolist() == ["own"]


def test_groups_come_in_the_order_of_their_names(folder: Path) -> None:
    """Random draws go from group to group, and safetensors gives tensors in any order."""
    names = [f"group{number:02d}" for number in range(20)]
    tensors = {f"{name}.{part}": torch.ones(2) for name in names for part in ("targets", "inputs")}
    safetensors.torch.save_file(tensors, folder / "data.safetensors")
    assert list(read_data(folder / "data.safetensors")) == names


def test_tied_weights_are_loaded(run: Run, folder: Path) -> None:
    for path in (folder / "checkpoints").iterdir():
        path.unlink()
    model = nn.Sequential(nn.Embedding(3, 2), nn.Linear(2, 3, bias=False))
    model[1].weight = model[0].weight
    safetensors.torch.save_model(model, folder / "checkpoints/1.safetensors")
    tensors = {"mine.inputs": torch.arange(3), "mine.targets": torch.arange(3)}
    safetensors.torch.save_file(tensors, folder / "data.safetensors")
    assert run(model="mine_to_build:tied") == "table.parquet"


def test_our_own_trajectories_need_no_model(trajectory: Path, probes: Path, run: Run, folder: Path) -> None:
    run(folder=str(trajectory), model=None, data=str(probes))
    rows = tables.read(MEASURE, folder / "table.parquet")
    assert rows["run"].unique().tolist() == ["2x8-s3"]
    assert rows["step"].unique().tolist() == Trajectory.open(trajectory).steps


# What can be wrong --------------------------------------------------------------------------------------------------


def test_a_folder_without_checkpoints_is_named(run: Run, folder: Path) -> None:
    (folder / "empty").mkdir()
    assert run(folder="empty").startswith("empty: no checkpoints")
    assert run(folder="nowhere").startswith("nowhere: no such folder")


@pytest.mark.parametrize("name", ["step100.pt", "pytorch_model.bin"])
def test_pickled_checkpoints_are_refused(run: Run, folder: Path, name: str) -> None:
    (folder / "pickled").mkdir()
    torch.save({"never": "read"}, folder / "pickled" / name)
    assert f"{name}: pickled" in run(folder="pickled")


def test_pickled_data_are_refused(run: Run, folder: Path) -> None:
    torch.save(examples(), folder / "data.pt")
    assert run(data="data.pt").startswith("data.pt: not a readable safetensors file")


def test_a_name_without_step_is_left_out_and_one_with_another_s_is_refused(
    run: Run, folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    content = (folder / "checkpoints/v2-step5.safetensors").read_bytes()
    (folder / "checkpoints/final.safetensors").write_bytes(content)
    run()
    assert "final.safetensors" in caplog.text
    assert tables.read(MEASURE, folder / "table.parquet")["step"].unique().tolist() == sorted(STEPS)
    (folder / "table.parquet").unlink()
    (folder / "checkpoints/final.safetensors").rename(folder / "checkpoints/005.safetensors")
    assert "has the same step, 5, as 005.safetensors" in run()


def test_checkpoints_may_be_folders_of_a_trainer(run: Run, folder: Path) -> None:
    for step in STEPS:
        (folder / f"trainer/checkpoint-{step}").mkdir(parents=True)
        safetensors.torch.save_model(network(step), folder / f"trainer/checkpoint-{step}/model.safetensors")
    run()
    expected = tables.read(MEASURE, folder / "table.parquet")["value"].to_numpy()
    run(folder="trainer")
    assert np.array_equal(tables.read(MEASURE, folder / "table.parquet")["value"].to_numpy(), expected)


def test_a_checkpoint_without_weights_is_named_before_any_is_measured(run: Run, folder: Path) -> None:
    (folder / "checkpoints/checkpoint-500").mkdir()
    assert run().startswith("checkpoints/checkpoint-500: no weights")


def test_keys_that_do_not_fit_are_named(run: Run, folder: Path) -> None:
    other = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 5))
    safetensors.torch.save_model(other, folder / "checkpoints/v2-step20.safetensors")
    assert re.match(r"checkpoints/v2-step20\.safetensors: does not fit the model: .*2\.(weight|bias)", run())


def test_a_damaged_checkpoint_is_named(run: Run, folder: Path) -> None:
    (folder / "checkpoints/v2-step5.safetensors").write_bytes(b"nothing")
    assert run().startswith("checkpoints/v2-step5.safetensors: not a readable safetensors file")


@pytest.mark.parametrize("name", ["loss", "rankme"])
def test_a_checkpoint_that_diverged_is_said_to_have_failed(
    name: str, run: Run, folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    model = network(20)
    with torch.no_grad():
        model[2].weight[1, 2] = torch.nan
    safetensors.torch.save_model(model, folder / "checkpoints/v2-step20.safetensors")
    run(measure=name)
    rows = tables.read(MEASURE, folder / "table.parquet")
    assert rows.loc[rows["step"] == 20, ["variant", "value"]].values.tolist() == [["failed", 1.0]]
    assert set(rows.loc[rows["variant"] != "failed", "step"]) == {5, 100}
    assert "checkpoints/v2-step20.safetensors: 2.weight is not finite" in caplog.text


def test_a_representation_that_overflows_is_a_failure_of_its_checkpoint(run: Run, folder: Path) -> None:
    model = network(20)
    with torch.no_grad():
        model[0].weight.fill_(3e38)
    safetensors.torch.save_model(model, folder / "checkpoints/v2-step20.safetensors")
    run(measure="rankme")
    rows = tables.read(MEASURE, folder / "table.parquet")
    assert rows.loc[rows["step"] == 20, "variant"].tolist() == ["failed"]


def stopping_at(number: int, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Have the measure `loss` stop the job at its n-th call; calls are counted."""
    module, calls = import_module("emergence.measures.loss"), []
    of_module = module.measure

    def measure_or_stop(*given: Any) -> list[dict[str, Any]]:
        calls.append(1)
        if len(calls) == number:
            os.kill(os.getpid(), signal.SIGTERM)
        return of_module(*given)

    monkeypatch.setattr(module, "measure", measure_or_stop)
    return calls


def test_a_stopped_measure_is_resumed_to_the_same_bytes(
    run: Run, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run(table="whole.parquet")
    calls = stopping_at(3, monkeypatch)
    assert run().startswith("stopped by SIGTERM; the state is saved")
    assert (folder / ".table.parquet.state").is_dir()
    run()
    assert len(calls) == 4, "two checkpoints were not measured again"
    assert (folder / "table.parquet").read_bytes() == (folder / "whole.parquet").read_bytes()
    assert not list(folder.glob(".table*"))


@pytest.mark.parametrize("changed", ["checkpoint", "data", "options", "model", "loss"])
def test_a_measure_of_something_else_is_not_resumed(
    changed: str, run: Run, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = stopping_at(3, monkeypatch)
    given = {"loss": "mine_to_build:summed"}
    run(**given)
    match changed:
        case "checkpoint":
            safetensors.torch.save_model(network(6), folder / "checkpoints/v2-step5.safetensors")
        case "data":
            tensors = {key: value + 1 if key == "few/2.inputs" else value for key, value in examples().items()}
            safetensors.torch.save_file(tensors, folder / "data.safetensors")
        case "options":
            given["options"] = '{"samples": 5}'
        case "model":
            given["model"] = "mine_to_build:wider"
            for step in STEPS:
                model = nn.Sequential(*network(step), nn.Identity())
                path = folder / f"checkpoints/v2-step{step}.safetensors"
                times = path.stat()
                safetensors.torch.save_model(model, path)
                os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))
        case "loss":
            given["loss"] = "mine_to_build:first"
    assert run(**given) == "table.parquet"
    assert len(calls) == 3 + 3


def test_data_without_partner_or_group_are_named(run: Run, folder: Path) -> None:
    tensors = examples()
    del tensors["mine.targets"]
    safetensors.torch.save_file(tensors, folder / "data.safetensors")
    assert run().startswith("data.safetensors: mine.targets is missing or has no partner")
    safetensors.torch.save_file(examples() | {"mine.weights": torch.ones(3)}, folder / "data.safetensors")
    assert run().startswith("data.safetensors: mine.weights is missing or has no partner")
    assert "absent.safetensors" in run(data="absent.safetensors")


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("mine_to_build", "mine_to_build: cannot be imported"),
        ("mine_to_build:missing", "mine_to_build:missing: cannot be imported"),
        ("absent:build", "absent:build: cannot be imported (No module named 'absent')"),
        (":build", ":build: cannot be imported"),
        ("mine_to_build:torch", "mine_to_build:torch: "),
        ("mine_to_build:sized", "mine_to_build:sized: missing a required argument: 'width'; give a function"),
        ("mine_to_build:number", "mine_to_build:number: returned a int, not a torch.nn.Module"),
    ],
)
def test_a_model_that_cannot_be_built_is_named(run: Run, name: str, message: str) -> None:
    assert run(model=name).startswith(message)


@pytest.mark.parametrize("option", [{"layers": "0"}, {"loss": "mine_to_build:squared"}, {"seed": "1"}])
def test_options_of_a_model_are_not_dropped_without_one(run: Run, option: dict[str, str]) -> None:
    assert run(model=None, **option).startswith("--layers, --loss and --seed are for models of your own")


def test_without_a_model_a_folder_must_be_a_trajectory(run: Run) -> None:
    assert re.match("checkpoints: .*--model", run(model=None))


@pytest.mark.parametrize(("table", "message"), [
    ("checkpoints", "checkpoints: cannot be written; is a folder; give a file"),
    ("data.safetensors/table.parquet", "data.safetensors/table.parquet: cannot be written; a file has the name"),
])  # fmt: skip
def test_a_table_that_cannot_be_written_is_named_before_anything_is_measured(
    run: Run, table: str, message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = stopping_at(0, monkeypatch)
    assert run(table=table).startswith(message)
    assert not calls


def test_a_gpu_that_is_not_there_is_named(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert run(device="cuda").startswith("device: cuda, but PyTorch sees no GPU")


@pytest.mark.parametrize("seed", ["-1", "1.5", "one", "4294967296"])
def test_seeds_are_of_32_bits(run: Run, seed: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        run(seed=seed)
    assert f"{seed!r} is not valid; allowed: 0 to 4294967295" in capsys.readouterr().err


def test_a_loss_that_does_not_fit_is_named(run: Run) -> None:
    assert run(loss="torch.nn:MSELoss").startswith("checkpoints/v2-step5.safetensors: few/2: the loss cannot be taken")


@pytest.mark.parametrize("options", ["{", "[]", "3"])
def test_options_must_be_an_object(run: Run, options: str) -> None:
    assert run(options=options).startswith(f"--options: {options!r}")


def test_an_option_that_does_not_exist_is_named(run: Run) -> None:
    assert run(options='{"sample": 3}').startswith("loss.sample: ")


def test_seeds_change_random_draws_only(run: Run, folder: Path) -> None:
    values = {}
    for measured in ("fisher", "loss"):
        for seed in ("0", "1"):
            run(measure=measured, seed=seed)
            values[measured, seed] = tables.read(MEASURE, folder / "table.parquet")["value"].to_numpy()
            (folder / "table.parquet").unlink()
    assert np.array_equal(values["loss", "0"], values["loss", "1"])
    assert not np.array_equal(values["fisher", "0"], values["fisher", "1"])
