"""Top eigenvalue and trace of the Hessian against curvlinops (with SciPy's ARPACK), on the same batch."""

from collections.abc import Iterator
from functools import partial
from typing import Any

import numpy as np
import torch
from anatomy import Grid, Setup, setups
from plain import OnGrid, Plain
from timing import Agreement, Case, Peer, Work
from torch import nn

from emergence.measures import hessian
from emergence.measures.hessian import HessianEstimate, Operator
from emergence.subjects.subject import mean_loss

TOLERANCE, PRODUCTS, DRAWS = 0.01, 100, 10


def cases() -> Iterator[Case]:
    """Of the mixture of all task-levels, at every size."""
    for setup in setups():
        top, trace = partial(top_of, setup), partial(trace_of, setup)
        yield Case("Hessian, top eigenvalue to 1 %", setup.name, top, (Peer("curvlinops", partial(eigsh, setup)),))
        peer = Peer("curvlinops", partial(hutchinson, setup))
        yield Case(f"Hessian, trace of {DRAWS} draws", setup.name, trace, (peer,))


def samples(setup: Setup) -> int:
    assert setup.measures.hessian is not None
    return setup.measures.hessian.samples


def operator(setup: Setup) -> tuple[Operator, torch.Tensor]:
    """The Hessian and a start."""
    subject, parameters = setup.subject, list(setup.model.parameters())
    loss = mean_loss(subject, subject.groups, subject.losses(subject.groups, samples(setup)))
    start = torch.randn(sum(each.numel() for each in parameters), generator=torch.Generator().manual_seed(0))
    return hessian.hessian(loss, parameters), start


def top_of(setup: Setup) -> HessianEstimate:
    """Ours."""
    return hessian.top_eigenvalue(*operator(setup), TOLERANCE, PRODUCTS)


def trace_of(setup: Setup, draws: int = DRAWS) -> HessianEstimate:
    """Ours."""
    product, start = operator(setup)
    return hessian.trace(product, start, draws, torch.Generator().manual_seed(0))


def linear_operator(setup: Setup) -> Any:
    """The peer's Hessian of the same loss."""
    from curvlinops import HessianLinearOperator

    layout = setup.layout(samples(setup))
    sequences = [tokens[: samples(setup)] for tokens in setup.subject.probe.sequences.values()]
    grid = Grid(layout, *map(torch.from_numpy, (layout.inputs(sequences), layout.targets(sequences))))
    model = OnGrid(Plain(setup, fused=False), grid)
    batches = [(grid.inputs, grid.answers)]
    weights = list(model.parameters())
    return HessianLinearOperator(model, nn.CrossEntropyLoss(), weights, batches, check_deterministic=False)


def eigsh(setup: Setup) -> tuple[Work, Agreement]:
    """The peer's eigenvalue to the same tolerance."""
    from scipy.sparse.linalg import eigsh

    def work() -> float:
        curvature = linear_operator(setup).to_scipy()
        return float(eigsh(curvature, k=1, which="LA", tol=TOLERANCE, return_eigenvectors=False)[0])

    theirs = work()
    return work, Agreement("eigenvalue", abs(top_of(setup).value / theirs - 1), TOLERANCE)


def hutchinson(setup: Setup) -> tuple[Work, Agreement]:
    """The peer's trace from as many random vectors."""
    from curvlinops import hutchinson_trace

    def work() -> float:
        return float(hutchinson_trace(linear_operator(setup), num_matvecs=DRAWS))

    own = trace_of(setup)
    apart = abs(np.mean([work() for _ in range(2)]) - own.value) / own.error
    return work, Agreement("standard errors", float(apart), 4.0)
