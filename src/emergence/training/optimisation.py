"""What every training loop with AdamW shares: the streams of its seed, its optimiser, and one update."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from emergence.errors import EmergenceError
from emergence.settings.learning import Optimisation
from emergence.training.schedule import learning_rate


class TrainingError(EmergenceError):
    """Training that cannot go on; the message says where it stopped and what to try."""


@dataclass(frozen=True)
class Seeds:
    """Independent streams of one run's seed: one for the weights, one for the data."""

    initialisation: int
    data: int

    @classmethod
    def of(cls, seed: int) -> "Seeds":
        """Split a seed."""
        return cls(*(int(part) for part in np.random.SeedSequence(seed).generate_state(2)))


def optimiser(model: nn.Module, settings: Optimisation) -> torch.optim.AdamW:
    """AdamW that decays matrices only."""
    matrices = [parameter for parameter in model.parameters() if parameter.dim() > 1]
    vectors = [parameter for parameter in model.parameters() if parameter.dim() <= 1]
    groups: list[dict[str, Any]] = [{"params": matrices}, {"params": vectors, "weight_decay": 0.0}]
    beta_1, beta_2 = settings.betas
    return torch.optim.AdamW(
        groups, lr=settings.learning_rate, betas=(beta_1, beta_2), weight_decay=settings.weight_decay, fused=True
    )


def update(
    loss: Tensor, parameters: Iterable[Tensor], descent: torch.optim.Optimizer, settings: Optimisation, step: int
) -> None:
    """Make the update that follows ``step`` earlier ones.

    Raises:
        TrainingError: if the loss or its gradient is not finite; the weights are then those of before.
    """
    descent.zero_grad()
    loss.backward()
    norm = torch.nn.utils.clip_grad_norm_(parameters, settings.clip)
    if not torch.isfinite(norm):  # before it reaches the weights
        raise TrainingError(f"loss is {loss.item()} at step {step}, its gradient is {norm.item()}")
    for group in descent.param_groups:
        group["lr"] = learning_rate(settings, step)
    descent.step()
