"""The loss term in the real Trainer of transformers: its weight, where it acts, and a training that is resumed."""

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from support.damage import one_line
from synthetic import trainer_run
from transformers import Trainer

from emergence.integrations.collapse_penalty import CollapsePenalty, PenaltyError
from emergence.integrations.penalised_loss import INITIAL
from emergence.integrations.transformers import CallbackError, EmergenceCallback

pytestmark = pytest.mark.long

STEPS = 20
FALLING = {"layer": "transformer.wte", "weight": 10.0}
"""Embeddings of fifteen tokens, whose rank falls within a few steps of this training."""


@pytest.fixture(scope="module")
def probes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return trainer_run.probes(tmp_path_factory.mktemp("probes") / "probes.jsonl")


class Unreported(EmergenceCallback):
    """Without the report, which takes seconds."""

    def on_train_end(self, args: Any, state: Any, control: Any, **given: Any) -> None:
        pass


def penalised(probes: Path, folder: Path, **changed: Any) -> tuple[Trainer, EmergenceCallback]:
    """A Trainer whose loss has the term; options of the term are ``term``."""
    callback = Unreported(probes, measures=["loss"], every=10)
    term = changed.pop("term", {})
    trainer = trainer_run.trainer(folder, [callback], steps=changed.pop("steps", STEPS), **changed)
    callback.prevent_collapse(trainer, **term)
    return trainer, callback


def same(one: Trainer, other: Trainer) -> bool:
    pairs = zip(one.model.state_dict().values(), other.model.state_dict().values(), strict=True)
    return all(torch.equal(first, second) for first, second in pairs)


def test_a_weight_of_zero_leaves_the_training_the_same_to_the_bit(probes: Path, tmp_path: Path) -> None:
    plain = trainer_run.trainer(tmp_path / "plain", steps=STEPS)
    plain.train()
    weightless, _ = penalised(probes, tmp_path / "weightless", term={"weight": 0})
    weightless.train()
    weighted, _ = penalised(probes, tmp_path / "weighted", term=FALLING)
    weighted.train()
    assert same(plain, weightless)
    assert not same(plain, weighted)


def normalised(outputs: Any, labels: Any, num_items_in_batch: Any = None) -> Any:
    """A loss of the user's own, already a share of the whole step."""
    losses = torch.nn.functional.cross_entropy(outputs.logits[:, :-1].movedim(-1, 1), labels[:, 1:], reduction="sum")
    return losses / num_items_in_batch


def mean_loss(outputs: Any, labels: Any, num_items_in_batch: Any = None) -> Any:  # noqa: ARG001
    """A loss of the user's own that is a mean over one forward pass."""
    return torch.nn.functional.cross_entropy(outputs.logits[:, :-1].movedim(-1, 1), labels[:, 1:])


@pytest.mark.parametrize(
    ("loss", "scaled"), [(None, None), (normalised, None), (mean_loss, False)], ids=["of the model", "sum", "mean"]
)
@pytest.mark.parametrize("passes", [1, 3])
def test_passes_of_a_step_count_alike(
    probes: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, passes: int, loss: Any, scaled: bool | None
) -> None:
    """A term of gradient one changes every bias by the learning rate, in however many passes the step is taken."""

    def term(penalty: CollapsePenalty, step: int, mask: Any) -> torch.Tensor:  # noqa: ARG001
        return penalty.weight * penalty.model.transformer.ln_f.bias.sum()  # type: ignore[union-attr, operator]

    monkeypatch.setattr(CollapsePenalty, "__call__", term)
    biases = []
    for weight in (0.0, 1.0):
        trainer, _ = penalised(
            probes, tmp_path / str(weight), term={"weight": weight}, steps=1, optim="sgd", learning_rate=0.1,
            max_grad_norm=0, gradient_accumulation_steps=passes, save_strategy="no",
        )  # fmt: skip
        trainer.compute_loss_func, trainer.loss_is_scaled_for_ga = loss, scaled
        trainer.train()
        biases.append(trainer.model.transformer.ln_f.bias.detach())  # type: ignore[union-attr]
    torch.testing.assert_close(biases[0] - biases[1], torch.full_like(biases[0], 0.1), rtol=1e-4, atol=1e-6)


def test_evaluation_has_no_term(probes: Path, tmp_path: Path) -> None:
    trainer, _ = penalised(probes, tmp_path / "run", steps=10, term={**FALLING, "weight": 1e3})
    trainer.train()
    texts = torch.utils.data.Subset(trainer_run.Texts(), range(30))
    plain = trainer_run.trainer(tmp_path / "plain")
    plain.model.load_state_dict(trainer.model.state_dict())
    assert trainer.evaluate(texts)["eval_loss"] == plain.evaluate(texts)["eval_loss"]


