"""Learners of Study 4: transformers with another optimiser or initialisation, or with an intervention.

Each is a `TaskLearner` that is changed before its first step, so weights, batches and everything else are those of a
plain run with the same seed.
"""

from collections.abc import Mapping

import torch

from emergence.config.interventions import SIGMA, Arm, Cell, OptimiserName
from emergence.config.training import TrainSettings
from emergence.training.interventions import Intervention
from emergence.training.learners import adamw
from emergence.training.schedule import shifted_rate
from emergence.training.task_transformer import TaskLearner

MOMENTUM = 0.9


def learner_of_cell(cell: Cell, settings: TrainSettings, device: torch.device) -> TaskLearner:
    """A learner with the initial σ and the optimiser of a cell of the clock."""
    learner = TaskLearner(settings, device)
    if cell.sigma != SIGMA:
        with torch.no_grad():
            for weight in learner.model.parameters():
                if weight.dim() > 1:
                    weight.mul_(cell.sigma / SIGMA)
    learner.optimiser = optimiser(cell.optimiser, learner)
    return learner


def optimiser(name: OptimiserName, learner: TaskLearner) -> torch.optim.Optimizer:
    """AdamW as in all studies, Adam with the same moments, or SGD with momentum; the last two do not decay weights."""
    settings, parameters = learner.settings, learner.model.parameters()
    if name == "adamw":
        return adamw(parameters, settings)
    if name == "adam":
        beta_1, beta_2 = settings.betas
        return torch.optim.Adam(parameters, lr=settings.learning_rate, betas=(beta_1, beta_2), fused=True)
    return torch.optim.SGD(parameters, lr=settings.learning_rate, momentum=MOMENTUM)


def learner_of_arm(
    arm: Arm | None, settings: TrainSettings, device: torch.device, norms: Mapping[int, float] | None = None
) -> tuple[TaskLearner, Intervention | None]:
    """A learner under an intervention, and its loss term, if it has one.

    Args:
        arm: The intervention; None for the plain arm.
        settings: Of the plain arm.
        device: Where it trains.
        norms: Gradient norm of the arm that this one is matched to, by step.
    """
    learner = TaskLearner(settings, device)
    if arm is None:
        return learner, None
    if arm.warmup is not None:
        learner.rate = shifted_rate(arm.warmup, arm.until)
        return learner, None
    inputs, _ = learner.stream(0)
    grid = (torch.from_numpy(inputs).to(device), learner.positions, learner.mask, learner.target_index)
    with torch.no_grad():
        initial = learner.model.final_states(*grid)
    learner.term = Intervention(arm, initial, norms if arm.matched else None)
    return learner, learner.term
