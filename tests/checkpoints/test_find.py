"""Checkpoints under the names that trainers give them: the step is never a metric, and what is ambiguous is refused."""

import re
from pathlib import Path

import pytest
from support.damage import one_line

from emergence.checkpoints.find import find_checkpoints, step_of
from emergence.checkpoints.weights import SeriesError

STEPS = {
    "step1000": 1000,
    "step-1000": 1000,
    "step_0001000": 1000,
    "global_step1000": 1000,
    "iter_0001000": 1000,
    "iteration=20": 20,
    "checkpoint-500": 500,
    "checkpoint-1234-epoch-1": 1234,
    "checkpoint-epoch-1-1234": 1234,
    "ckpt_000007": 7,
    "epoch=3-step=1000": 1000,
    "epoch=0-step=100-val_loss=0.93": 100,
    "epoch=0-step=300-val_loss=7": 300,
    "stage1-step1000-tokens3B": 1000,
    "step-50K-105b": 50000,
    "step1000-hf": 1000,
    "step100-final": 100,
    "ep0-ba120-rank0": 120,
    "v2-step5": 5,
    "005": 5,
    "pythia-160m-1000": 1000,
    "1000-loss0.41": 1000,
    "100_val_loss_3": 100,
    "ema_0.9999_050000": 50000,
    "lr1e-05-seed3-40": 40,
    f"step{2**63 - 1}": 2**63 - 1,
    f"step{2**63}": None,
    "m_99999999999999999999999": None,
    "final": None,
    "epoch=3": None,
    "val_loss=0.93": None,
    "loss=2": None,
    "acc@1=0.5": None,
    "tokens3B": None,
    "lr1e-05": None,
}


@pytest.mark.parametrize("name", STEPS)
def test_the_step_is_the_number_of_the_training_loop(name: str) -> None:
    assert step_of(name) == STEPS[name]


@pytest.mark.parametrize(
    "name",
    ["step100-step200", "step1_000", "step1.5", "step1000x", "run3-500", "2024-11-30", "checkpoint-5-checkpoint-6"],
)
def test_a_name_in_which_two_numbers_may_be_the_step_is_refused(name: str) -> None:
    with pytest.raises(SeriesError, match=re.escape(name)) as error:
        step_of(name)
    one_line(error)


def put(root: Path, *names: str) -> None:
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).touch()


def test_folders_and_files_are_found_in_the_order_of_steps(tmp_path: Path) -> None:
    put(tmp_path, "checkpoint-500/model.safetensors", "checkpoint-1000/model.safetensors.index.json")
    put(tmp_path, "step20.safetensors", "7/model.safetensors")
    here = find_checkpoints(tmp_path)
    expected = {7: "7", 20: "step20.safetensors", 500: "checkpoint-500", 1000: "checkpoint-1000"}
    assert list(here.by_step.items()) == [(step, tmp_path / name) for step, name in expected.items()]
    assert here.left_out == {}


def test_what_is_left_out_has_a_reason(tmp_path: Path) -> None:
    put(tmp_path, "step5/model.safetensors", "model.safetensors", "best/model.safetensors", "step9.pt", "runs/2024/log")
    put(tmp_path, "adapter_model.safetensors", "part-00001-of-00002.safetensors", "optimizer.safetensors")
    put(tmp_path, "config.json", "optimizer.pt", "training_args.bin", ".git/HEAD", "trainer_state.json")
    here = find_checkpoints(tmp_path)
    assert list(here.by_step) == [5]
    left_out = {"adapter_model.safetensors", "best", "model.safetensors", "optimizer.safetensors", "runs", "step9.pt"}
    assert here.left_out.keys() == left_out | {"part-00001-of-00002.safetensors"}
    assert here.left_out["best"] == "no step in its name"
    assert here.left_out["runs"] == "no weights"
    assert len(here.notes) == len(here.left_out)


def test_a_labelled_folder_without_weights_is_a_checkpoint_that_cannot_be_read(tmp_path: Path) -> None:
    """An interrupted save is not passed over in silence; reading it says what it lacks."""
    put(tmp_path, "step5/model.safetensors", "step6/optimizer.pt")
    assert list(find_checkpoints(tmp_path).by_step) == [5, 6]


@pytest.mark.parametrize("name", ["model.safetensors", "model.safetensors.index.json"])
@pytest.mark.parametrize(("folder", "step"), [("step40", 40), ("final", 0)])
def test_a_folder_may_be_the_only_checkpoint(tmp_path: Path, name: str, folder: str, step: int) -> None:
    put(
        tmp_path,
        f"{folder}/{name}",
        f"{folder}/model-00001-of-00002.safetensors",
        f"{folder}/model-00002-of-00002.safetensors",
    )
    assert find_checkpoints(tmp_path / folder).by_step == {step: tmp_path / folder}


def test_two_of_a_step_are_refused(tmp_path: Path) -> None:
    put(tmp_path, "step5.safetensors", "005.safetensors")
    with pytest.raises(SeriesError, match=r"step5\.safetensors: .*\b5\b.* 005\.safetensors") as error:
        find_checkpoints(tmp_path)
    one_line(error)


def test_samples_of_a_step_are_no_second_checkpoint(tmp_path: Path) -> None:
    put(tmp_path, "step5/model.safetensors", "eval-step5/scores.json", "step5-samples/a.png", "step6.safetensors")
    put(tmp_path, "step6/a.png")
    here = find_checkpoints(tmp_path)
    assert here.by_step == {5: tmp_path / "step5", 6: tmp_path / "step6.safetensors"}
    assert here.left_out == dict.fromkeys(("eval-step5", "step5-samples", "step6"), "no weights")


def test_shards_without_an_index_are_no_two_checkpoints(tmp_path: Path) -> None:
    put(tmp_path, "model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors")
    with pytest.raises(
        SeriesError, match=r"model-00001-of-00002\.safetensors: a shard.*model\.safetensors\.index\.json"
    ):
        find_checkpoints(tmp_path)


@pytest.mark.long
def test_nothing_and_no_folder_are_named(tmp_path: Path) -> None:
    with pytest.raises(SeriesError, match=rf"{tmp_path}: no checkpoints"):
        find_checkpoints(tmp_path)
    with pytest.raises(SeriesError, match="absent: no such"):
        find_checkpoints(tmp_path / "absent")


def test_the_home_folder_is_expanded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    put(tmp_path, "mine/step1.safetensors")
    assert find_checkpoints(Path("~/mine")).by_step == {1: tmp_path / "mine/step1.safetensors"}
