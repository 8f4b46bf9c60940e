"""Behaviour against greedy decoding, against models whose answers are known, and against itself unpacked."""

import math
from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
import torch
from torch import Tensor
from torch.nn import functional as F

from emergence.config.training import TrainSettings
from emergence.models.transformer import Transformer
from emergence.tasks import data, vocabulary
from emergence.tasks.algorithmic import Tokens
from emergence.tasks.vocabulary import TaskLevel
from emergence.training.task_evaluation import Evaluation
from emergence.training.task_transformer import TaskLearner

CPU = torch.device("cpu")
LEVELS = {"COPY": ["2"], "PAR": ["3"], "SORT": ["2"], "CMP": ["1"]}
SHARPNESS = 30.0


@pytest.fixture(scope="module")
def learner(make_settings: Callable[..., TrainSettings]) -> TaskLearner:
    """A model that has learned something, but not all."""
    learner = TaskLearner(make_settings(levels=LEVELS, steps=250, examples=8), CPU)
    for step in range(250):
        learner.step(step)
    return learner


@pytest.fixture(scope="module")
def drawn(learner: TaskLearner) -> dict[TaskLevel, Tokens]:
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


@pytest.mark.long
def test_exact_match_is_that_of_greedy_decoding(learner: TaskLearner, drawn: dict[TaskLevel, Tokens]) -> None:
    scores = evaluated(learner.model, drawn)["exact_match"]
    for level, examples in drawn.items():
        answers = [
            greedy(learner.model, tokens[: level.prompt_length].tolist(), level.answer_length) for tokens in examples
        ]
        hits = [
            answer == tokens[level.prompt_length :].tolist() for answer, tokens in zip(answers, examples, strict=True)
        ]
        assert scores[level.task, level.level] == pytest.approx(np.mean(hits), abs=1e-12)
    assert ((scores > 0) & (scores < 1)).sum() >= 2, "a model that knows all or nothing tests little"


class LooksBack(torch.nn.Module):
    """Predicts, with great confidence, the token that stands ``distance`` places before."""

    def __init__(self, distance: int) -> None:
        super().__init__()
        self.distance = distance

    def forward(self, tokens: Tensor, positions: Tensor, mask: Tensor, targets: Tensor) -> Tensor:  # noqa: ARG002
        return SHARPNESS * F.one_hot(tokens.roll(self.distance, dims=1).flatten()[targets], vocabulary.SIZE).float()


SURE = math.log1p((vocabulary.SIZE - 1) * math.exp(-SHARPNESS))  # loss of a token that the model is sure of


def test_a_model_that_knows_the_answers_is_perfect() -> None:
    drawn = data.draw([TaskLevel("COPY", "3"), TaskLevel("MUL", "2x1")], examples=30, seed=1)
    scores = evaluated(LooksBack(3), drawn).loc[("COPY", "3")]  # = is three places after the first digit
    assert scores["exact_match"] == scores["token_accuracy"] == 1.0
    assert scores["log_probability"] == pytest.approx(0.0, abs=1e-6)
    assert scores["loss"] == pytest.approx(0.0, abs=1e-6)


def test_a_model_that_knows_every_other_token() -> None:
    """Looking one back gives the first token of a reversed pair; the second is then taken to be an equals sign."""
    drawn = data.draw([TaskLevel("REV", "2")], examples=30, seed=1)
    scores = evaluated(LooksBack(1), drawn).loc[("REV", "2")]
    assert scores["exact_match"] == 0.0
    assert scores["token_accuracy"] == 0.5
    assert scores["log_probability"] == pytest.approx(-(SHARPNESS + 2 * SURE), rel=1e-6)
    assert scores["loss"] == pytest.approx((SHARPNESS + 2 * SURE) / 2, rel=1e-6)


def test_the_table_puts_each_score_at_its_step(learner: TaskLearner, drawn: dict[TaskLevel, Tokens]) -> None:
    evaluation = Evaluation(drawn, CPU)
    untrained = Transformer(2, 8, 2, vocabulary.SIZE, 16).initialise(torch.Generator().manual_seed(0))
    models = {3: untrained, 7: learner.model}
    rows = evaluation.table(list(models), np.stack([evaluation(model) for model in models.values()]))
    assert len(rows) == 2 * len(drawn) * 4
    for step, model in models.items():
        scores = rows[rows["step"] == step].pivot_table(index=["task", "level"], columns="metric", values="value")
        pd.testing.assert_frame_equal(scores, evaluated(model, drawn))


def test_metrics_agree_with_each_other(learner: TaskLearner, drawn: dict[TaskLevel, Tokens]) -> None:
    scores = evaluated(learner.model, drawn)
    assert (scores["token_accuracy"] >= scores["exact_match"]).all()
    assert (scores["token_accuracy"] > scores["exact_match"]).any()
    for level in drawn:
        row = scores.loc[(level.task, level.level)]
        assert row["loss"] == pytest.approx(-row["log_probability"] / level.answer_length, rel=1e-12)
        if level.answer_length == 1:
            assert row["token_accuracy"] == row["exact_match"]


@torch.no_grad()
def test_sequences_that_occur_again_count_again(learner: TaskLearner, drawn: dict[TaskLevel, Tokens]) -> None:
    """Each score is that of all sequences, one forward pass for each, although distinct ones are computed once."""
    level = TaskLevel("PAR", "3")
    examples = drawn[level]
    assert len(np.unique(examples, axis=0)) < len(examples) / 4
    tokens = torch.from_numpy(examples)
    length = tokens.shape[1] - 1
    positions, mask = torch.arange(length), torch.ones(length, length, dtype=torch.bool).tril()
    log_p = torch.stack(
        [learner.model(one[None, :-1], positions[None], mask[None], torch.tensor([length - 1]))[0] for one in tokens]
    ).log_softmax(dim=-1)
    scores = evaluated(learner.model, drawn).loc[(level.task, level.level)]
    assert scores["token_accuracy"] == (log_p.argmax(dim=-1) == tokens[:, -1]).double().mean().item()
    assert scores["loss"] == pytest.approx(F.nll_loss(log_p.double(), tokens[:, -1]).item(), rel=1e-6)


def test_scores_do_not_depend_on_packing(learner: TaskLearner, drawn: dict[TaskLevel, Tokens]) -> None:
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
