"""Fisher information: softmax regression in closed form, and a transformer with all answers enumerated."""

from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

from emergence.calibration.gradient_covariance import effective_rank, exact_rank
from emergence.calibration.tiny_transformer import TinyTransformer
from emergence.config.calibration import Calibration, CalibrationSettings
from emergence.measures.checks import Check, generator
from emergence.measures.fisher import scores
from emergence.subjects.gradients import Outer, gram, per_sample_gradients
from emergence.theory.spectrum import effective_rank_of_gram


def checks(settings: CalibrationSettings) -> Iterator[Check]:
    """Effective rank and trace, in expectation over labels and from drawn labels."""
    yield from _softmax_regression(settings.calibration)
    yield _transformer(settings.calibration)


def softmax_fisher(x: Tensor, chances: Tensor) -> Tensor:
    """Fisher information of softmax regression: the mean over x of ``(diag(p) − p pᵀ) ⊗ x xᵀ``.

    ``x`` is (inputs, width), ``chances`` the predictions (inputs, classes); parameters are weights (classes, width).
    """
    blocks = torch.diag_embed(chances) - chances[:, :, None] * chances[:, None, :]
    return torch.stack([torch.kron(block, row.outer(row)) for block, row in zip(blocks, x, strict=True)]).mean(dim=0)


def rank_influence(fisher: Tensor, rows: Tensor) -> Tensor:
    """Influence of each score (…, parameters) on the effective rank of the Fisher matrix, to first order.

    For ``R = exp H(F / tr F)`` it is ``−R sᵀ(ln(F / tr F) + H) s / tr F``; its standard deviation over √n is the
    standard error of a rank from n scores.
    """
    eigenvalues, basis = torch.linalg.eigh(fisher)
    kept = eigenvalues > 1e-12 * eigenvalues[-1]  # scores have no component in the others
    shares = eigenvalues[kept] / eigenvalues[kept].sum()
    entropy = torch.special.entr(shares).sum()
    power = (rows @ basis[:, kept]) ** 2 / eigenvalues[kept].sum()
    return -entropy.exp() * (power * (shares.log() + entropy)).sum(dim=-1)


def label_error(values: Tensor, chances: Tensor, labels: int) -> float:
    """Standard error of a mean over inputs with ``labels`` drawn labels each.

    Args:
        values: What is averaged, of every possible label (inputs, possible labels).
        chances: Probability of each (inputs, possible labels).
        labels: Number drawn for each input.
    """
    mean = (chances * values).sum(dim=1, keepdim=True)
    variance = (chances * (values - mean) ** 2).sum(dim=1)
    return float((variance.mean() / (labels * len(values))).sqrt())


@dataclass(frozen=True)
class SoftmaxRegression:
    """Inputs ``x`` (inputs, width) and their logits (inputs, classes)."""

    x: Tensor
    logits: Tensor

    @property
    def chances(self) -> Tensor:
        """Predictions (inputs, classes)."""
        return self.logits.softmax(dim=1)

    @property
    def residuals(self) -> Tensor:
        """Gradient at the logits for every possible label: (inputs, labels, classes)."""
        return self.chances[:, None] - torch.eye(self.logits.shape[1], dtype=self.logits.dtype)

    @property
    def scores(self) -> Tensor:
        """Gradient at the weights for every possible label: (inputs, labels, parameters)."""
        return (self.residuals[..., None] * self.x[:, None, None]).flatten(2)

    def gram(self, residuals: Tensor) -> Tensor:
        """Gram matrix of scores by the measure's code, from residuals (repeated inputs, classes)."""
        x = self.x.repeat(len(residuals) // len(self.x), 1)
        return gram({"weight": Outer(residuals[:, None], x[:, None])})


def _softmax_regression(drawn: Calibration) -> Iterator[Check]:
    """In expectation over labels, each weighted by its probability; then with labels from the measure's score loss."""
    random, inputs, width, classes = generator(drawn.seed, "softmax regression"), 4, 3, 3
    x = torch.randn(inputs, width, generator=random, dtype=torch.float64)
    model = SoftmaxRegression(x, x @ torch.randn(width, classes, generator=random, dtype=torch.float64))
    fisher = softmax_fisher(x, model.chances)
    rank, size = effective_rank(fisher), f"{classes} classes, width {width}, {inputs} inputs"
    weighted = (model.chances.sqrt()[:, :, None] * model.residuals).transpose(0, 1).flatten(0, 1)
    whole = float(effective_rank_of_gram(model.gram(weighted)))
    yield exact_rank("Fisher effective rank", "softmax regression, mean over labels", size, rank, whole)

    logits = model.logits.repeat(drawn.labels, 1)[:, None].requires_grad_()
    products = model.gram(torch.autograd.grad(scores(random)(logits).sum(), logits)[0][:, 0])
    error = label_error(rank_influence(fisher, model.scores), model.chances, drawn.labels)
    bias = rank * ((classes - 1) * width + 1) / len(logits)
    size = f"{size}, {drawn.labels} labels each"
    yield Check(
        "Fisher effective rank", "softmax regression, drawn labels", size, rank,
        float(effective_rank_of_gram(products)), drawn.deviations * error + bias,
        f"{drawn.deviations:g} s.e. + directions / draws", error,
    )  # fmt: skip
    yield _trace("softmax regression", size, products, model.scores, model.chances, drawn)


def _transformer(drawn: Calibration) -> Check:
    """Answers of two tokens, all pairs enumerated; tokens are independent given the true preceding tokens."""
    random = generator(drawn.seed, "transformer Fisher")
    example = TinyTransformer.draw(random, layers=1, width=4, samples=3)
    first, second = example.logits().detach().softmax(dim=2).unbind(dim=1)
    chances = (first[:, :, None] * second[:, None, :]).flatten(1)
    pairs = torch.cartesian_prod(torch.arange(first.shape[1]), torch.arange(first.shape[1]))
    each = torch.stack([example.gradients(pair.expand(3, 2)) for pair in pairs], dim=1)
    tokens = example.tokens.repeat(drawn.labels, 1)
    gradients = per_sample_gradients(example.model, tokens, example.answer_length, scores(random))
    size = f"{each.shape[2]:,} parameters, {drawn.labels} answers each"
    return _trace("transformer, every answer enumerated", size, gram(gradients), each, chances, drawn)


def _trace(oracle: str, size: str, products: Tensor, each: Tensor, chances: Tensor, drawn: Calibration) -> Check:
    powers = (each**2).sum(dim=2)
    exact, error = float((chances * powers).sum(dim=1).mean()), label_error(powers, chances, drawn.labels)
    return Check(
        "Fisher trace", oracle, size, exact, float(products.diagonal().mean()), drawn.deviations * error,
        f"{drawn.deviations:g} s.e.", error,
    )  # fmt: skip
