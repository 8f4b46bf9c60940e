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
from torch.nn.attention import SDPBackend, sdpa_kernel

from emergence.config.measures import Hessian
from emergence.subjects.subject import MeasureError, NotFiniteError, Subject, mean_loss, row

LABEL = "Hessian, top"
VARIANTS = ("top", "trace")
OPTIONS = {"samples": 64, "tolerance": 0.01, "products": 60, "draws": 20, "every": 1}

CUT = "torch::autograd::Error"
"""Node in the graph of a gradient at which a second derivative ends; products that pass it by would lack its part."""

Operator = Callable[[Tensor], Tensor]
"""A symmetric linear map of flat vectors (parameters,)."""


@dataclass(frozen=True)
class HessianEstimate:
    """A value, its error (a bound for eigenvalues, a standard error for traces) and the products it took."""

    value: float
    error: float
    products: int


def hessian(loss: Tensor, parameters: list[nn.Parameter]) -> Operator:
    """Hessian of a scalar loss as an operator; the graph of the gradient is built once for all products.

    Raises:
        MeasureError: if a layer has no second derivative; where it is only missed by a product, from the operator.
    """
    parts = torch.autograd.grad(loss, parameters, create_graph=True, materialize_grads=True)
    gradient = torch.cat([part.flatten() for part in parts])
    if gradient.grad_fn is not None and CUT in _nodes(gradient.grad_fn):
        raise _undefined("a function is marked with @once_differentiable")

    def product(vector: Tensor) -> Tensor:
        try:
            parts = torch.autograd.grad(gradient, parameters, vector, retain_graph=True, materialize_grads=True)
        except RuntimeError as error:
            if "derivative for" not in str(error):
                raise
            raise _undefined(" ".join(str(error).split())) from None
        return torch.cat([part.flatten() for part in parts])

    return product


def _nodes(function: Any) -> set[str]:
    """Names of the functions in a graph of automatic differentiation."""
    seen, waiting = set(), [function]
    while waiting:
        if (node := waiting.pop()) is not None and node not in seen:
            seen.add(node)
            waiting += [following for following, _ in node.next_functions]
    return {node.name() for node in seen}


def _undefined(reason: str) -> MeasureError:
    return MeasureError(f"the model has no second derivative ({reason})", "replace the layer")


def top_eigenvalue(operator: Operator, start: Tensor, tolerance: float, products: int) -> HessianEstimate:
    """Largest algebraic eigenvalue by Lanczos from ``start``, to a relative ``tolerance`` or ``products`` products.

    The error is the residual of the Ritz pair: an eigenvalue lies within it.

    Args:
        operator: The symmetric map.
        start: Vector (parameters,) from which the Krylov space is spanned.
        tolerance: Of the error, relative to the eigenvalue.
        products: Most products with the operator.

    Raises:
        NotFiniteError: if the operator gives no finite numbers.
    """
    vector, before = start / start.norm(), torch.zeros_like(start)
    diagonal: list[float] = []
    beside: list[float] = []
    beta, value, error = 0.0, 0.0, float("inf")
    for _ in range(products):
        image = operator(vector) - before.mul_(beta)
        diagonal.append(float(vector @ image))
        if not np.isfinite(diagonal[-1]):
            raise NotFiniteError("the Hessian is not finite", "measure an earlier checkpoint")
        image.sub_(torch.mul(vector, diagonal[-1], out=before))
        beta = float(image.norm())
        values, vectors = eigh_tridiagonal(np.array(diagonal), np.array(beside))
        value, error = float(values[-1]), beta * abs(float(vectors[-1, -1]))
        if error <= tolerance * abs(value) or beta == 0:
            break
        beside.append(beta)
        before, vector = vector, image.div_(beta)
    return HessianEstimate(value, error, len(diagonal))


def trace(operator: Operator, like: Tensor, draws: int, generator: torch.Generator) -> HessianEstimate:
    """Hutchinson's estimate of the trace from ``draws`` vectors of random signs, with its standard error.

    Args:
        operator: The symmetric map.
        like: Vector (parameters,) whose shape, type and device the draws have.
        draws: Vectors of random signs, at least two.
        generator: Of the signs, on the CPU.
    """
    samples = []
    for _ in range(draws):
        signs = torch.randint(0, 2, like.shape, generator=generator, dtype=like.dtype).mul_(2).sub_(1).to(like.device)
        samples.append(float(signs @ operator(signs)))
    return HessianEstimate(float(np.mean(samples)), float(np.std(samples, ddof=1) / draws**0.5), draws)


def measure(subject: Subject[Any], rng: np.random.Generator, settings: Hessian) -> list[dict[str, Any]]:
    """Top eigenvalue and trace of the Hessian of every group's mean loss and of the mixture's (task and level null)."""
    generator = torch.Generator().manual_seed(int(rng.integers(2**63)))
    return [one for group in (*subject.groups, None) for one in _rows(subject, group, settings, generator)]


def _rows(subject: Subject[Any], group: Any, settings: Hessian, generator: torch.Generator) -> list[dict[str, Any]]:
    """Rows of one group, or of the mixture; what they took of memory ends with the call."""
    parameters = [parameter for parameter in subject.model.parameters() if parameter.requires_grad]
    parts = [group] if group else subject.groups
    with sdpa_kernel(SDPBackend.MATH):  # fused attention has no second derivative
        losses = subject.losses(parts, settings.samples)
    operator = hessian(mean_loss(subject, parts, losses), parameters)
    size = sum(parameter.numel() for parameter in parameters)
    like = parameters[0].detach().flatten()[:1].expand(size)
    start = torch.randn(size, generator=generator)
    top = top_eigenvalue(operator, start.to(like), settings.tolerance, settings.products)
    total = trace(operator, like, settings.draws, generator)
    return [row(group, "top", top.value, top.error), row(group, "trace", total.value, total.error)]
