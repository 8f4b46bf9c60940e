"""Runs of Study 4 before their first step: plain ones, with what a cell or an arm changes.

Weights, batches and everything else are those of a plain run with the same seed.
"""

from collections.abc import Mapping, Sequence

import torch

from emergence.config.arms import PLAIN, Arm
from emergence.config.frequencies import OptimiserName
from emergence.config.interventions import SIGMA, Cell
from emergence.config.training import TrainSettings
from emergence.tasks.batches import Layout
from emergence.training.interventions import Intervention
from emergence.training.learners import Seeds, adamw
from emergence.training.lockstep import ShortRun
from emergence.training.schedule import Rate, learning_rate, shifted_rate
from emergence.training.task_transformer import TaskLearner

MOMENTUM = 0.9


def run_of_cell(cell: Cell, settings: TrainSettings, device: torch.device) -> ShortRun:
    """A run with the initial σ and the optimiser of a cell of the clock.

    Args:
        cell: Its σ and optimiser replace those of the plain run.
        settings: Of the plain run.
        device: On which the run is trained.
    """
    learner = TaskLearner(settings, device)
    scale_weights(learner, cell.sigma)
    learner.optimiser = optimiser(cell.optimiser, learner)
    return ShortRun(learner)


@torch.no_grad()
def scale_weights(learner: TaskLearner, sigma: float) -> None:
    """Give initial weights, but for biases and scales, another standard deviation."""
    if sigma != SIGMA:
        for weight in learner.model.parameters():
            if weight.dim() > 1:
                weight.mul_(sigma / SIGMA)


def optimiser(name: OptimiserName, learner: TaskLearner) -> torch.optim.Optimizer:
    """AdamW as in all studies, Adam with the same moments, or SGD with momentum; the last two do not decay weights."""
    settings, parameters = learner.settings, learner.model.parameters()
    if name == "adamw":
        return adamw(parameters, settings)
    if name == "adam":
        beta_1, beta_2 = settings.betas
        return torch.optim.Adam(parameters, lr=settings.learning_rate, betas=(beta_1, beta_2), fused=True)
    return torch.optim.SGD(parameters, lr=settings.learning_rate, momentum=MOMENTUM)


def run_of_frequencies(
    name: OptimiserName, counts: Sequence[int], settings: TrainSettings, device: torch.device
) -> ShortRun:
    """A run with an optimiser, in whose batches each task-level has as many examples as given.

    Args:
        name: Of the optimiser.
        counts: Examples of each task-level in a batch, in the order of the settings.
        settings: Of the plain run.
        device: On which the run is trained.
    """
    learner = TaskLearner(settings, device)
    learner.feed(Layout(settings.task_levels, tuple(counts)), Seeds.of(settings.seed).data)
    learner.optimiser = optimiser(name, learner)
    return ShortRun(learner)


def runs_of_arms(arms: Mapping[str, Arm], settings: TrainSettings, device: torch.device) -> dict[str, ShortRun]:
    """The plain run, and one of each arm in the order given, by name.

    Args:
        arms: By name; one that is matched to another comes after it.
        settings: Of the plain run.
        device: On which the runs are trained.
    """
    runs = {PLAIN: ShortRun(TaskLearner(settings, device))}
    for name, arm in arms.items():
        runs[name] = run = ShortRun(TaskLearner(settings, device), rate=rate_of(arm))
        scale_weights(run.learner, SIGMA if arm.sigma is None else arm.sigma)
        if arm.penalty is not None:
            matched = runs[arm.matched].term if arm.matched else None
            run.term = Intervention(arm, _initial_states(run.learner), matched)
    return runs


def rate_of(arm: Arm) -> Rate:
    """Learning rate of an arm."""
    if arm.warmup is not None:
        return shifted_rate(arm.warmup, arm.until) if arm.until else other_warmup(arm.warmup)
    return scaled_rate(arm.rate) if arm.rate is not None else learning_rate


def scaled_rate(factor: float) -> Rate:
    """The configured schedule times a factor."""
    return lambda settings, step: factor * learning_rate(settings, step)


def other_warmup(steps: int) -> Rate:
    """The configured schedule but for the length of its warm-up."""
    return lambda settings, step: learning_rate(settings.model_copy(update={"warmup": steps}), step)


@torch.no_grad()
def _initial_states(learner: TaskLearner) -> torch.Tensor:
    """Final states (positions, width) of the untrained model on the batch of step 0."""
    inputs, _ = learner.stream(0)
    return learner.model.final_states(
        torch.from_numpy(inputs).to(learner.device), learner.positions, learner.mask, learner.target_index
    )
