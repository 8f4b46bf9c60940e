"""Training: reproducible to the byte, described by its manifest, refusing damage, and learning what it is shown."""

import json
import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from support.damage import cut_short, flip_bit
from synthetic import parameter_counts

from emergence.checkpoints.trajectory import Trajectory, TrajectoryError
from emergence.config.training import Size, TrainSettings
from emergence.io import tables
from emergence.io.files import sha256
from emergence.io.provenance import source_hash
from emergence.models import build
from emergence.models.transformer import Transformer
from emergence.schemas.trajectories import BEHAVIOUR
from emergence.tasks import data, vocabulary
from emergence.tasks.batches import Stream
from emergence.training.learners import TrainingError
from emergence.training.schedule import checkpoint_steps
from emergence.training.task_transformer import TaskLearner, train_run

Contents = Callable[[Path], dict[str, bytes]]
STEPS = [0, 1, 2, 3, 6, 10, 15, 20]  # of the fixture's schedule


@pytest.fixture
def trajectory(settings: TrainSettings, evaluation: Path, tmp_path: Path) -> Path:
    train_run(settings, evaluation, tmp_path / "run", tmp_path / "state")
    return tmp_path / "run"


def test_same_settings_give_the_same_bytes(
    trajectory: Path, settings: TrainSettings, evaluation: Path, tmp_path: Path, make_contents: Contents
) -> None:
    train_run(settings, evaluation, tmp_path / "again", tmp_path / "state")
    files = make_contents(trajectory)
    assert files == make_contents(tmp_path / "again")
    names = {f"checkpoints/step{step:08d}.safetensors" for step in STEPS}
    assert set(files) == names | {"behaviour.parquet", "manifest.json"}


def test_another_seed_changes_weights_and_data(
    trajectory: Path, make_settings: Callable[..., TrainSettings], evaluation: Path, tmp_path: Path
) -> None:
    train_run(make_settings(seed=2), evaluation, tmp_path / "other", tmp_path / "state")
    ours, other = Trajectory.open(trajectory), Trajectory.open(tmp_path / "other")
    for step in (0, 20):
        first, second = ours.weights(step), other.weights(step)
        assert first.keys() == second.keys()
        assert not any(torch.equal(first[name], second[name]) for name in first if first[name].dim() > 1)
    assert len({*ours.manifest["seeds"].values(), *other.manifest["seeds"].values()}) == 6


def test_weights_and_data_come_from_the_seeds_of_the_manifest(trajectory: Path, settings: TrainSettings) -> None:
    run = Trajectory.open(trajectory)
    seeds, saved = run.manifest["seeds"], run.weights(0)
    generator = torch.Generator().manual_seed(seeds["initialisation"])
    drawn = build.transformer(settings.size, settings.context).initialise(generator).state_dict()
    assert all(torch.equal(saved[name], drawn[name]) for name in drawn)
    learner = TaskLearner(settings, torch.device("cpu"))
    stream = Stream(learner.layout, seeds["data"])
    assert all(np.array_equal(x, y) for x, y in zip(learner.stream(3), stream(3), strict=True))
    assert not np.array_equal(learner.stream(3)[0], learner.stream(4)[0])


def test_manifest_says_what_the_trajectory_is(trajectory: Path, settings: TrainSettings) -> None:
    manifest = json.loads((trajectory / "manifest.json").read_text())
    assert TrainSettings.model_validate(manifest["settings"]) == settings
    assert manifest["settings_hash"] == sha256(settings.model_dump_json().encode())
    assert manifest["source_hash"] == source_hash("emergence.training.task_transformer")
    assert manifest["seeds"]["run"] == settings.seed
    assert manifest["versions"]["torch"] == torch.__version__
    assert manifest["hardware"]["device"] == "cpu"
    total = parameter_counts.of_transformer(2, 8, vocabulary.SIZE, settings.context)
    embedding = (vocabulary.SIZE + settings.context) * 8
    expected = {"total": total, "trainable": total, "non_embedding": total - embedding}
    assert manifest["parameters"] == expected
    entries = manifest["checkpoints"]
    assert [entry["step"] for entry in entries] == STEPS == checkpoint_steps(settings.checkpoints, 20)
    assert all(entry["sha256"] == sha256((trajectory / entry["file"]).read_bytes()) for entry in entries)


