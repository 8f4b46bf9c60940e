import numpy as np
import pytest
import torch
from torch import Tensor

from emergence.config.measures import LinearProbe
from emergence.measures import linear_probe
from emergence.measures.linear_probe import accuracy, held_out
from emergence.models.transformer import Transformer
from emergence.subjects.task_transformer import TaskProbe, TaskSubject
from emergence.tasks import TaskLevel
from emergence.tasks.data import draw
from emergence.tasks.vocabulary import SIZE

GENERATOR = torch.Generator().manual_seed(0)


def planted(noise: float, classes: int = 4, examples: int = 400, width: int = 16) -> tuple[Tensor, Tensor]:
    """Two layers: class means plus noise, and noise alone; and the classes as one answer token."""
    labels = torch.randint(0, classes, (examples,), generator=GENERATOR)
    means = torch.randn(classes, width, generator=GENERATOR).double()
    random = torch.randn(2, examples, width, generator=GENERATOR).double()
    return torch.stack([means[labels] + noise * random[0], random[1]]), labels[:, None]


def halves(examples: int) -> Tensor:
    return torch.arange(examples) % 2 == 0


def test_separable_answers_are_found_and_noise_is_not() -> None:
    x, answers = planted(noise=0.1)
    accuracies = accuracy(x, answers, halves(400), ridge=0.1)
    assert accuracies[0] == 1.0
    assert accuracies[1] < 0.35  # chance is a quarter


def test_shuffled_answers_are_at_chance() -> None:
    x, answers = planted(noise=0.1)
    order = torch.randperm(len(answers), generator=GENERATOR)
    assert accuracy(x, answers[order], halves(400), ridge=0.1)[0] < 0.35


def test_equals_a_plain_ridge_regression() -> None:
    x, answers = planted(noise=1.5)
    test = halves(400)
    seen, mean = x[0, ~test], x[0, ~test].mean(dim=0)
    targets = torch.nn.functional.one_hot(answers[~test, 0], SIZE).double()
    covariance = (seen - mean).T @ (seen - mean) / len(seen)
    system = covariance + 0.3 * covariance.diagonal().mean() * torch.eye(16).double()
    weights = torch.linalg.solve(system, (seen - mean).T @ (targets - targets.mean(dim=0)) / len(seen))
    scores = (x[0, test] - mean) @ weights + targets.mean(dim=0)
    expected = (scores.argmax(dim=1) == answers[test, 0]).double().mean()
    assert 0.4 < expected < 1
    assert accuracy(x, answers, test, ridge=0.3)[0] == pytest.approx(float(expected))


def test_rounding_of_a_constant_representation_is_not_read() -> None:
    """It would tell the answers, if differences of one part in ten million were looked at."""
    answers = torch.tensor([[3]] * 30 + [[5]] * 10)
    x = 4.0 * torch.ones(1, 40, 8).double() + 4e-7 * (answers == 5)
    test = torch.arange(40) % 2 == 0
    assert accuracy(x, answers, test, ridge=0.1)[0] == pytest.approx(0.75)
    assert accuracy(x + 1e-4 * (answers == 5), answers, test, ridge=0.1)[0] == 1.0


def test_only_answers_that_occur_are_classes() -> None:
    x, answers = planted(noise=0.1)
    assert accuracy(x, 10**9 * answers, halves(400), ridge=0.1)[0] == 1.0  # a column each would not fit


def test_examples_of_a_prompt_stand_on_one_side() -> None:
    groups = np.random.default_rng(0).integers(0, 8, 200)
    test = held_out(groups, np.random.default_rng(1)).numpy()
    assert not set(groups[test]) & set(groups[~test])
    assert len(set(groups[test])) == 4


def test_rows_are_complete_and_reproducible() -> None:
    model = Transformer(2, 8, 2, SIZE, 20).initialise(torch.Generator().manual_seed(0))
    levels = (TaskLevel("PAR", "3"), TaskLevel("ADD", "2"))
    subject, options = TaskSubject(model, TaskProbe(draw(levels, 30, seed=1))), LinearProbe(ridge=0.1, every=1)
    rows, again = (linear_probe.measure(subject, np.random.default_rng(0), options) for _ in range(2))
    assert rows == again
    assert {(row["task"], row["layer"], row["variant"]) for row in rows} == {
        (task, layer, variant) for task in ("PAR", "ADD") for layer in (1, 2) for variant in ("answer", "shuffled")
    }
    assert all(0 <= row["value"] <= 1 for row in rows)


def test_answers_written_in_the_representation_are_read_without_error() -> None:
    level = TaskLevel("COPY", "1")
    answers = torch.from_numpy(draw((level,), 60, seed=1)[level][:, -1:])
    x = torch.nn.functional.one_hot(answers[:, 0], SIZE).double()[None]
    assert accuracy(x, answers, halves(60), ridge=1e-3)[0] == 1.0
