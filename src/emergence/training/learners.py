"""Parts that all kinds of training share: the `Learner` protocol, seeds, AdamW with its update, and mixed precision.

Mixed precision is torch's autocast to bfloat16: matrix products take factors of 8 significant bits, while residual
stream, norms and loss stay float32, and so do weights and optimiser. float16 is not offered: its smallest number is
6·10⁻⁸, below which gradients vanish, so it needs loss scaling, and skips steps; bfloat16 has the range of float32.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import torch
from torch import Tensor

from emergence.config.training import Arithmetic, Optimisation
from emergence.errors import EmergenceError
from emergence.training.schedule import learning_rate


class TrainingError(EmergenceError):
    """Training that cannot go on; the message names the run, the step and the remedy."""


class Learner(Protocol):
    """One model, or several side by side, with optimiser and data: all that a training step reads or changes."""

    @property
    def weights(self) -> Mapping[str, Tensor]:
        """The tensors themselves, by name."""

    @property
    def optimiser(self) -> torch.optim.Optimizer:
        """The optimiser, with its moments."""

    def step(self, step: int) -> Any:
        """Run optimiser step ``step`` (0-based), on a batch that is a function of seed and step alone.

        Raises:
            TrainingError: if a loss or its gradient is not finite; the weights are then unchanged.
        """


@dataclass(frozen=True)
class Seeds:
    """Independent streams of one run's seed: one for the weights, one for the data."""

    initialisation: int
    data: int

    @classmethod
    def of(cls, seed: int) -> "Seeds":
        """Split a seed."""
        return cls(*(int(part) for part in np.random.SeedSequence(seed).generate_state(2)))


def adamw(parameters: Iterable[Tensor], settings: Optimisation, stacked: int = 0) -> torch.optim.AdamW:
    """AdamW that decays matrices only.

    Args:
        parameters: What it changes.
        settings: Learning rate, betas and weight decay.
        stacked: 1 if the first dimension of each parameter counts models, else 0.
    """
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
    losses: Tensor,
    parameters: Iterable[Tensor],
    optimiser: torch.optim.Optimizer,
    settings: Optimisation,
    step: int,
    runs: Sequence[str],
) -> None:
    """Clip the gradient and run optimiser step ``step`` (0-based), of one model or of stacked models.

    Args:
        losses: () of one model, or (models,); then the first dimension of all ``parameters`` counts models.
        parameters: All parameters of the optimiser.
        optimiser: As `adamw` gives it.
        settings: Learning-rate schedule and largest gradient norm.
        step: Number of optimiser steps before this one.
        runs: Name of each model's run, for the error.

    Raises:
        TrainingError: if a loss or its gradient is not finite; the weights are then unchanged.
    """
    optimiser.zero_grad()
    losses.sum().backward()
    norms = clip(
        [parameter.grad for parameter in parameters if parameter.grad is not None], settings.clip, losses.dim()
    )
    if not torch.isfinite(norms).all():  # before it reaches the weights
        first = int(torch.isfinite(norms).logical_not().flatten().nonzero()[0])
        loss, norm = losses.flatten()[first].item(), norms.flatten()[first].item()
        raise TrainingError(f"{runs[first]}: loss is {loss} at step {step}, its gradient {norm}; lower learning_rate")
    for group in optimiser.param_groups:
        group["lr"] = learning_rate(settings, step)
    optimiser.step()


def gradient_norms(gradients: Sequence[Tensor], stacked: int) -> Tensor:
    """Norm () of a gradient over all parameters or, with ``stacked=1``, of each of stacked ones (models,)."""
    each = [torch.linalg.vector_norm(gradient, dim=tuple(range(stacked, gradient.dim()))) for gradient in gradients]
    return torch.linalg.vector_norm(torch.stack(each), dim=0)


@torch.no_grad()
def clip(gradients: Sequence[Tensor], largest: float, stacked: int) -> Tensor:
    """Shorten a gradient in place to norm ``largest``, or each of stacked ones; return the norms before.

    With ``stacked=0`` the result equals that of `torch.nn.utils.clip_grad_norm_` to the bit.

    Args:
        gradients: Of each parameter.
        largest: Norm over all parameters.
        stacked: 1 if the first dimension of each gradient counts models, else 0.

    Returns:
        Norms (), or (models,) of stacked gradients.
    """
    norms = gradient_norms(gradients, stacked)
    factors = (largest / (norms + 1e-6)).clamp(max=1)
    for gradient in gradients if (factors < 1).any() else ():
        gradient *= factors.reshape(*factors.shape, *[1] * (gradient.dim() - stacked))
    return norms


def autocast(settings: Arithmetic, device: torch.device) -> AbstractContextManager[Any]:
    """Context of forward pass and loss; gradients are taken outside, each in the precision of its operation."""
    return torch.autocast(device.type, torch.bfloat16, enabled=settings.precision == "bfloat16")


def compiled(function: Callable[..., Any], settings: Arithmetic) -> Callable[..., Any]:
    """The function or module as it is, or compiled at its first call; names of a module's own weights stay."""
    return torch.compile(function) if settings.compile else function
