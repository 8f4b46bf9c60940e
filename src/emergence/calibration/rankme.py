"""RankMe: exact ranks of planted matrices, and the Marchenko-Pastur value of noise."""

from collections.abc import Iterator

import numpy as np
import torch
from scipy.integrate import quad
from torch import Tensor

from emergence.config.calibration import CalibrationSettings
from emergence.measures.checks import Check, generator
from emergence.measures.rankme import rankme

SPECTRA = {"sigma": "σ", "sigma2": "σ²"}


def checks(settings: CalibrationSettings) -> Iterator[Check]:
    """RankMe of clusters, orthonormal rows, a planted spectrum and noise."""
    epsilon, seed = settings.epsilon, settings.calibration.seed
    yield from _clusters(epsilon, seed)
    yield from _orthonormal(epsilon, seed)
    yield from _planted(epsilon, seed)
    yield from _noise(epsilon, seed)


def random_orthogonal(size: int, random: torch.Generator) -> Tensor:
    """A random orthogonal matrix (size, size), float64."""
    return torch.linalg.qr(torch.randn(size, size, generator=random, dtype=torch.float64))[0]


def epsilon_bias(rank: float, count: int, epsilon: float) -> float:
    """Largest effect of ε, added to each of ``count`` shares, on a rank: ``rank (exp(−count ε ln ε) − 1)``.

    A share of zero gains the most entropy, since ``−p ln p`` is concave.

    Args:
        rank: Effective rank without ε.
        count: Number of shares.
        epsilon: Added to each share.
    """
    return rank * float(np.expm1(-count * epsilon * np.log(epsilon)))


def marchenko_pastur_rank(samples: int, width: int, power: float) -> float:
    """Effective rank by shares ``σ^power`` of large Gaussian noise matrices (samples, width), width ≤ samples.

    With λ = σ²/samples distributed by Marchenko and Pastur and w = λ^(power/2), the rank is
    ``width · E[w] · exp(−E[w ln w] / E[w])``.

    Args:
        samples: Rows of a matrix.
        width: Its columns.
        power: Of the singular values in the shares: 1 for σ, 2 for σ².
    """
    ratio = width / samples
    low, high = (1 - ratio**0.5) ** 2, (1 + ratio**0.5) ** 2

    def mean(function: str) -> float:
        def integrand(angle: float) -> float:
            # λ = middle − half · cos(angle) makes the square roots at both edges smooth
            eigenvalue = (low + high) / 2 - (high - low) / 2 * np.cos(angle)
            density = ((high - low) / 2 * np.sin(angle)) ** 2 / (2 * np.pi * ratio * eigenvalue)
            weight = eigenvalue ** (power / 2)
            return density * (weight * np.log(weight) if function == "entropy" else weight)

        return float(quad(integrand, 0, np.pi)[0])

    weight = mean("weight")
    return width * weight * float(np.exp(-mean("entropy") / weight))


def _check(x: Tensor, variant: str, oracle: str, exact: float, epsilon: float) -> Check:
    centring, spectrum = variant.split("/")
    return Check(
        "RankMe",
        oracle,
        f"{centring}, {SPECTRA[spectrum]}, {len(x)} × {x.shape[1]}",
        float(exact),
        float(rankme(x, epsilon)[variant]),
        epsilon_bias(exact, min(x.shape), epsilon) + 1e-9,
        "what ε adds",
    )


def _clusters(epsilon: float, seed: int) -> Iterator[Check]:
    """Equal clusters at orthogonal centres of equal norm; the mean accounts for one direction."""
    count = 7
    x = (3 * random_orthogonal(16, generator(seed, "clusters"))[:count]).repeat_interleave(5, dim=0)
    yield _check(x, "uncentred/sigma", f"{count} exact clusters", count, epsilon)
    yield _check(x, "centred/sigma", f"{count} exact clusters", count - 1, epsilon)


def _orthonormal(epsilon: float, seed: int) -> Iterator[Check]:
    x = random_orthogonal(30, generator(seed, "orthonormal"))[:12]
    yield _check(x, "uncentred/sigma", "orthonormal rows", 12, epsilon)
    yield _check(x, "centred/sigma", "orthonormal rows", 11, epsilon)


def _planted(epsilon: float, seed: int) -> Iterator[Check]:
    """Shares ½, ¼, ⅛, ⅛ have an entropy of 7/4 bits; centring removes a constant added to all samples."""
    random = generator(seed, "planted")
    shares = torch.tensor([4, 2, 1, 1], dtype=torch.float64)
    left = torch.linalg.qr(torch.randn(50, 5, generator=random, dtype=torch.float64).index_fill(1, torch.tensor(0), 1))
    frame, right = left[0][:, 1:], random_orthogonal(20, random)[:4]
    constant = torch.randn(20, generator=random, dtype=torch.float64)
    for spectrum, sigma in (("sigma", shares), ("sigma2", shares.sqrt())):
        x = frame @ sigma.diag() @ right + constant
        yield _check(x, f"centred/{spectrum}", "planted spectrum ½, ¼, ⅛, ⅛", 2**1.75, epsilon)


def _noise(epsilon: float, seed: int) -> Iterator[Check]:
    """Centring removes one degree of freedom; sums over eigenvalues fluctuate by order 1 at any size."""
    samples, width = 401, 200
    x = torch.randn(samples, width, generator=generator(seed, "noise"), dtype=torch.float64)
    for spectrum, power in (("sigma", 1.0), ("sigma2", 2.0)):
        exact = marchenko_pastur_rank(samples - 1, width, power)
        check = _check(x, f"centred/{spectrum}", "Marchenko–Pastur law of Gaussian noise", exact, epsilon)
        yield Check(
            check.estimator, check.oracle, check.parameters, exact, check.estimate, exact / width,
            "one of the eigenvalues: their sums fluctuate by order 1",
        )  # fmt: skip
