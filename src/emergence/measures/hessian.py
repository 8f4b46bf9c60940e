"""Top eigenvalue and trace of the Hessian of the loss, of every group of examples and of their mixture.

Both need only Hessian-vector products, exact by double backward. The top eigenvalue (the largest algebraic one, not
the largest in magnitude: early Hessians have large negative eigenvalues) comes from the Lanczos recurrence, stopped
when the residual bounds its error; without reorthogonalisation, since copies of converged values do no harm at the end
of the spectrum and the memory stays that of three vectors. The trace is Hutchinson's estimate over random signs, with
its standard error.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from scipy.linalg import eigh_tridiagonal
from torch import Tensor, nn

from emergence.measures.subject import Subject, row, together
from emergence.settings.measures import Hessian

Operator = Callable[[Tensor], Tensor]
"""A symmetric linear map of flat vectors (parameters,)."""


@dataclass(frozen=True)
class Estimate:
    """A value, its error (a bound for eigenvalues, a standard error for traces) and the products it took."""

    value: float
    error: float
    products: int


def hessian(loss: Tensor, parameters: list[nn.Parameter]) -> Operator:
    """Hessian of a scalar loss as an operator; the graph of the gradient is built once for all products."""
    parts = torch.autograd.grad(loss, parameters, create_graph=True, materialize_grads=True)
    gradient = torch.cat([part.flatten() for part in parts])

    def product(vector: Tensor) -> Tensor:
        parts = torch.autograd.grad(gradient, parameters, vector, retain_graph=True, materialize_grads=True)
        return torch.cat([part.flatten() for part in parts])

    return product


def top_eigenvalue(operator: Operator, start: Tensor, tolerance: float, products: int) -> Estimate:
    """Largest algebraic eigenvalue by Lanczos from ``start``, to a relative ``tolerance`` or ``products`` products.

    The error is the residual of the Ritz pair: an eigenvalue lies within it.
    """
    vector, before = start / start.norm(), torch.zeros_like(start)
    diagonal: list[float] = []
    beside: list[float] = []
    beta, value, error = 0.0, 0.0, float("inf")
    for _ in range(products):
        image = operator(vector) - beta * before
        diagonal.append(float(vector @ image))
        image = image - diagonal[-1] * vector
        beta = float(image.norm())
        values, vectors = eigh_tridiagonal(np.array(diagonal), np.array(beside))
        value, error = float(values[-1]), beta * abs(float(vectors[-1, -1]))
        if error <= tolerance * abs(value) or beta == 0:
            break
        beside.append(beta)
        before, vector = vector, image / beta
    return Estimate(value, error, len(diagonal))


def trace(operator: Operator, like: Tensor, draws: int, generator: torch.Generator) -> Estimate:
    """Hutchinson's estimate of the trace from ``draws`` vectors of random signs, with its standard error."""
    samples = []
    for _ in range(draws):
        signs = torch.randint(0, 2, like.shape, generator=generator).to(like) * 2 - 1
        samples.append(float(signs @ operator(signs)))
    return Estimate(float(np.mean(samples)), float(np.std(samples, ddof=1) / draws**0.5), draws)


def measure(subject: Subject[Any], rng: np.random.Generator, settings: Hessian) -> list[dict[str, Any]]:
    """Top eigenvalue and trace of the Hessian of every group's mean loss and of the mixture's (task and level null)."""
    generator = torch.Generator().manual_seed(int(rng.integers(2**63)))
    parameters = [parameter for parameter in subject.model.parameters() if parameter.requires_grad]
    size = sum(parameter.numel() for parameter in parameters)
    rows = []
    for group in (*subject.groups, None):
        parts = [group] if group else subject.groups
        operator = hessian(together(subject, parts, subject.losses(parts, settings.samples)), parameters)
        start = torch.randn(size, generator=generator).to(parameters[0])
        top = top_eigenvalue(operator, start, settings.tolerance, settings.products)
        total = trace(operator, start, settings.draws, generator)
        rows += [row(group, "top", top.value, top.error), row(group, "trace", total.value, total.error)]
    return rows
