"""The callback in the real Trainer: same weights, values in its log, and a report."""

from pathlib import Path
from typing import Any

import pytest
import torch
from support.damage import one_line
from synthetic import trainer_run

from emergence.integrations.transformers import CallbackError, EmergenceCallback

pytestmark = pytest.mark.long

STEPS = 30


def train(folder: Path, *callbacks: Any, **changed: Any) -> Any:
    trainer = trainer_run.trainer(folder, callbacks, steps=STEPS, **changed)
    trainer.train()
    return trainer


@pytest.fixture(scope="module")
def probes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return trainer_run.probes(tmp_path_factory.mktemp("probes") / "probes.jsonl")


@pytest.fixture(scope="module")
def trained(probes: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Any]:
    folder = tmp_path_factory.mktemp("tracked") / "mine"
    return folder, train(folder, EmergenceCallback(probes, every=10, control=["noise"]))


def test_training_is_the_same_to_the_bit(trained: tuple[Path, Any], tmp_path: Path) -> None:
    plain, (folder, tracked) = train(tmp_path / "plain"), trained
    weights = plain.model.state_dict()
    assert all(torch.equal(weights[name], value) for name, value in tracked.model.state_dict().items())
    saved = [(path / f"checkpoint-{STEPS}/config.json").read_text() for path in (tmp_path / "plain", folder)]
    assert saved[0] == saved[1]


def test_values_stand_in_the_log_of_the_trainer(trained: tuple[Path, Any]) -> None:
    logged = [entry for entry in trained[1].state.log_history if "emergence/rankme/copy" in entry]
    assert [entry["step"] for entry in logged] == [0, 10, 20, 30]
    assert {"emergence/score/copy", "emergence/loss/noise"} <= logged[0].keys()
    assert all(entry["emergence/rankme/copy"] >= 1 for entry in logged)


def test_the_report_lies_in_the_output_folder(trained: tuple[Path, Any]) -> None:
    assert (trained[0] / "emergence/report.html").stat().st_size > 100_000
    assert (trained[0] / "emergence/scores.parquet").exists()


def test_values_go_to_what_the_trainer_reports_to(probes: Path, tmp_path: Path) -> None:
    seen: list[dict[str, Any]] = []
    callback = EmergenceCallback(probes, measures=["loss"], every=30)
    trainer = trainer_run.trainer(tmp_path / "run", [callback], steps=STEPS)
    callback.report_to_trackers(trainer)
    trainer.add_callback(recorder(seen))
    trainer.train()
    steps = [logs["step"] for logs in seen if "emergence/loss/next" in logs]
    assert steps == [0, 30]


def test_without_every_it_measures_where_the_trainer_saves(probes: Path, tmp_path: Path) -> None:
    callback = EmergenceCallback(probes, measures=["loss"])
    train(tmp_path / "run", callback)
    assert callback.tracker is not None
    assert callback.tracker.scores["step"].unique().tolist() == [0, 10, 20, 30]


def test_a_trainer_without_a_tokenizer_is_refused(probes: Path, tmp_path: Path) -> None:
    trainer = trainer_run.trainer(tmp_path / "run", [EmergenceCallback(probes)], steps=1)
    trainer.callback_handler.processing_class = None
    with pytest.raises(CallbackError) as error:
        trainer.train()
    assert "processing_class" in one_line(error)


def recorder(seen: list[dict[str, Any]]) -> Any:
    from transformers import TrainerCallback

    class Recorder(TrainerCallback):
        """Stands for a tracker of experiments."""

        def on_log(self, args: Any, state: Any, control: Any, logs: Any = None, **given: Any) -> None:  # noqa: ARG002
            seen.append({**logs, "step": state.global_step})

    return Recorder()
