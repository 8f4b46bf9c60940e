"""Interventions on training: penalties on representations, and the loss term that applies one.

A penalty is a plain function ``(states, step) -> penalty`` of this module. A configuration names it in
`interventions.paired.arms`, so a new one is a function here and a line there. The rank of the penalties is that by
which a collapse is judged: RankMe of the centred states.
"""

import math
from dataclasses import dataclass, field

import torch
from torch import Tensor

from emergence.config.arms import Arm

RAISED = 1e-10
TURN = 8
"""Steps in which the direction of the sham turns once: as few as Adam's first moment averages over."""


@dataclass(frozen=True)
class States:
    """Representations (positions, width) in the last layer, at the positions that predict an answer token."""

    now: Tensor
    initial: Tensor
    """the same of the untrained model, on the batch of step 0"""


def log_rank(states: Tensor) -> Tensor:
    """Entropy of the normalised singular values of centred (positions, width) states, in float64: the log of RankMe.

    Every squared singular value is raised by a share `RAISED` of their sum, so that the gradient is finite everywhere.

    >>> log_rank(torch.tensor([[1.0, 0.0], [-1.0, 0.0], [0.0, 1.0], [0.0, -1.0]])).exp()
    tensor(2., dtype=torch.float64)
    """
    centred = (states - states.mean(dim=0, keepdim=True)).double()
    positions, width = centred.shape
    gram = centred @ centred.mT if positions < width else centred.mT @ centred  # of which the smaller is as good
    squared = torch.linalg.eigvalsh(gram).clamp(min=0)
    singular = (squared + RAISED * squared.sum()).sqrt()
    return torch.special.entr(singular / singular.sum()).sum()


def rank_loss(states: States, step: int) -> Tensor:  # noqa: ARG001
    """Square of how far the log rank has fallen below its initial value: it prevents a collapse."""
    fall = log_rank(states.initial) - log_rank(states.now)
    return fall.clamp(min=0).square()


def rank_gain(states: States, step: int) -> Tensor:
    """The same with the other sign: it deepens and prolongs a collapse."""
    return -rank_loss(states, step)


def mean_shift(states: States, step: int) -> Tensor:
    """Mean state along a direction that turns within a fixed random plane: a sham, since it leaves the rank alone.

    A shift of all states does not change their covariance. The direction turns slowly, so that the push is smooth in
    time, and once round in `TURN` steps, so that it does not add up.
    """
    generator, angle = torch.Generator().manual_seed(0), 2 * math.pi * step / TURN
    plane, _ = torch.linalg.qr(torch.randn(states.now.shape[-1], 2, generator=generator, dtype=torch.float64))
    direction = plane @ torch.tensor([math.cos(angle), math.sin(angle)], dtype=torch.float64)
    return states.now.mean(dim=0) @ direction.to(states.now)


@dataclass
class Intervention:
    """The loss term of one arm: a penalty with its weight, between two steps.

    The term of an arm that is matched to another is scaled, at each step, such that its gradient on the parameters has
    the norm that the gradient of the other has at the same step.
    """

    arm: Arm
    initial: Tensor
    matched: "Intervention | None" = None
    """of the run with the same seed; None leaves the term as it is"""
    applied: dict[int, tuple[float, float]] = field(default_factory=dict)
    """value and gradient norm of the term at each step"""

    def acts(self, step: int) -> bool:
        """Whether there is a term at a step."""
        return self.arm.first <= step and (self.arm.until is None or step < self.arm.until)

    def __call__(self, states: Tensor, step: int) -> Tensor:
        """The term at a step, before it is scaled."""
        return self.arm.weight * self.arm.function(States(states, self.initial), step)

    def scale(self, step: int, value: float, norm: float) -> float:
        """Factor on the gradient of the term; what is applied is recorded.

        Args:
            step: Optimiser step, 0-based.
            value: Of the term, before it is scaled.
            norm: Of its gradient on all parameters, before it is scaled.
        """
        factor = 1.0
        if self.matched is not None:
            _, wanted = self.matched.applied.get(step, (0.0, 0.0))
            factor = wanted / norm if norm > 0 else 0.0
        self.applied[step] = factor * value, factor * norm
        return factor
