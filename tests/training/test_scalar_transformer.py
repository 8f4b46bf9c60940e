"""Training a small transformer on multitask sparse parity, and how it is judged."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch
from torch import Tensor, nn

from emergence.config.parity_networks import Momentum, ParityTask, TransformerTraining
from emergence.config.training import Sample
from emergence.io import tables
from emergence.models.parity_networks import initialised
from emergence.schemas.parity import SWEEP
from emergence.tasks.parity import MultitaskParity
from emergence.training import scalar_transformer
from emergence.training.learners import TrainingError
from emergence.training.parity_data import stream
from emergence.training.scalar_transformer import (
    HeldOutTokens,
    ScalarTransformerLearner,
    ScalarTransformerSettings,
    train_scalar_transformer,
)

CPU, TARGET = torch.device("cpu"), 2.0


def made(seed: int = 1, learning_rate: float = 0.01, **changed: Any) -> ScalarTransformerSettings:
    plain: dict[str, Any] = {"steps": 30, "batch": 32, "every": 20, "width": 8, "heads": 2, "target": TARGET}
    plain["task"] = ParityTask(skills=3, bits=6, relevant=2, alpha=0.9)
    transformer = TransformerTraining(
        seeds=[seed],
        optimiser=Momentum(learning_rate=learning_rate, momentum=0.9, weight_decay=1e-5),
        test=Sample(examples=50, seed=7),
        **(plain | changed),
    )
    return ScalarTransformerSettings(run=f"t8-s{seed}", seed=seed, transformer=transformer, device="cpu")


def trained(settings: ScalarTransformerSettings, folder: Path) -> pd.DataFrame:
    train_scalar_transformer(settings, folder / "a.parquet", folder / "state")
    return tables.read(SWEEP, folder / "a.parquet")


class Knows(nn.Module):
    """Knows the first skill (bits 0 and 1, behind three control bits), and says nothing of the others."""

    def embed(self, inputs: Tensor) -> Tensor:
        return inputs

    def forward(self, inputs: Tensor) -> Tensor:
        return TARGET * inputs[:, 0] * (1 - 2 * inputs[:, 3]) * (1 - 2 * inputs[:, 4])


@pytest.mark.parametrize("piece", [1, 10**6])
def test_strength_and_loss_of_a_known_function(piece: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scalar_transformer, "PIECE", piece)
    test = HeldOutTokens(MultitaskParity(made().transformer.task), 40, 0, CPU)
    scores = test.scores(Knows(), TARGET)  # type: ignore[arg-type]
    assert scores == [(1.0, 0.0), (0.0, TARGET**2 / 2), (0.0, TARGET**2 / 2)]


def test_an_untrained_transformer_has_no_strength() -> None:
    test = HeldOutTokens(MultitaskParity(made().transformer.task), 5000, 0, CPU)
    assert max(abs(strength) for strength, _ in test.scores(initialised(1, 9, 8, 2), TARGET)) < 0.1


@pytest.mark.long
def test_easy_skills_are_learned_the_frequent_one_first(tmp_path: Path) -> None:
    parity = ParityTask(skills=2, bits=2, relevant=1, alpha=0.9)
    rows = trained(made(task=parity, steps=200, every=10), tmp_path)
    at_end = rows[rows["step"] == 200].set_index("skill")["strength"]
    assert at_end[1] > 0.7
    assert rows[rows["strength"] > 0.5].groupby("skill")["step"].min().is_monotonic_increasing


def test_table_has_every_evaluation_of_every_skill(tmp_path: Path) -> None:
    rows = trained(made(), tmp_path)
    assert rows[["step", "skill"]].to_numpy().tolist() == [[s, k] for s in (0, 20, 30) for k in (1, 2, 3)]
    assert rows["samples"].isna().all()
    assert set(rows["seed"]) == {1}
    assert set(rows["width"]) == {8}


def test_runs_are_functions_of_their_seed(tmp_path: Path) -> None:
    first, again, other = (trained(made(seed), tmp_path)["strength"].to_numpy() for seed in (1, 1, 2))
    assert np.array_equal(first, again)
    assert not np.isclose(first, other).any()


def test_two_steps_are_those_of_sgd_with_momentum() -> None:
    """By hand: v ← βv + g + λw, w ← w − ηv, g that of the mean squared error."""
    settings = made(seed=4, learning_rate=0.02, steps=2, every=1)
    how, task = settings.transformer, MultitaskParity(settings.transformer.task)
    learner, ours = ScalarTransformerLearner(settings, CPU), initialised(4, how.task.inputs, how.width, how.heads)
    velocity = [torch.zeros_like(weight) for weight in ours.parameters()]
    for step in range(2):
        learner.step(step)
        samples = task.draw(stream(settings.seed, "batches", step), how.batch)
        error = ours(torch.from_numpy(task.inputs(samples))) - TARGET * torch.from_numpy(task.answers(samples))
        slopes = torch.autograd.grad((error**2).mean(), list(ours.parameters()))
        with torch.no_grad():
            for weight, slope, v in zip(ours.parameters(), slopes, velocity, strict=True):
                v.mul_(0.9).add_(slope + 1e-5 * weight)
                weight.sub_(0.02 * v)
    for parameter, expected in zip(learner.model.parameters(), ours.parameters(), strict=True):
        torch.testing.assert_close(parameter, expected, atol=1e-6, rtol=1e-5)


def test_a_run_that_diverges_is_refused(tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match=r"t8-s1.* at step \d+.*learning_rate"):
        train_scalar_transformer(made(learning_rate=1e12), tmp_path / "a.parquet", tmp_path / "state")
    assert not (tmp_path / "a.parquet").exists()
