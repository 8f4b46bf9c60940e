"""Following a trajectory: every checkpoint, the schema, and no damaged weights."""

import os
import re
import signal
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from support.damage import flip_bit

from emergence.checkpoints.trajectory import Trajectory, TrajectoryError, save_checkpoint, write_manifest
from emergence.config.measures import Hessian, LocalLearning, RankMe, TaskLoss
from emergence.config.training import TrainSettings
from emergence.io import tables
from emergence.io.resumable import StoppedError, resumable_job
from emergence.measures.rankme import measure
from emergence.measures.run import MeasureSettings, measure_run
from emergence.models import build
from emergence.schemas.trajectories import MEASURE
from emergence.subjects.subject import MeasureError
from emergence.subjects.task_transformer import TaskProbe, TaskSubject
from emergence.tasks import data

OPTIONS = {
    "rankme": RankMe(epsilon=1e-7),
    "loss": TaskLoss(),
    "hessian": Hessian(samples=2, tolerance=0.1, products=6, draws=2, every=1),
    "llc": LocalLearning(
        chains=2, burn_in=2, draws=4, pool=2, examples=1, step_size=1e-6, n_beta=10.0, localisation=1.0, own=False,
        seed=4, every=1,
    ),
}  # fmt: skip
Table = Callable[..., Path]


@pytest.fixture
def table(trajectory: Path, probes: Path, rankme_settings: MeasureSettings, tmp_path: Path) -> Table:
    """Measure the run, by RankMe unless other settings are given; return the table."""

    def measured(settings: MeasureSettings = rankme_settings, name: str = "measured") -> Path:
        path = tmp_path / f"{name}.parquet"
        measure_run(settings, trajectory, probes, path, tmp_path / "state")
        return path

    return measured


def trained(trajectory: Path) -> TrainSettings:
    return TrainSettings.model_validate(Trajectory.open(trajectory).manifest["settings"])


def test_every_checkpoint_is_measured(trajectory: Path, table: Table) -> None:
    rows = tables.read(MEASURE, table())
    assert rows.groupby("step").size().to_dict() == dict.fromkeys([0, 1, 2, 6, 10, 12], 3 * 2 * 8)
    assert set(rows["measure"]) == {"rankme"}
    assert rows["standard_error"].isna().all()
    run = Trajectory.open(trajectory)
    assert rows[list(run.identity)].drop_duplicates().to_dict("records") == [run.identity]


def test_values_are_those_of_the_weights_at_each_step(
    trajectory: Path, probes: Path, rankme_settings: MeasureSettings, table: Table
) -> None:
    rows, run, settings = tables.read(MEASURE, table()), Trajectory.open(trajectory), trained(trajectory)
    probe = TaskProbe(data.load(probes, settings.task_levels))
    for step in run.steps[::-1]:
        model = build.transformer(settings.size, settings.context)
        model.load_state_dict(run.weights(step))
        expected = measure(TaskSubject(model, probe), np.random.default_rng(0), rankme_settings.options)
        assert rows[rows["step"] == step]["value"].tolist() == [row["value"] for row in expected]
    assert rows.groupby(["task", "level", "layer", "variant"])["value"].nunique().max() == len(run.steps)


def test_a_damaged_checkpoint_is_refused(trajectory: Path, table: Table, tmp_path: Path) -> None:
    path = trajectory / "checkpoints" / "step00000006.safetensors"
    flip_bit(path)
    with pytest.raises(TrajectoryError, match=re.escape(str(path))):
        table()
    assert not (tmp_path / "measured.parquet").exists()


def spoil(trajectory: Path, step: int) -> None:
    """Write a checkpoint with a weight that is no number, as a training that diverged would."""
    run = Trajectory.open(trajectory)
    weights = run.weights(step)
    weights["blocks.1.norm_2.bias"][3] = float("nan")
    entry = save_checkpoint(trajectory, step, weights)
    entries = [entry if old["step"] == step else old for old in run.manifest["checkpoints"]]
    write_manifest(trajectory, {**run.manifest, "checkpoints": entries})


def test_weights_that_are_no_numbers_are_said_to_have_failed(
    trajectory: Path, table: Table, caplog: pytest.LogCaptureFixture
) -> None:
    spoil(trajectory, 6)
    rows = tables.read(MEASURE, table())
    assert rows.loc[rows["step"] == 6, ["variant", "value"]].values.tolist() == [["failed", 1.0]]
    assert set(rows.loc[rows["variant"] != "failed", "step"]) == {0, 1, 2, 10, 12}
    assert f"{trajectory}: blocks.1.norm_2.bias is not finite at step 6" in caplog.text


@pytest.mark.parametrize("name", ["rankme", "loss"])
def test_a_run_of_nothing_but_failures_has_a_table_all_the_same(name: str, trajectory: Path, table: Table) -> None:
    for step in Trajectory.open(trajectory).steps:
        spoil(trajectory, step)
    settings = MeasureSettings(measure=name, options=OPTIONS[name], device="cpu")
    assert set(tables.read(MEASURE, table(settings))["variant"]) == {"failed"}


def test_a_probe_set_of_one_sample_is_refused_where_samples_are_compared(
    trajectory: Path, probes: Path, table: Table
) -> None:
    data.save(data.draw(trained(trajectory).task_levels, examples=1, seed=0), probes)
    with pytest.raises(MeasureError, match=r"step 0: PAR/3: .* 1 sample"):
        table()
    rows = tables.read(MEASURE, table(MeasureSettings(measure="loss", options=TaskLoss(), device="cpu")))
    values = rows.set_index("variant")["value"]
    assert values["nats"].gt(0).all()
    assert values["known"].isna().all(), "one answer has no entropy"


def test_a_folder_without_manifest_is_no_trajectory(
    probes: Path, rankme_settings: MeasureSettings, tmp_path: Path
) -> None:
    with pytest.raises(TrajectoryError, match=r"manifest\.json"):
        measure_run(rankme_settings, tmp_path / "nothing", probes, tmp_path / "rankme.parquet", tmp_path / "state")


def test_probes_that_lack_a_task_level_are_refused(trajectory: Path, probes: Path, table: Table) -> None:
    data.save(data.draw(trained(trajectory).task_levels[1:], examples=5, seed=0), probes)
    with pytest.raises(data.DataError, match=re.escape(str(probes))):
        table()


@pytest.mark.long
@pytest.mark.parametrize("name", ["rankme", "llc", "hessian"])
def test_following_resumes_by_checkpoint_and_gives_the_same_bytes(
    name: str, table: Table, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = MeasureSettings(measure=name, options=OPTIONS[name], device="cpu")
    whole = table(settings, "whole").read_bytes()
    module, measured = import_module(f"emergence.measures.{name}"), []
    of_module = module.measure

    def stopping(*arguments: Any) -> list[dict[str, Any]]:
        measured.append(1)
        if len(measured) in (3, 5):
            os.kill(os.getpid(), signal.SIGTERM)
        return of_module(*arguments)

    monkeypatch.setattr(module, "measure", stopping)
    for _ in range(2):
        with pytest.raises(StoppedError):
            table(settings, "left")
        assert not (tmp_path / "left.parquet").exists()
    assert table(settings, "left").read_bytes() == whole
    assert len(measured) == 6 + 2  # those in which it was stopped are measured again, no others


def test_rows_of_another_trajectory_are_not_resumed(
    table: Table, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with pytest.raises(StoppedError), resumable_job(tmp_path / "state", {"input manifest.json": "another"}):
        raise StoppedError(signal.SIGTERM)
    table()
    assert "input manifest.json" in caplog.text
