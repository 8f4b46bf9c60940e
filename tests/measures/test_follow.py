"""Following a trajectory: every checkpoint, the schema, and no damaged weights."""

import os
import re
import signal
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from emergence import tables
from emergence.measures.follow import follow
from emergence.measures.probe import Probe
from emergence.measures.rankme import measure
from emergence.measures.subject import MeasureError
from emergence.measures.task_subject import TaskSubject
from emergence.models import build
from emergence.schemas.trajectories import MEASURE
from emergence.settings.learning import TrainSettings
from emergence.settings.measures import Hessian, LocalLearning, MeasureSettings, RankMe, TaskLoss
from emergence.tasks import data
from emergence.training.trajectory import Trajectory, TrajectoryError, save_checkpoint, write_manifest
from emergence.work import StoppedError, unfinished


def test_every_checkpoint_is_measured(
    trajectory: Path, probes: Path, rankme_settings: MeasureSettings, tmp_path: Path
) -> None:
    follow(rankme_settings, trajectory, probes, tmp_path / "rankme.parquet", tmp_path / "state")
    rows = tables.read(MEASURE, tmp_path / "rankme.parquet")
    assert rows.groupby("step").size().to_dict() == dict.fromkeys([0, 1, 2, 6, 10, 12], 3 * 2 * 8)
    assert set(rows["measure"]) == {"rankme"}
    assert rows["standard_error"].isna().all()
    run = Trajectory.open(trajectory)
    assert rows[list(run.identity)].drop_duplicates().to_dict("records") == [run.identity]


def test_values_are_those_of_the_weights_at_each_step(
    trajectory: Path, probes: Path, rankme_settings: MeasureSettings, tmp_path: Path
) -> None:
    follow(rankme_settings, trajectory, probes, tmp_path / "rankme.parquet", tmp_path / "state")
    rows = tables.read(MEASURE, tmp_path / "rankme.parquet")
    run = Trajectory.open(trajectory)
    trained = TrainSettings.model_validate(run.manifest["settings"])
    probe = Probe(data.load(probes, trained.task_levels))
    for step in run.steps[::-1]:
        model = build.transformer(trained.size, trained.context)
        model.load_state_dict(run.weights(step))
        expected = measure(TaskSubject(model, probe), np.random.default_rng(0), rankme_settings.options)
        assert rows[rows["step"] == step]["value"].tolist() == [row["value"] for row in expected]
    assert rows.groupby(["task", "level", "layer", "variant"])["value"].nunique().max() == len(run.steps)


def test_a_damaged_checkpoint_is_refused(
    trajectory: Path, probes: Path, rankme_settings: MeasureSettings, tmp_path: Path
) -> None:
    path = trajectory / "checkpoints" / "step00000006.safetensors"
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)
    with pytest.raises(TrajectoryError, match=re.escape(str(path))):
        follow(rankme_settings, trajectory, probes, tmp_path / "rankme.parquet", tmp_path / "state")
    assert not (tmp_path / "rankme.parquet").exists()


def spoil(trajectory: Path, step: int) -> None:
    """Write a checkpoint with a weight that is no number, as a training that diverged would."""
    run = Trajectory.open(trajectory)
    weights = run.weights(step)
    weights["blocks.1.norm_2.bias"][3] = float("nan")
    entry = save_checkpoint(trajectory, step, weights)
    entries = [entry if old["step"] == step else old for old in run.manifest["checkpoints"]]
    write_manifest(trajectory, {**run.manifest, "checkpoints": entries})


