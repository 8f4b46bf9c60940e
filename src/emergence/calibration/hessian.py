"""Hessian: top eigenvalue and trace against known spectra and the dense Hessian of a transformer."""

from collections.abc import Iterator

import torch
from torch import Tensor, nn

from emergence.calibration.rankme import random_orthogonal
from emergence.calibration.tiny_transformer import TinyTransformer
from emergence.config.calibration import CalibrationSettings
from emergence.measures.checks import Check, generator
from emergence.measures.hessian import Operator, hessian, top_eigenvalue, trace

TOLERANCE, PRODUCTS = 1e-6, 200  # of Lanczos: relative residual, most products


def checks(settings: CalibrationSettings) -> Iterator[Check]:
    """Top eigenvalue and trace of quadratics and of a transformer; the standard error of the trace."""
    drawn = settings.calibration
    random = generator(drawn.seed, "curvature")
    spectra = {
        "spectrum 2⁰ … 2⁻³⁹": 2.0 ** -torch.arange(40, dtype=torch.float64),
        "−10 is largest in magnitude": torch.cat([torch.linspace(-10, -5, 39).double(), torch.ones(1).double()]),
    }
    for name, eigenvalues in spectra.items():
        matrix = symmetric(eigenvalues, random)
        yield _top(f"quadratic, {name}", matrix, quadratic(matrix), float(eigenvalues.max()), random)
    matrix = symmetric(torch.linspace(-1, 3, 40).double(), random)
    yield _trace("quadratic, spectrum from −1 to 3", matrix, quadratic(matrix), settings, random)
    yield _spread(matrix, settings, random)
    example = TinyTransformer.draw(random, layers=1, width=4, samples=8)
    matrix, operator = example.hessian(), hessian(example.mean_loss(), list(example.model.parameters()))
    yield _top("dense Hessian of a transformer", matrix, operator, float(torch.linalg.eigvalsh(matrix)[-1]), random)
    yield _trace("dense Hessian of a transformer", matrix, operator, settings, random)


def symmetric(eigenvalues: Tensor, random: torch.Generator) -> Tensor:
    """Symmetric float64 matrix with the given spectrum in a random basis."""
    basis = random_orthogonal(len(eigenvalues), random)
    return basis @ eigenvalues.diag() @ basis.T


def quadratic(matrix: Tensor) -> Operator:
    """The Hessian of ``wᵀ A w / 2`` by the measure's double backward."""
    weight = nn.Parameter(torch.ones(len(matrix), dtype=matrix.dtype))
    return hessian(weight @ matrix @ weight / 2, [weight])


def trace_deviation(matrix: Tensor) -> float:
    """Standard deviation of ``vᵀ A v`` for random signs v: ``√(2 Σ_{i≠j} A_ij²)`` (Hutchinson 1990)."""
    beside = matrix - matrix.diagonal().diag()
    return float((2 * (beside**2).sum()).sqrt())


def _top(oracle: str, matrix: Tensor, operator: Operator, exact: float, random: torch.Generator) -> Check:
    start = torch.randn(len(matrix), generator=random, dtype=matrix.dtype)
    estimate = top_eigenvalue(operator, start, TOLERANCE, PRODUCTS)
    return Check(
        "Hessian top eigenvalue", oracle, f"{len(matrix)} parameters", exact, estimate.value,
        TOLERANCE * abs(exact), "residual asked of Lanczos",
    )  # fmt: skip


def _trace(
    oracle: str, matrix: Tensor, operator: Operator, settings: CalibrationSettings, random: torch.Generator
) -> Check:
    drawn = settings.calibration
    mean = trace(operator, torch.ones(len(matrix), dtype=matrix.dtype), drawn.signs, random)
    return Check(
        "Hessian trace", oracle, f"{len(matrix)} parameters, {drawn.signs} draws", float(matrix.trace()), mean.value,
        drawn.deviations * trace_deviation(matrix) / drawn.signs**0.5, f"{drawn.deviations:g} s.e.", mean.error,
    )  # fmt: skip


def _spread(matrix: Tensor, settings: CalibrationSettings, random: torch.Generator) -> Check:
    """Mean square of standard errors from two draws each, beside the exact variance."""
    drawn = settings.calibration
    operator = quadratic(matrix)
    errors = torch.tensor([trace(operator, matrix[0], 2, random).error for _ in range(drawn.signs)])
    exact = trace_deviation(matrix) / 2**0.5
    return Check(
        "Hessian trace standard error", "two draws on a quadratic, root mean square", f"{len(matrix)} parameters",
        exact, float((errors**2).mean().sqrt()), drawn.deviations * exact / (2 * drawn.signs) ** 0.5,
        f"{drawn.deviations:g} s.e. of a deviation",
    )  # fmt: skip
