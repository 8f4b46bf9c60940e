"""The callback of Lightning, in a stand-in for its Trainer: what it is called with, in its order."""

import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest
import torch
from support.damage import one_line
from torch import nn

from emergence.integrations.collapse_penalty import PenaltyError


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


@pytest.mark.long
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


class Module(nn.Module):
    """What the callback uses of a LightningModule; a batch of ``None`` is skipped."""

    automatic_optimization = True

    def __init__(self, as_mapping: bool = False) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.network = nn.Sequential(nn.Linear(4, 8), nn.Tanh(), nn.Linear(8, 3))
        self.as_mapping, self.global_step = as_mapping, 0

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.network(x)

    def training_step(self, batch: Any, batch_idx: int) -> Any:  # noqa: ARG002
        if batch is None:
            return None
        loss = self(batch).square().mean()
        return {"loss": loss, "seen": len(batch)} if self.as_mapping else loss

    def collapse(self) -> None:
        with torch.no_grad():
            self.network[0].weight[2:] = 0
            self.network[0].bias.zero_()


X = torch.randn(30, 4, generator=torch.Generator().manual_seed(1))
TERM: dict[str, Any] = {"weight": 0.5, "until": 3, "layer": "network.1"}


def with_term(callback_class: Any, module: Any, **changed: Any) -> Any:
    callback = callback_class({"mine": (X, torch.arange(30) % 3)}, every=2)
    callback.prevent_collapse(module, **{**TERM, **changed})
    return callback


@pytest.mark.parametrize("as_mapping", [False, True])
def test_the_term_is_added_to_the_loss_until_it_ends(callback_class: Any, as_mapping: bool) -> None:
    module = Module(as_mapping)
    callback = with_term(callback_class, module)
    plain, terms = type(module).training_step, []
    for step in (0, 1, 1, 3):  # two batches in one optimiser step
        module.global_step = step
        assert module.training_step(None, 0) is None
        loss, alone = module.training_step(X, 0), plain(module, X, 0)
        if as_mapping:
            assert loss["seen"] == 30
            loss, alone = loss["loss"], alone["loss"]
        terms.append((loss - alone).item())
        module.collapse()
    assert terms[0] == terms[3] == 0
    assert terms[1] == terms[2] > 0.05
    assert callback.state_dict()["steps"] == 4


def test_a_resumed_training_takes_the_initial_rank_from_its_checkpoint(callback_class: Any) -> None:
    begun, resumed = Module(), Module()
    saved = with_term(callback_class, begun)
    begun.training_step(X, 0)
    callback = with_term(callback_class, resumed)
    resumed.collapse(), begun.collapse()
    resumed.global_step = begun.global_step = 1
    with pytest.raises(PenaltyError) as error:
        resumed.training_step(X, 0)
    assert "checkpoint" in one_line(error)
    callback.load_state_dict(saved.state_dict())
    assert resumed.training_step(X, 0) == begun.training_step(X, 0)


def test_the_term_goes_to_the_loggers(callback_class: Any, tmp_path: Path) -> None:
    logged: list[dict[str, float]] = []
    logger = SimpleNamespace(log_metrics=lambda values, step: logged.append(values))  # noqa: ARG005
    trainer = SimpleNamespace(default_root_dir=str(tmp_path), global_step=0, is_global_zero=True, loggers=[logger])
    module = Module()
    callback = with_term(callback_class, module)
    callback.on_train_start(trainer, module)
    for step in (1, 2):
        module.training_step(X, 0)
        module.collapse()
        trainer.global_step = module.global_step = step
        callback.on_train_batch_end(trainer, module, None, None, step)
    assert [values["emergence/collapse_penalty"] > 0 for values in logged] == [False, True]


def test_a_module_that_optimises_by_itself_or_has_the_term_is_refused(callback_class: Any) -> None:
    module = Module()
    callback = with_term(callback_class, module)
    for changed, named in ((True, "once"), (False, "CollapsePenalty")):
        module.automatic_optimization = changed
        with pytest.raises(Exception, match=named) as error:
            callback.prevent_collapse(module)
        one_line(error)