def test_checkpoints_hold_the_weights_of_their_step(trajectory: Path, settings: TrainSettings) -> None:
    learner = TaskLearner(settings, torch.device("cpu"))
    saved = Trajectory.open(trajectory)
    for step in range(4):
        weights = saved.weights(step)
        assert weights.keys() == learner.model.state_dict().keys()
        assert all(torch.equal(weights[name], tensor) for name, tensor in learner.model.state_dict().items())
        learner.step(step)


def test_behaviour_is_a_table_of_every_checkpoint(trajectory: Path, settings: TrainSettings) -> None:
    rows = tables.read(BEHAVIOUR, trajectory / "behaviour.parquet")
    counts = rows.groupby("step").size()
    assert counts.to_dict() == dict.fromkeys(STEPS, 2 * 4)  # task-levels x metrics
    identity = rows[["study", "run", "size", "parameters", "seed"]].drop_duplicates()
    total = parameter_counts.of_transformer(2, 8, vocabulary.SIZE, settings.context)
    assert identity.to_numpy().tolist() == [["anatomy", "tiny-s1", "2x8", total, 1]]


@pytest.mark.parametrize("log_until", [10, 40])
def test_the_table_has_the_steps_of_the_checkpoints(
    log_until: int, settings: TrainSettings, evaluation: Path, tmp_path: Path
) -> None:
    """Whatever the schedule asks for: steps after the end of training do not exist."""
    longer = settings.checkpoints.model_copy(update={"log_until": log_until})
    train_run(settings.model_copy(update={"checkpoints": longer}), evaluation, tmp_path / "run", tmp_path / "state")
    rows = tables.read(BEHAVIOUR, tmp_path / "run" / "behaviour.parquet")
    steps = Trajectory.open(tmp_path / "run").steps
    assert sorted(rows["step"].unique()) == steps
    assert steps[-1] == 20


@pytest.mark.parametrize("damage", [flip_bit, cut_short, Path.unlink, lambda path: path.write_bytes(b"")])
def test_a_damaged_checkpoint_is_refused_by_name(trajectory: Path, damage: Callable[[Path], None]) -> None:
    path = trajectory / "checkpoints" / "step00000006.safetensors"
    damage(path)
    run = Trajectory.open(trajectory)
    run.weights(3)
    with pytest.raises(TrajectoryError, match=re.escape(str(path))):
        run.weights(6)


def test_a_checkpoint_of_another_step_is_refused(trajectory: Path) -> None:
    checkpoints = trajectory / "checkpoints"
    (checkpoints / "step00000010.safetensors").replace(checkpoints / "step00000006.safetensors")
    with pytest.raises(TrajectoryError, match="step00000006"):
        Trajectory.open(trajectory).weights(6)


def test_a_step_without_checkpoint_is_refused(trajectory: Path) -> None:
    with pytest.raises(TrajectoryError, match=r"step 7.*20"):
        Trajectory.open(trajectory).weights(7)


@pytest.mark.parametrize("damage", [Path.unlink, cut_short, lambda path: path.write_text("[]")])
def test_a_damaged_manifest_is_refused_by_name(trajectory: Path, damage: Callable[[Path], None]) -> None:
    path = trajectory / "manifest.json"
    damage(path)
    with pytest.raises(TrajectoryError, match=re.escape(str(path))):
        Trajectory.open(trajectory)


