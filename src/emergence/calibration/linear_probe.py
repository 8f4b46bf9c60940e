"""Linear probes: separable classes, labels independent of the input, and two Gaussians with known Bayes accuracy."""

from collections.abc import Iterator

import torch
from scipy.stats import norm
from torch import Tensor

from emergence.config.calibration import Calibration, CalibrationSettings
from emergence.measures.checks import Check, generator
from emergence.measures.linear_probe import accuracy

RIDGE = 1e-3
CLASSES, WIDTH = 4, 8


def checks(settings: CalibrationSettings) -> Iterator[Check]:
    """Held-out accuracies of 1, of chance, and of the Bayes classifier."""
    drawn = settings.calibration
    yield _separable(drawn)
    yield _independent(drawn)
    yield _gaussians(drawn)


def held_out_accuracy(x: Tensor, labels: Tensor) -> float:
    """Accuracy on the second half of x (examples, width) and labels (examples,)."""
    test = torch.arange(len(labels)) >= len(labels) // 2
    return float(accuracy(x[None], labels[:, None], test, RIDGE))


def _separable(drawn: Calibration) -> Check:
    random = generator(drawn.seed, "separable")
    labels = torch.randint(0, CLASSES, (drawn.examples,), generator=random)
    noise = torch.rand(drawn.examples, WIDTH, generator=random, dtype=torch.float64) - 0.5
    x = 10 * torch.eye(CLASSES, WIDTH, dtype=torch.float64)[labels] + noise
    return Check(
        "linear probe", "linearly separable classes", _parameters(drawn, CLASSES), 1.0, held_out_accuracy(x, labels),
        1 / drawn.examples, "half an example",
    )  # fmt: skip


def _independent(drawn: Calibration) -> Check:
    """Each held-out prediction is correct with probability 1/classes: a binomial count."""
    random = generator(drawn.seed, "independent")
    labels = torch.randint(0, CLASSES, (drawn.examples,), generator=random)
    x = torch.randn(drawn.examples, WIDTH, generator=random, dtype=torch.float64)
    return _binomial(drawn, "labels independent of x: chance", CLASSES, 1 / CLASSES, held_out_accuracy(x, labels), 0)


def _gaussians(drawn: Calibration) -> Check:
    """Means Δ apart, unit covariance: Φ(Δ/2), less the loss from estimating the boundary.

    The boundary's slope has a relative error of order √(width / training examples); accuracy falls by its square.
    """
    distance = 2.0
    random = generator(drawn.seed, "gaussians")
    labels = torch.arange(drawn.examples) % 2
    x = 1 + torch.randn(drawn.examples, WIDTH, generator=random, dtype=torch.float64)  # far from the origin
    x[:, 0] += distance * labels
    exact, lost = float(norm.cdf(distance / 2)), WIDTH / (drawn.examples // 2)
    estimate = held_out_accuracy(x, labels)
    return _binomial(drawn, "two Gaussians, Bayes accuracy Φ(Δ/2), Δ = 2", 2, exact, estimate, lost)


def _binomial(drawn: Calibration, oracle: str, classes: int, exact: float, estimate: float, bias: float) -> Check:
    error = (exact * (1 - exact) / (drawn.examples - drawn.examples // 2)) ** 0.5
    reason = f"{drawn.deviations:g} binomial s.e." + (" + finite training" if bias else "")
    return Check(
        "linear probe", oracle, _parameters(drawn, classes), exact, estimate,
        drawn.deviations * error + bias, reason, error,
    )  # fmt: skip


def _parameters(drawn: Calibration, classes: int) -> str:
    return f"{classes} classes, {drawn.examples:,} examples, width {WIDTH}"
