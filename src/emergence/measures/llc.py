"""Local learning coefficient by stochastic gradient Langevin dynamics.

``λ̂ = nβ (E_w[L(w)] − L(w*))`` with the expectation over the tempered posterior near a checkpoint w* (Lau et al. 2023,
arXiv:2308.12108), sampled by ``Δw = −(ε/2)(nβ ∇L_batch + γ (w − w*)) + N(0, ε)``. One set of chains on the loss of the
mixture carries the loss of every group of examples as an observable; ``variant`` is then ``mixture``. The refined
variant ``own`` runs chains on one group's loss alone. Batches come from a fixed pool, and L(w*) is that of the batches
that the draws see, so that batch noise cancels. Early checkpoints are not minima: estimates there are biased, may be
negative, and are reported unchanged. A chain whose loss stops being finite makes the estimate null and is counted in
the variant ``diverged``.

With a pull γ far above nβ times the curvatures, the chains see a paraboloid, and ``λ̂ ≈ nβ tr H/2γ``: whether λ̂ says
more than the curvature is told beside it (table ``llc_validity``). The loss of the mixture along the chains, less that
of the same batch at the checkpoint, gives the variants ``rhat``, ``ess``, ``drift`` and ``valid``
(`emergence.measures.chain_diagnostics`).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from emergence.config.measures import LocalLearning
from emergence.measures.chain_diagnostics import diagnose
from emergence.subjects.subject import Group, Subject, mean_loss, row

LABEL = "LLC"
VARIANTS = ("mixture", "own")
OPTIONS = {
    "chains": 4,
    "burn_in": 200,
    "draws": 400,
    "pool": 32,
    "examples": 16,
    "step_size": 1e-5,
    "n_beta": 100.0,
    "localisation": 100.0,
    "own": False,
    "seed": 0,
    "every": 1,
}
"""a start from which to look for a plateau, model by model"""

Losses = Callable[[int], tuple[Tensor, Tensor]]
"""From the number of a batch in the pool to the loss that is sampled and the observables (k,) to average."""


class FlatWeights:
    """All trained weights of a module as one vector, their gradients as another; its tensors are views of them."""

    def __init__(self, module: nn.Module) -> None:
        parameters = [parameter for parameter in module.parameters() if parameter.requires_grad]
        self.values = torch.cat([parameter.detach().flatten() for parameter in parameters])
        self.gradients = torch.zeros_like(self.values)
        sizes = [parameter.numel() for parameter in parameters]
        views = zip(parameters, self.values.split(sizes), self.gradients.split(sizes), strict=True)
        for parameter, value, gradient in views:
            parameter.data, parameter.grad = value.view_as(parameter), gradient.view_as(parameter)


@dataclass(frozen=True)
class Chains:
    """Estimates (chains, observables), NaN in the rows of chains that diverged."""

    estimates: Tensor
    traces: Tensor | None = None
    """nβ times the excess of the first observable over the checkpoint's on the same batch (chains, draws)"""

    @property
    def value(self) -> Tensor:
        """Mean over chains (observables,); NaN if any chain diverged."""
        return self.estimates.mean(dim=0)

    @property
    def standard_error(self) -> Tensor:
        """Standard error of the mean, from the spread between chains (observables,)."""
        return self.estimates.std(dim=0) / len(self.estimates) ** 0.5

    @property
    def diverged(self) -> float:
        """Share of chains that diverged."""
        return float(self.estimates.isnan().any(dim=1).double().mean())


def sample(weights: FlatWeights, losses: Losses, settings: LocalLearning, generator: torch.Generator) -> Chains:
    """Run the chains from the weights' present values, to which they are put back; estimate every observable's λ̂.

    Args:
        weights: All weights as one vector, with their gradient.
        losses: Loss and observables of a numbered batch.
        settings: Step size ε, pull γ, nβ, and numbers of chains and draws.
        generator: Of the noise, on the CPU.

    Returns:
        Estimates (chains, observables), and traces of the first observable (chains, draws).
    """
    origin = weights.values.clone()
    drawn = [batch % settings.pool for batch in range(settings.burn_in, settings.burn_in + settings.draws)]
    with torch.no_grad():
        each = {batch: losses(batch)[1].double() for batch in sorted(set(drawn))}
    before = torch.stack([each[batch] for batch in drawn])
    estimates, traces = [], []
    for _ in range(settings.chains):
        after, trace = chain(weights, origin, losses, settings, generator)
        estimates.append(settings.n_beta * (after - before.mean(dim=0)))
        traces.append(settings.n_beta * (trace - before[:, 0]))
        weights.values.copy_(origin)
    weights.gradients.zero_()
    return Chains(torch.stack(estimates), torch.stack(traces))


