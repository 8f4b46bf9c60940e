import pytest
import torch
from synthetic.tiny_models import scrambled
from torch import Tensor
from torch.nn import functional as F

from emergence.calibration.tiny_transformer import TinyTransformer
from emergence.models.transformer import Transformer
from emergence.subjects.gradients import Outer, gram, leading_gram, per_sample_gradients

SAMPLES, LENGTH, ANSWER, VOCABULARY = 6, 9, 3, 13


@pytest.fixture
def model() -> Transformer:
    return scrambled(Transformer(2, 8, 2, VOCABULARY, 12).double(), seed=0, sigma=0.5)


@pytest.fixture
def tokens() -> Tensor:
    return torch.randint(0, VOCABULARY, (SAMPLES, LENGTH), generator=torch.Generator().manual_seed(1))


def cross_entropy(tokens: Tensor):
    def loss(logits: Tensor) -> Tensor:
        return F.cross_entropy(logits.mT, tokens[:, -ANSWER:], reduction="none").sum(dim=1)

    return loss


def dense(model: Transformer, tokens: Tensor) -> dict[str, Tensor]:
    """Per-sample gradients by automatic differentiation of one sample at a time."""
    names = dict(model.named_parameters())
    rows = TinyTransformer(model, tokens, ANSWER).gradients().split([value.numel() for value in names.values()], dim=1)
    return dict(zip(names, rows, strict=True))


def test_every_gradient_equals_automatic_differentiation(model: Transformer, tokens: Tensor) -> None:
    exact = dense(model, tokens)
    gradients = per_sample_gradients(model, tokens, ANSWER, cross_entropy(tokens))
    assert list(gradients) == [name for name, _ in model.named_parameters()]
    for name, part in gradients.items():
        torch.testing.assert_close(part.gradient(), exact[name], rtol=1e-9, atol=1e-10)


def test_gram_is_that_of_all_parameters(model: Transformer, tokens: Tensor) -> None:
    rows = torch.cat(list(dense(model, tokens).values()), dim=1)
    gradients = per_sample_gradients(model, tokens, ANSWER, cross_entropy(tokens))
    torch.testing.assert_close(gram(gradients), rows @ rows.T, rtol=1e-9, atol=1e-9)
    size = rows.shape[1]
    for leading in (1, gradients["token.weight"].size, size // 3, size, 10 * size):  # within a tensor, at its end, all
        expected = rows[:, :leading] @ rows[:, :leading].T
        torch.testing.assert_close(leading_gram(gradients, leading), expected, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("shape", [(5, 2, 40, 50), (3, 30, 2, 3)], ids=["kernels", "directly"])
def test_both_ways_to_the_gram_agree(shape: tuple[int, int, int, int]) -> None:
    samples, count, rows, columns = shape
    left, right = torch.randn(samples, count, rows).double(), torch.randn(samples, count, columns).double()
    gradient = torch.einsum("ntr,ntc->nrc", left, right).flatten(1)
    torch.testing.assert_close(Outer(left, right).gram, gradient @ gradient.T)


def test_the_model_is_left_as_it_was(model: Transformer, tokens: Tensor) -> None:
    before = {name: value.clone() for name, value in model.state_dict().items()}
    per_sample_gradients(model, tokens, ANSWER, cross_entropy(tokens))
    assert all(parameter.grad is None and parameter.requires_grad for parameter in model.parameters())
    assert all(torch.equal(before[name], value) for name, value in model.state_dict().items())
    assert not model.token._forward_hooks