def test_the_term_stands_in_the_log_until_it_ends(probes: Path, tmp_path: Path) -> None:
    trainer, _ = penalised(probes, tmp_path / "run", term={**FALLING, "until": 15})
    trainer.train()
    logged = [entry for entry in trainer.state.log_history if "emergence/collapse_penalty" in entry]
    assert [entry["step"] for entry in logged] == [0, 10, 20]
    assert logged[0]["emergence/collapse_penalty"] == 0
    assert logged[1]["emergence/collapse_penalty"] > 0
    assert logged[2]["emergence/collapse_penalty"] == 0
    assert not trainer.model.transformer.wte._forward_hooks  # type: ignore[union-attr]


def test_a_resumed_training_has_the_same_weights(probes: Path, tmp_path: Path) -> None:
    whole, _ = penalised(probes, tmp_path / "run", term={**FALLING, "until": 15})
    whole.train()
    resumed, _ = penalised(probes, tmp_path / "again", term={**FALLING, "until": 15})
    resumed.train(resume_from_checkpoint=str(tmp_path / "run/checkpoint-10"))
    assert same(whole, resumed)
    forgetful, _ = penalised(probes, tmp_path / "other", term={**FALLING, "until": 15})
    forgetful.train(resume_from_checkpoint=str(altered(tmp_path / "run/checkpoint-10")))
    assert not same(whole, forgetful)  # the initial rank is what makes them the same


def altered(checkpoint: Path) -> Path:
    """A checkpoint with another initial rank."""
    path = checkpoint / "trainer_state.json"
    state = json.loads(path.read_text())
    for entry in state["log_history"]:
        entry.update({name: 0.0 for name in entry if name.startswith(INITIAL)})
    path.write_text(json.dumps(state))
    return checkpoint


def test_a_training_begun_without_the_term_is_not_resumed_with_it(probes: Path, tmp_path: Path) -> None:
    plain = trainer_run.trainer(tmp_path / "run", steps=10)
    plain.train()
    resumed, _ = penalised(probes, tmp_path / "run", term={"until": 15})
    with pytest.raises(PenaltyError) as error:
        resumed.train(resume_from_checkpoint=True)
    assert "step 10" in one_line(error)
    later, _ = penalised(probes, tmp_path / "run", term={"until": 5})
    later.train(resume_from_checkpoint=True)  # where it would have ended, there is nothing to keep


class Padded(trainer_run.Texts):
    """Texts whose last place is padding in two of three."""

    def __getitem__(self, index: int) -> dict[str, torch.Tensor]:
        text = super().__getitem__(index)
        return text | {"attention_mask": (torch.arange(4) < (4 if index % 3 else 3)).long()}


def test_padding_is_left_out(probes: Path, tmp_path: Path) -> None:
    trainer, _ = penalised(probes, tmp_path / "run", steps=1)
    trainer.train_dataset = Padded()
    masks = []
    plain = trainer.compute_loss.plain_loss  # type: ignore[attr-defined]
    trainer.compute_loss.plain_loss = lambda model, inputs, **more: (  # type: ignore[attr-defined]
        masks.append(inputs["attention_mask"]),
        plain(model, inputs, **more),
    )[1]
    trainer.train()
    (entry,) = [entry for entry in trainer.state.log_history if any(name.startswith(INITIAL) for name in entry)]
    assert f"{INITIAL}{int(masks[0].sum())}" in entry
    assert masks[0].sum() < masks[0].numel()


def test_a_model_that_training_makes_anew_has_the_term(probes: Path, tmp_path: Path) -> None:
    callback = EmergenceCallback(probes, measures=["loss"], every=10)
    given = trainer_run.trainer(tmp_path / "run", steps=10)
    trainer = Trainer(
        args=given.args, model_init=lambda: trainer_run.model(), train_dataset=given.train_dataset,
        processing_class=trainer_run.tokenizer(), callbacks=[callback],
    )  # fmt: skip
    callback.prevent_collapse(trainer, **FALLING)
    trainer.train()
    terms = [entry.get("emergence/collapse_penalty", 0) for entry in trainer.state.log_history]
    assert max(terms) > 0


def test_a_trainer_without_the_callback_or_with_the_term_is_refused(probes: Path, tmp_path: Path) -> None:
    trainer, callback = penalised(probes, tmp_path / "run", steps=1)
    with pytest.raises(CallbackError) as error:
        callback.prevent_collapse(trainer)
    assert "once" in one_line(error)
    with pytest.raises(CallbackError) as error:
        EmergenceCallback(probes).prevent_collapse(trainer)
    assert "callbacks=[callback]" in one_line(error)