def test_weights_that_are_no_numbers_are_said_to_have_failed(
    trajectory: Path,
    probes: Path,
    rankme_settings: MeasureSettings,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    spoil(trajectory, 6)
    follow(rankme_settings, trajectory, probes, tmp_path / "rankme.parquet", tmp_path / "state")
    rows = tables.read(MEASURE, tmp_path / "rankme.parquet")
    assert rows.loc[rows["step"] == 6, ["variant", "value"]].values.tolist() == [["failed", 1.0]]
    assert set(rows.loc[rows["variant"] != "failed", "step"]) == {0, 1, 2, 10, 12}
    assert f"{trajectory}: blocks.1.norm_2.bias is not finite at step 6" in caplog.text


@pytest.mark.parametrize("measured", ["rankme", "loss"])
def test_a_run_of_nothing_but_failures_has_a_table_all_the_same(
    measured: str, trajectory: Path, probes: Path, rankme_settings: MeasureSettings, tmp_path: Path
) -> None:
    for step in Trajectory.open(trajectory).steps:
        spoil(trajectory, step)
    options = {"rankme": rankme_settings.options, "loss": TaskLoss()}[measured]
    settings = MeasureSettings(measure=measured, options=options, device="cpu")
    follow(settings, trajectory, probes, tmp_path / "measured.parquet", tmp_path / "state")
    assert set(tables.read(MEASURE, tmp_path / "measured.parquet")["variant"]) == {"failed"}


def test_a_probe_set_of_one_sample_is_refused_where_samples_are_compared(
    trajectory: Path, probes: Path, rankme_settings: MeasureSettings, tmp_path: Path
) -> None:
    levels = TrainSettings.model_validate(Trajectory.open(trajectory).manifest["settings"]).task_levels
    data.save(data.draw(levels, examples=1, seed=0), probes)
    with pytest.raises(MeasureError, match="step 0: PAR/3: a rank over 1 sample means nothing"):
        follow(rankme_settings, trajectory, probes, tmp_path / "rankme.parquet", tmp_path / "state")
    loss = MeasureSettings(measure="loss", options=TaskLoss(), device="cpu")
    follow(loss, trajectory, probes, tmp_path / "loss.parquet", tmp_path / "state")
    rows = tables.read(MEASURE, tmp_path / "loss.parquet").set_index("variant")["value"]
    assert rows["nats"].gt(0).all()
    assert rows["known"].isna().all(), "one answer has no entropy"


def test_a_folder_without_manifest_is_no_trajectory(
    probes: Path, rankme_settings: MeasureSettings, tmp_path: Path
) -> None:
    with pytest.raises(TrajectoryError, match=r"manifest\.json"):
        follow(rankme_settings, tmp_path / "nothing", probes, tmp_path / "rankme.parquet", tmp_path / "state")


def test_probes_that_lack_a_task_level_are_refused(
    trajectory: Path, probes: Path, rankme_settings: MeasureSettings, tmp_path: Path
) -> None:
    levels = TrainSettings.model_validate(Trajectory.open(trajectory).manifest["settings"]).task_levels
    data.save(data.draw(levels[1:], examples=5, seed=0), probes)
    with pytest.raises(data.DataError, match=re.escape(str(probes))):
        follow(rankme_settings, trajectory, probes, tmp_path / "rankme.parquet", tmp_path / "state")


@pytest.mark.parametrize("name", ["rankme", "llc", "hessian"])
def test_following_goes_on_by_checkpoint_and_gives_the_same_bytes(
    name: str, trajectory: Path, probes: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    options = {
        "rankme": RankMe(epsilon=1e-7),
        "hessian": Hessian(samples=2, tolerance=0.1, products=6, draws=2, every=1),
        "llc": LocalLearning(
            chains=2, burn_in=2, draws=4, pool=2, examples=1, step_size=1e-6, n_beta=10.0, localisation=1.0, own=False,
            seed=4, every=1,
        ),
    }  # fmt: skip
    settings = MeasureSettings(measure=name, options=options[name], device="cpu")
    follow(settings, trajectory, probes, tmp_path / "whole.parquet", tmp_path / "state")
    module, measured = import_module(f"emergence.measures.{name}"), []

    def stopping(*arguments: Any) -> list[dict[str, Any]]:
        measured.append(1)
        if len(measured) in (3, 5):
            os.kill(os.getpid(), signal.SIGTERM)
        return whole(*arguments)

    whole = module.measure
    monkeypatch.setattr(module, "measure", stopping)
    for _ in range(2):
        with pytest.raises(StoppedError):
            follow(settings, trajectory, probes, tmp_path / "left.parquet", tmp_path / "state")
        assert not (tmp_path / "left.parquet").exists()
    follow(settings, trajectory, probes, tmp_path / "left.parquet", tmp_path / "state")
    assert len(measured) == 6 + 2  # those in which it was stopped are measured again, no others
    assert (tmp_path / "left.parquet").read_bytes() == (tmp_path / "whole.parquet").read_bytes()


def test_rows_of_another_trajectory_are_not_gone_on_with(
    trajectory: Path, probes: Path, rankme_settings: MeasureSettings, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with pytest.raises(StoppedError), unfinished(tmp_path / "state", {"input manifest.json": "another"}):
        raise StoppedError(signal.SIGTERM)
    follow(rankme_settings, trajectory, probes, tmp_path / "rankme.parquet", tmp_path / "state")
    assert "input manifest.json" in caplog.text
    assert "it is not used" in caplog.text