def test_the_loss_is_that_of_the_answer_tokens(make_settings: Callable[..., TrainSettings]) -> None:
    """Sequences are read back from the batch and scored one at a time, without packing."""
    settings = make_settings(levels={"COPY": ["3"], "REV": ["2"], "MOD": ["11"]})
    learner = TaskLearner(settings, torch.device("cpu"))
    layout, model = learner.layout, learner.model
    inputs, targets = learner.stream(0)
    answers = np.split(targets, np.cumsum([4 * level.answer_length for level in layout.levels])[:-1])
    losses = []
    for level, index, answer in zip(layout.levels, layout.packing.index, answers, strict=True):
        for tokens, expected in zip(inputs.ravel()[index], answer.reshape(4, -1), strict=True):
            whole = [*tokens, expected[-1]]
            assert whole[level.prompt_length :] == expected.tolist()
            prompt = whole[1 : level.prompt_length - 1]
            if level.task in ("COPY", "REV"):
                assert expected.tolist() == prompt[:: 1 if level.task == "COPY" else -1]
            length = len(tokens)
            mask = torch.ones(1, length, length).tril() > 0
            grid = (torch.from_numpy(tokens)[None], torch.arange(length)[None], mask)
            log_p = model.logits(model.hidden_states(*grid)[-1])[0].log_softmax(dim=-1)
            losses += [-log_p[level.prompt_length - 1 + i, token].item() for i, token in enumerate(expected)]
    assert len(losses) == 4 * (3 + 2 + 2)
    assert learner.step(0).item() == pytest.approx(np.mean(losses), rel=1e-5)


@pytest.mark.long
def test_a_tiny_model_learns(make_settings: Callable[..., TrainSettings], tmp_path: Path) -> None:
    size = Size(name="1x16", layers=1, width=16, heads=2)
    settings = make_settings(size=size, levels={"COPY": ["1"]}, steps=250, examples=16)
    drawn = data.draw(settings.task_levels, examples=100, seed=3)
    data.save(drawn, tmp_path / "evaluation.safetensors")
    train_run(settings, tmp_path / "evaluation.safetensors", tmp_path / "run", tmp_path / "state")
    rows = tables.read(BEHAVIOUR, tmp_path / "run" / "behaviour.parquet")
    last = rows[rows["step"] == 250].set_index("metric")["value"]
    blind = data.baselines(drawn).set_index("metric")["value"]
    assert rows[rows["step"] == 0].set_index("metric")["value"]["loss"] > blind["loss"]
    assert last["loss"] < blind["loss"] / 4
    assert last["exact_match"] > 0.9


@pytest.mark.parametrize("last", [0, 19])
def test_nan_weights_stop_training(
    last: int, monkeypatch: pytest.MonkeyPatch, settings: TrainSettings, evaluation: Path, tmp_path: Path
) -> None:
    whole_step = TaskLearner.step

    def broken(learner: TaskLearner, step: int) -> torch.Tensor:
        if step == last:
            learner.model.norm.weight.data.fill_(torch.nan)
        return whole_step(learner, step)

    monkeypatch.setattr(TaskLearner, "step", broken)
    with pytest.raises(TrainingError, match=rf"tiny-s1: loss is nan at step {last}\b"):
        train_run(settings, evaluation, tmp_path / "run", tmp_path / "state")
    assert not (tmp_path / "run" / "manifest.json").exists()


def test_divergence_between_reports_stops_training(
    make_settings: Callable[..., TrainSettings], evaluation: Path, tmp_path: Path
) -> None:
    with pytest.raises(TrainingError, match=r"tiny-s1: loss is (nan|inf) at step \d+"):
        train_run(make_settings(learning_rate=1e30, warmup=0), evaluation, tmp_path / "run", tmp_path / "state")


def test_one_thread_and_the_named_device(settings: TrainSettings) -> None:
    torch.set_num_threads(2)
    assert build.device(settings.device) == torch.device("cpu")
    assert torch.get_num_threads() == 1
    assert isinstance(build.transformer(settings.size, settings.context), Transformer)
