"""The loss against that of behaviour, planted answers, and its two ends: the input-independent guess and perfection."""

import math

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from emergence.config.measures import TaskLoss
from emergence.measures import loss
from emergence.measures.loss import blind_loss
from emergence.models.transformer import Transformer
from emergence.subjects.task_transformer import TaskProbe, TaskSubject
from emergence.subjects.torch_module import ModuleSubject
from emergence.tasks import TaskLevel, data
from emergence.training.task_evaluation import Evaluation

LEVELS = [TaskLevel("PAR", "3"), TaskLevel("COPY", "5"), TaskLevel("ADD", "1")]
ANSWERS = torch.tensor([0] * 50 + [1] * 30 + [2] * 20)


class Fixed(nn.Module):
    """Logits that are the inputs, as read by a weight of one."""

    def __init__(self) -> None:
        super().__init__()
        self.scale = nn.Parameter(torch.ones(()))

    def forward(self, x: Tensor) -> Tensor:
        return self.scale * x


def values(subject: TaskSubject | ModuleSubject) -> dict[tuple[str, str], float]:
    rows = loss.measure(subject, np.random.default_rng(0), TaskLoss())
    return {(row["task"], row["variant"]): row["value"] for row in rows}


def of_logits(logits: Tensor, answers: Tensor = ANSWERS) -> dict[str, float]:
    measured = values(ModuleSubject(Fixed(), {"mine": (logits, answers)}))
    return {variant: value for (_, variant), value in measured.items()}


def test_nats_are_the_loss_of_behaviour_on_the_same_sequences(model: Transformer) -> None:
    drawn = data.draw(LEVELS, examples=20, seed=6)
    measured = values(TaskSubject(model, TaskProbe(drawn)))
    expected = Evaluation(drawn, torch.device("cpu"))(model)[:, 3]
    assert [measured[level.task, "nats"] for level in LEVELS] == pytest.approx(expected.tolist(), rel=1e-6)


def test_what_is_known_is_relative_to_the_entropy_of_the_same_answers(model: Transformer) -> None:
    drawn = data.draw(LEVELS, examples=20, seed=6)
    measured = values(TaskSubject(model, TaskProbe(drawn)))
    blind = data.baselines(drawn).query("metric == 'loss'").set_index("task")["value"]
    for level in LEVELS:
        known = 1 - measured[level.task, "nats"] / blind[level.task]
        assert measured[level.task, "known"] == pytest.approx(known, abs=1e-9)
    assert min(measured[level.task, "known"] for level in LEVELS) < 0, (
        "drawn weights guess badly, and it is not clipped"
    )


def test_the_best_blind_guess_knows_nothing_and_certainty_everything() -> None:
    shares = torch.tensor([0.5, 0.3, 0.2]).log()
    assert of_logits(shares.expand(100, 3))["known"] == pytest.approx(0, abs=1e-6)
    assert of_logits(100 * F.one_hot(ANSWERS).float()) == pytest.approx({"nats": 0, "known": 1}, abs=1e-6)


def test_a_uniform_guess_knows_less_than_nothing() -> None:
    measured = of_logits(torch.zeros(100, 3))
    entropy = -sum(p * math.log(p) for p in (0.5, 0.3, 0.2))
    assert measured["nats"] == pytest.approx(math.log(3))
    assert measured["known"] == pytest.approx(1 - math.log(3) / entropy)


def test_one_answer_for_all_has_nothing_to_be_known() -> None:
    measured = of_logits(torch.zeros(100, 3), torch.zeros(100, dtype=torch.int64))
    assert measured["nats"] == pytest.approx(math.log(3))
    assert math.isnan(measured["known"])


def test_targets_that_are_no_tokens_do_not_count() -> None:
    answers = torch.tensor([[0, 1], [1, -100], [1, 0], [0, -100]])
    assert blind_loss(answers) == pytest.approx(math.log(2))
    logits = torch.zeros(4, 2, 2)
    logits[answers == -100] = 50.0  # whatever is predicted there
    logits[1, 1, 0] = -50.0
    assert of_logits(logits, answers)["nats"] == pytest.approx(math.log(2))


def test_a_loss_of_your_own_is_just_averaged() -> None:
    x = torch.randn(30, 2, generator=torch.Generator().manual_seed(0))
    subject = ModuleSubject(Fixed(), {"mine": (x, torch.zeros(30, 2))}, loss=lambda o, t: ((o - t) ** 2).sum(dim=1))
    assert values(subject) == {("mine", "own"): pytest.approx(float((x**2).sum(dim=1).mean()))}
