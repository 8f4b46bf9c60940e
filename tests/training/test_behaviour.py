"""Behaviour against greedy decoding, against models whose answers are known, and against itself unpacked."""

import math
from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
import torch
from torch import Tensor
from torch.nn import functional as F

from emergence.models.transformer import Transformer
from emergence.settings.learning import TrainSettings
from emergence.tasks import data, vocabulary
from emergence.tasks.algorithmic import Tokens
from emergence.tasks.levels import TaskLevel
from emergence.training.behaviour import Evaluation
from emergence.training.train import Learner

CPU = torch.device("cpu")
LEVELS = {"COPY": ["2"], "PAR": ["3"], "SORT": ["2"], "CMP": ["1"]}
SHARPNESS = 30.0


@pytest.fixture(scope="module")
def learner(make_settings: Callable[..., TrainSettings]) -> Learner:
    """A model that has learned something, but not all."""
    learner = Learner(make_settings(levels=LEVELS, steps=250, examples=8), CPU)
    for step in range(250):
        learner.step(step)
    return learner


@pytest.fixture(scope="module")
def drawn(learner: Learner) -> dict[TaskLevel, Tokens]:
    return data.draw(learner.layout.levels, examples=40, seed=21)


def evaluated(model: torch.nn.Module, sequences: dict[TaskLevel, Tokens]) -> pd.DataFrame:
    """Metrics by task-level."""
    evaluation = Evaluation(sequences, CPU)
    rows = evaluation.table([0], evaluation(model)[None])
    return rows.pivot_table(index=["task", "level"], columns="metric", values="value")


@torch.no_grad()
def greedy(model: Transformer, prompt: list[int], count: int) -> list[int]:
    """The most likely token, again and again, on the model's own output."""
    tokens = list(prompt)
    for _ in range(count):
        n = len(tokens)
        grid = (torch.tensor([tokens]), torch.arange(n)[None], torch.ones(1, n, n, dtype=torch.bool).tril())
        tokens.append(int(model.logits(model.hidden_states(*grid)[-1][0, -1]).argmax()))
    return tokens[len(prompt) :]


def test_exact_match_is_that_of_greedy_decoding(learner: Learner, drawn: dict[TaskLevel, Tokens]) -> None:
    found = evaluated(learner.model, drawn)["exact_match"]
    for level, examples in drawn.items():
        answers = [
            greedy(learner.model, tokens[: level.prompt_length].tolist(), level.answer_length) for tokens in examples
        ]
        hits = [
            answer == tokens[level.prompt_length :].tolist() for answer, tokens in zip(answers, examples, strict=True)
        ]
        assert found[level.task, level.level] == pytest.approx(np.mean(hits), abs=1e-12)
    assert ((found > 0) & (found < 1)).sum() >= 2, "a model that knows all or nothing tests little"


class LooksBack(torch.nn.Module):
    """Predicts, with great confidence, the token that stands ``distance`` places before."""

    def __init__(self, distance: int) -> None:
        super().__init__()
        self.distance = distance

    def hidden_states(self, tokens: Tensor, positions: Tensor, mask: Tensor) -> list[Tensor]:  # noqa: ARG002
        return [SHARPNESS * F.one_hot(tokens.roll(self.distance, dims=1), vocabulary.SIZE).float()]

    def logits(self, states: Tensor) -> Tensor:
        return states


SURE = math.log1p((vocabulary.SIZE - 1) * math.exp(-SHARPNESS))  # loss of a token that the model is sure of


def test_a_model_that_knows_the_answers_is_perfect() -> None:
    drawn = data.draw([TaskLevel("COPY", "3"), TaskLevel("MUL", "2x1")], examples=30, seed=1)
    found = evaluated(LooksBack(3), drawn).loc[("COPY", "3")]  # = is three places after the first digit
    assert found["exact_match"] == found["token_accuracy"] == 1.0
    assert found["log_probability"] == pytest.approx(0.0, abs=1e-6)
    assert found["loss"] == pytest.approx(0.0, abs=1e-6)


def test_a_model_that_knows_every_other_token() -> None:
    """Looking one back gives the first token of a reversed pair; the second is then taken to be an equals sign."""
    drawn = data.draw([TaskLevel("REV", "2")], examples=30, seed=1)
    found = evaluated(LooksBack(1), drawn).loc[("REV", "2")]
    assert found["exact_match"] == 0.0
    assert found["token_accuracy"] == 0.5
    assert found["log_probability"] == pytest.approx(-(SHARPNESS + 2 * SURE), rel=1e-6)
    assert found["loss"] == pytest.approx((SHARPNESS + 2 * SURE) / 2, rel=1e-6)


def test_the_table_puts_each_score_at_its_step(learner: Learner, drawn: dict[TaskLevel, Tokens]) -> None:
    evaluation = Evaluation(drawn, CPU)
    untrained = Transformer(2, 8, 2, vocabulary.SIZE, 16).initialise(torch.Generator().manual_seed(0))
    models = {3: untrained, 7: learner.model}
    rows = evaluation.table(list(models), np.stack([evaluation(model) for model in models.values()]))
    assert len(rows) == 2 * len(drawn) * 4
    for step, model in models.items():
        found = rows[rows["step"] == step].pivot_table(index=["task", "level"], columns="metric", values="value")
        pd.testing.assert_frame_equal(found, evaluated(model, drawn))


def test_metrics_agree_with_each_other(learner: Learner, drawn: dict[TaskLevel, Tokens]) -> None:
    found = evaluated(learner.model, drawn)
    assert (found["token_accuracy"] >= found["exact_match"]).all()
    assert (found["token_accuracy"] > found["exact_match"]).any()
    for level in drawn:
        row = found.loc[(level.task, level.level)]
        assert row["loss"] == pytest.approx(-row["log_probability"] / level.answer_length, rel=1e-12)
        if level.answer_length == 1:
            assert row["token_accuracy"] == row["exact_match"]


def test_scores_do_not_depend_on_packing(learner: Learner, drawn: dict[TaskLevel, Tokens]) -> None:
    together = evaluated(learner.model, drawn)
    backwards = evaluated(learner.model, dict(reversed(drawn.items())))
    for level, examples in drawn.items():
        key = (level.task, level.level)
        alone = evaluated(learner.model, {level: examples}).loc[key]
        shuffled = evaluated(learner.model, {level: examples[::-1]}).loc[key]
        for other in (alone, shuffled, backwards.loc[key]):
            np.testing.assert_allclose(other, together.loc[key], rtol=1e-5, atol=1e-6)


def test_an_untrained_model_is_near_uniform(drawn: dict[TaskLevel, Tokens]) -> None:
    model = Transformer(2, 8, 2, vocabulary.SIZE, 16).initialise(torch.Generator().manual_seed(0))
    assert evaluated(model, drawn)["loss"].to_numpy() == pytest.approx(math.log(vocabulary.SIZE), abs=0.2)