def chain(
    weights: FlatWeights, origin: Tensor, losses: Losses, settings: LocalLearning, generator: torch.Generator
) -> tuple[Tensor, Tensor]:
    """Mean of the observables over one chain's draws (float64), NaN if its loss stops being finite, and the first's.

    Args:
        weights: All weights as one vector, with their gradient; they are left where the chain ends.
        origin: The weights (parameters,) to which the chain is pulled.
        losses: Loss and observables of a numbered batch.
        settings: Step size ε, pull γ, nβ, and numbers of draws.
        generator: Of the noise, on the CPU.

    Returns:
        The mean (observables,), and the first observable at each draw (draws,).
    """
    total: Tensor | None = None
    trace = []
    noise = torch.empty(weights.values.shape, dtype=weights.values.dtype)
    for step in range(settings.burn_in + settings.draws):
        weights.gradients.zero_()
        loss, observables = losses(step % settings.pool)
        loss.backward()
        if step >= settings.burn_in:
            total = observables.detach().double() + (0 if total is None else total)
            trace.append(observables[0].detach().double())
        drift = weights.gradients.mul_(settings.n_beta).add_(weights.values - origin, alpha=settings.localisation)
        weights.values.add_(drift, alpha=-settings.step_size / 2)
        weights.values.add_(noise.normal_(generator=generator).to(origin.device), alpha=settings.step_size**0.5)
    assert total is not None
    mean = total / settings.draws
    return mean if bool(mean.isfinite().all()) else torch.full_like(mean, torch.nan), torch.stack(trace)


class MixtureLosses:
    """Loss of batches of some groups of examples: of all together, and of each."""

    def __init__(self, subject: Subject[Any], groups: Sequence[Any], settings: LocalLearning) -> None:
        self.subject, self.groups = subject, groups
        self.batches = subject.batches(groups, settings.pool, settings.examples, settings.seed)

    def __call__(self, batch: int) -> tuple[Tensor, Tensor]:
        """Loss of all groups together, and observables (1 + groups,): the same, then that of each group."""
        parts = self.batches[batch]()
        loss = mean_loss(self.subject, self.groups, parts)
        return loss, torch.stack([loss, *(part.mean() for part in parts)])


def measure(subject: Subject[Any], rng: np.random.Generator, settings: LocalLearning) -> list[dict[str, Any]]:
    """λ̂ of the mixture (task null) and of every group, by the mixture's chains and, if asked for, by its own."""
    generator = torch.Generator().manual_seed(int(rng.integers(2**63)))
    mixture = MixtureLosses(subject, subject.groups, settings)  # first, as it refuses weights that make no one vector
    weights = FlatWeights(subject.model)
    chains = sample(weights, mixture, settings, generator)
    rows = _rows([None, *subject.groups], "mixture", chains) + _diagnostics("mixture", chains)
    for group in subject.groups if settings.own else []:
        own = sample(weights, MixtureLosses(subject, [group], settings), settings, generator)
        rows += _rows([group], "own", own)
    return rows


def _diagnostics(variant: str, chains: Chains) -> list[dict[str, Any]]:
    """Rows of what the traces of the mixture's loss tell of the estimate."""
    assert chains.traces is not None
    told = diagnose(chains.traces.cpu().numpy())
    return [row(None, f"{variant}/{name}", float(value)) for name, value in vars(told).items()]


def _rows(groups: Sequence[Group | None], variant: str, chains: Chains) -> list[dict[str, Any]]:
    rows = []
    for group, value, error in zip(groups, chains.value.tolist(), chains.standard_error.tolist(), strict=False):
        rows += [row(group, variant, value, error), row(group, f"{variant}/diverged", chains.diverged)]
    return rows
