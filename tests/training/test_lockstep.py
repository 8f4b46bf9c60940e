"""Runs in lockstep are what they would be alone, and what is added to one leaves the others as they are."""

import math
from collections.abc import Callable

import pytest
import torch

from emergence.config.arms import Arm
from emergence.config.training import TrainSettings
from emergence.training.lockstep import Lockstep, ShortRun
from emergence.training.short_runs import runs_of_arms
from emergence.training.task_transformer import TaskLearner

CPU = torch.device("cpu")


def trained(arms: dict[str, Arm], settings: TrainSettings, steps: int) -> dict[str, ShortRun]:
    runs = runs_of_arms(arms, settings, CPU)
    lockstep = Lockstep(list(runs.values()))
    for step in range(steps):
        lockstep.step(step)
    return runs


def weights(run: ShortRun) -> torch.Tensor:
    return torch.cat([weight.detach().flatten() for weight in run.learner.model.parameters()])


def test_each_run_learns_what_it_would_learn_alone(make_settings: Callable[..., TrainSettings]) -> None:
    """With seeds, rates and warm-ups of their own; in float64, since AdamW makes much of the last digit."""
    kinds = [make_settings(seed=1), make_settings(seed=2, learning_rate=0.03, warmup=2)]
    runs, alone = [ShortRun(TaskLearner(one, CPU)) for one in kinds], [TaskLearner(one, CPU) for one in kinds]
    for learner in (*alone, *(run.learner for run in runs)):
        learner.model.double()
    lockstep = Lockstep(runs)
    for step in range(12):
        lockstep.step(step)
        for run, learner in zip(runs, alone, strict=True):
            torch.testing.assert_close(run.loss, learner.step(step), rtol=1e-6, atol=1e-6)
    for run, learner in zip(runs, alone, strict=True):
        for name, weight in learner.weights.items():
            torch.testing.assert_close(run.learner.weights[name], weight, rtol=1e-5, atol=1e-6)


@pytest.mark.long
def test_with_weight_zero_the_run_is_the_plain_one_to_the_bit(settings: TrainSettings) -> None:
    runs = trained({"zero": Arm(penalty="rank_loss", weight=0.0, until=12)}, settings, 12)
    assert len(runs["zero"].term.applied) == 12  # type: ignore[union-attr]
    assert torch.equal(weights(runs["zero"]), weights(runs["plain"]))


def test_a_penalty_acts_between_its_steps_alone(settings: TrainSettings) -> None:
    arm = Arm(penalty="mean_shift", weight=3.0, first=4, until=6)
    before, after = (trained({"arm": arm}, settings, steps) for steps in (4, 7))
    assert torch.equal(weights(before["arm"]), weights(before["plain"]))
    assert not torch.equal(weights(after["arm"]), weights(after["plain"]))
    assert sorted(after["arm"].term.applied) == [4, 5]  # type: ignore[union-attr]


def test_the_gradient_is_that_of_the_loss_and_the_term(settings: TrainSettings) -> None:
    """Recomputed at the first step from an untrained model, by one gradient of the sum."""
    arm = Arm(penalty="mean_shift", weight=0.1, until=5)
    run = trained({"arm": arm}, settings.model_copy(update={"training": settings.training}), 1)["arm"]
    learner = TaskLearner(settings, CPU)
    inputs, targets = map(torch.from_numpy, learner.stream(0))
    states = learner.model.final_states(inputs, learner.positions, learner.mask, learner.target_index)
    loss = torch.nn.functional.cross_entropy(learner.model.logits(states), targets)
    parameters = list(learner.model.parameters())
    gradients = torch.autograd.grad(loss + run.term(states, 0), parameters)  # type: ignore[misc]
    total = torch.stack([gradient.norm() for gradient in gradients]).norm()
    assert run.gradient_norm.item() == pytest.approx(total.item(), rel=1e-5)


def test_a_penalty_that_diverges_ends_its_run_alone(settings: TrainSettings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("emergence.training.interventions.rank_loss", lambda states, step: states.now.sum() * math.inf)  # noqa: ARG005
    arms = {"broken": Arm(penalty="rank_loss", weight=1.0, until=5), "sham": Arm(penalty="mean_shift", until=5)}
    runs = trained(arms, settings, 6)
    assert [run.diverged for run in runs.values()] == [False, True, False]
    assert torch.equal(weights(runs["broken"]), weights(runs_of_arms({}, settings, CPU)["plain"]))
    assert torch.isfinite(weights(runs["plain"])).all()
