import numpy as np
import pytest
import torch
from synthetic.tiny_models import scrambled

from emergence.calibration.gradient_covariance import covariance, effective_rank
from emergence.calibration.tiny_transformer import TinyTransformer
from emergence.config.measures import GradientRank
from emergence.measures import fisher, gradient_covariance
from emergence.models.transformer import Transformer
from emergence.subjects.task_transformer import TaskProbe, TaskSubject
from emergence.tasks import TaskLevel
from emergence.tasks.data import draw
from emergence.tasks.vocabulary import SIZE
from emergence.theory.spectrum import effective_rank_of_gram

LEVELS = (TaskLevel("ADD", "1"), TaskLevel("REV", "4"))
SETTINGS = GradientRank(samples=8, leading=120, every=1)


@pytest.fixture
def model() -> Transformer:
    return scrambled(Transformer(2, 8, 2, SIZE, 12).double(), seed=0, sigma=0.4)


@pytest.fixture
def probe() -> TaskProbe:
    return TaskProbe(draw(LEVELS, 10, seed=3))


@pytest.mark.long
def test_covariance_rank_equals_the_dense_one(model: Transformer, probe: TaskProbe) -> None:
    rows = gradient_covariance.measure(TaskSubject(model, probe), np.random.default_rng(0), SETTINGS)
    ranks = {(row["task"], row["variant"]): row["value"] for row in rows}
    for level, sequences in probe.sequences.items():
        gradients = TinyTransformer(model, torch.from_numpy(sequences[:8]), level.answer_length).gradients()
        assert ranks[level.task, "rank"] == pytest.approx(effective_rank(covariance(gradients)), rel=1e-8)
        assert ranks[level.task, "rank/leading"] == pytest.approx(
            effective_rank(covariance(gradients[:, :120])), rel=1e-8
        )


def test_planted_gradients_of_low_rank(model: Transformer, probe: TaskProbe) -> None:
    level = LEVELS[0]
    distinct = probe.sequences[level][[0, 3]]
    planted = TaskProbe({level: np.repeat(distinct, 4, axis=0)})
    rows = gradient_covariance.measure(TaskSubject(model, planted), np.random.default_rng(0), SETTINGS)
    assert rows[0]["value"] == pytest.approx(1.0, abs=1e-6)  # two points, centred, span one direction


def test_equal_gradients_have_no_covariance(model: Transformer, probe: TaskProbe) -> None:
    planted = TaskProbe({LEVELS[0]: np.repeat(probe.sequences[LEVELS[0]][:1], 8, axis=0)})
    rows = gradient_covariance.measure(TaskSubject(model, planted), np.random.default_rng(0), SETTINGS)
    assert rows[0]["value"] == 0


def test_scores_have_the_covariance_of_softmax_regression() -> None:
    logits = torch.tensor([0.3, -1.0, 0.8, 0.0], dtype=torch.float64)
    many = logits.expand(200_000, 1, 4).clone().requires_grad_()
    fisher.scores(torch.Generator().manual_seed(0))(many).sum().backward()
    assert many.grad is not None
    empirical = many.grad[:, 0].T @ many.grad[:, 0] / len(many)
    chances = logits.softmax(dim=0)
    torch.testing.assert_close(empirical, chances.diag() - chances.outer(chances), atol=3e-3, rtol=0)


def test_fisher_rank_is_bounded_and_reproducible(model: Transformer, probe: TaskProbe) -> None:
    first = fisher.measure(TaskSubject(model, probe), np.random.default_rng(1), SETTINGS)
    again = fisher.measure(TaskSubject(model, probe), np.random.default_rng(1), SETTINGS)
    other = fisher.measure(TaskSubject(model, probe), np.random.default_rng(2), SETTINGS)
    assert first == again
    assert first != other
    ranks = [row["value"] for row in first if row["variant"].startswith("rank")]
    assert all(1 <= rank <= 8 for rank in ranks)


def test_effective_rank_of_gram_on_known_vectors() -> None:
    assert effective_rank_of_gram(torch.eye(5, dtype=torch.float64)) == pytest.approx(5.0)
    assert effective_rank_of_gram(torch.ones(5, 5, dtype=torch.float64)) == pytest.approx(1.0)
    assert effective_rank_of_gram(torch.zeros(5, 5, dtype=torch.float64)) == 0
