"""The callback of Lightning, in a stand-in for its Trainer: what it is called with, in its order."""

import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest
import torch
from torch import nn


@pytest.fixture
def callback_class(monkeypatch: pytest.MonkeyPatch) -> Any:
    """The class, on a stand-in for the library."""
    names = ("lightning", "lightning.pytorch", "lightning.pytorch.callbacks")
    for name in names:
        monkeypatch.setitem(sys.modules, name, ModuleType(name))
    sys.modules[names[-1]].Callback = object  # type: ignore[attr-defined]
    monkeypatch.delitem(sys.modules, "emergence.integrations.lightning", raising=False)
    from emergence.integrations.lightning import EmergenceCallback

    return EmergenceCallback


def test_it_measures_every_few_steps_and_writes_a_report(callback_class: Any, tmp_path: Path) -> None:
    logged: list[tuple[int, dict[str, float]]] = []
    logger = SimpleNamespace(log_metrics=lambda values, step: logged.append((step, values)))
    trainer = SimpleNamespace(default_root_dir=str(tmp_path), global_step=0, is_global_zero=True, loggers=[logger])
    module = nn.Sequential(nn.Linear(4, 8), nn.Tanh(), nn.Linear(8, 3))
    data = {"mine": (torch.randn(30, 4), torch.arange(30) % 3)}
    callback = callback_class(data, every=2)
    callback.on_train_start(trainer, module)
    for step in range(1, 6):
        trainer.global_step = step
        callback.on_train_batch_end(trainer, module, None, None, step)
    callback.on_train_end(trainer, module)
    assert [step for step, _ in logged] == [0, 2, 4, 5]
    assert {"emergence/rankme/mine", "emergence/loss/mine", "emergence/score/mine"} == logged[0][1].keys()
    assert (tmp_path / "emergence/report.html").exists()
