"""What every training loop with AdamW shares: the streams of its seed, its optimiser, and one update."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from emergence.errors import EmergenceError
from emergence.settings.learning import Optimisation
from emergence.training.schedule import learning_rate


class TrainingError(EmergenceError):
    """Training that cannot go on; the message says where it stopped and what to try."""


class DivergenceError(TrainingError):
    """A loss that is not finite any more, and which model of a stack has it."""

    def __init__(self, message: str, model: int) -> None:
        super().__init__(message)
        self.model = model


@dataclass(frozen=True)
class Seeds:
    """Independent streams of one run's seed: one for the weights, one for the data."""

    initialisation: int
    data: int

    @classmethod
    def of(cls, seed: int) -> "Seeds":
        """Split a seed."""
        return cls(*(int(part) for part in np.random.SeedSequence(seed).generate_state(2)))


def optimiser(parameters: Iterable[Tensor], settings: Optimisation, stacked: int = 0) -> torch.optim.AdamW:
    """AdamW that decays matrices only; the first dimension counts models and no more where they are ``stacked``: 1."""
    matrices: list[Tensor] = []
    vectors: list[Tensor] = []
    for parameter in parameters:
        (matrices if parameter.dim() - stacked > 1 else vectors).append(parameter)
    groups: list[dict[str, Any]] = [{"params": matrices}, {"params": vectors, "weight_decay": 0.0}]
    beta_1, beta_2 = settings.betas
    return torch.optim.AdamW(
        groups, lr=settings.learning_rate, betas=(beta_1, beta_2), weight_decay=settings.weight_decay, fused=True
    )


def update(
    losses: Tensor, parameters: Iterable[Tensor], descent: torch.optim.Optimizer, settings: Optimisation, step: int
) -> None:
    """Make the update that follows ``step`` earlier ones, of one model or of stacked models, each by its own loss.

    ``losses`` is () or (models,); in the latter case the first dimension of all ``parameters`` counts models.

    Raises:
        DivergenceError: if a loss or its gradient is not finite; the weights are then those of before.
    """
    descent.zero_grad()
    losses.sum().backward()
    norms = clip(
        [parameter.grad for parameter in parameters if parameter.grad is not None], settings.clip, losses.dim()
    )
    if not torch.isfinite(norms).all():  # before it reaches the weights
        first = int(torch.isfinite(norms).logical_not().flatten().nonzero()[0])
        loss, norm = losses.flatten()[first].item(), norms.flatten()[first].item()
        raise DivergenceError(f"loss is {loss} at step {step}, its gradient is {norm}", first)
    for group in descent.param_groups:
        group["lr"] = learning_rate(settings, step)
    descent.step()


@torch.no_grad()
def clip(gradients: Sequence[Tensor], largest: float, stacked: int) -> Tensor:
    """Shorten a gradient in place to the ``largest`` norm, or each of stacked ones; return the norms before.

    Norms are () or, where ``stacked`` is 1, (models,). As `torch.nn.utils.clip_grad_norm_`, to the bit, where it is 0.
    """
    each = [torch.linalg.vector_norm(gradient, dim=tuple(range(stacked, gradient.dim()))) for gradient in gradients]
    norms = torch.linalg.vector_norm(torch.stack(each), dim=0)
    factors = (largest / (norms + 1e-6)).clamp(max=1)
    for gradient in gradients:
        gradient *= factors.reshape(*factors.shape, *[1] * (gradient.dim() - stacked))
    return norms
