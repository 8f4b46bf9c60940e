"""Per-sample gradients and the effective rank of their covariance."""

from collections.abc import Iterator

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from emergence.calibration.rankme import random_orthogonal
from emergence.calibration.tiny_transformer import TinyTransformer
from emergence.config.calibration import Calibration, CalibrationSettings
from emergence.measures.checks import Check, generator
from emergence.subjects.gradients import (
    Direct,
    Gradients,
    Outer,
    gram,
    leading_gram,
    per_sample_gradients,
)
from emergence.subjects.module_gradients import module_grams
from emergence.theory.spectrum import centred_gram, effective_rank_of_gram

ROUNDING = 1e-8  # relative error of float64 through a network and a decomposition
LEADING = 120  # parameters of the variant of the first parameters alone


def checks(settings: CalibrationSettings) -> Iterator[Check]:
    """Gradients of a transformer and of a generic module, and planted gradients."""
    drawn = settings.calibration
    yield from _transformer(drawn)
    yield _any_module(drawn)
    yield _planted(drawn)


def effective_rank(matrix: Tensor) -> float:
    """Effective rank of a dense symmetric matrix, from its eigenvalues."""
    shares = torch.linalg.eigvalsh(matrix).clamp(min=0)
    return float(torch.special.entr(shares / shares.sum()).sum().exp())


def covariance(rows: Tensor) -> Tensor:
    """Dense covariance (parameters, parameters) of gradients (samples, parameters)."""
    centred = rows - rows.mean(dim=0)
    return centred.T @ centred / len(rows)


def exact_rank(estimator: str, oracle: str, parameters: str, exact: float, estimate: float) -> Check:
    """Check of a rank that is exact up to rounding.

    Args:
        estimator: Name of what is checked.
        oracle: Source of the exact rank, in words.
        parameters: Size of the example, in words.
        exact: Rank by the oracle.
        estimate: Rank by the estimator.
    """
    return Check(estimator, oracle, parameters, float(exact), estimate, ROUNDING * exact, "rounding")


def _transformer(drawn: Calibration) -> Iterator[Check]:
    example = TinyTransformer.draw(generator(drawn.seed, "gradients"), layers=1, width=8, samples=8)

    def loss(logits: Tensor) -> Tensor:
        return F.cross_entropy(logits.mT, example.answers, reduction="none").sum(dim=1)

    parts = per_sample_gradients(example.model, example.tokens, example.answer_length, loss)
    rows = torch.cat([part.gradient() for part in parts.values()], dim=1)
    dense = example.gradients()
    size = f"{dense.shape[1]:,} parameters, 8 samples"
    yield Check(
        "per-sample gradients", "automatic differentiation of one sample at a time", size, 0.0,
        float((rows - dense).abs().max() / dense.abs().max()), ROUNDING, "rounding; largest relative error",
    )  # fmt: skip
    products = {
        "all parameters": (gram(parts), dense),
        f"leading {LEADING}": (leading_gram(parts, LEADING), dense[:, :LEADING]),
    }
    for name, (product, gradients) in products.items():
        estimate = float(effective_rank_of_gram(centred_gram(product)))
        oracle = f"dense covariance of a transformer, {name}"
        yield exact_rank("gradient-covariance rank", oracle, size, effective_rank(covariance(gradients)), estimate)


def _any_module(drawn: Calibration) -> Check:
    """Gradients of a generic module, by vector-Jacobian products in chunks."""
    random = generator(drawn.seed, "any module")
    model = nn.Sequential(nn.Linear(4, 6), nn.Tanh(), nn.Linear(6, 3)).double()
    for parameter in model.parameters():
        nn.init.normal_(parameter, generator=random)
    inputs = torch.randn(8, 4, generator=random, dtype=torch.float64)
    answers = torch.arange(8) % 3
    logits = model(inputs).detach()
    cotangents = logits.softmax(dim=1) - F.one_hot(answers, 3)
    losses = F.cross_entropy(model(inputs), answers, reduction="none")
    each = [torch.autograd.grad(loss, list(model.parameters()), retain_graph=True) for loss in losses]
    dense = torch.stack([torch.cat([part.flatten() for part in parts]) for parts in each])
    estimate = float(effective_rank_of_gram(centred_gram(module_grams(model, inputs, cotangents, LEADING).full)))
    oracle, size = "dense covariance of a two-layer network", f"{dense.shape[1]} parameters, 8 samples"
    return exact_rank("gradient-covariance rank", oracle, size, effective_rank(covariance(dense)), estimate)


def _planted(drawn: Calibration) -> Check:
    """A common gradient plus steps ± along a few directions, which gives that many equal eigenvalues.

    One direction belongs to a vector, the others to a matrix, whose gradient is a sum of outer products over tokens.
    """
    rank, frame = 3, random_orthogonal(12, generator(drawn.seed, "planted gradients"))
    steps = torch.cat([torch.eye(rank), -torch.eye(rank)]).double()
    vector, matrix = 5 * frame[rank] + steps[:, :1] @ frame[:1], steps[:, 1:] @ frame[1:rank]
    identity = torch.eye(3).double().expand(len(steps), 3, 3)
    planted: Gradients = {"vector": Direct(vector), "matrix": Outer(identity, matrix.view(-1, 3, 4))}
    estimate = float(effective_rank_of_gram(centred_gram(gram(planted))))
    return exact_rank(
        "gradient-covariance rank", "planted directions of equal strength", "3 directions", rank, estimate
    )
