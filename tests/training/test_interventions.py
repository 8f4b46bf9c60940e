"""Penalties on representations: what each does to states, and what its loss term does to a run."""

import math
from collections.abc import Callable

import pytest
import torch

from emergence.config.interventions import Arm, penalties
from emergence.config.training import TrainSettings
from emergence.training.interventions import States, mean_shift, participation_ratio, rank_gain, rank_loss
from emergence.training.learners import TrainingError
from emergence.training.short_runs import learner_of_arm
from emergence.training.task_transformer import TaskLearner

CPU = torch.device("cpu")


def states(directions: int) -> torch.Tensor:
    """As many states as needed to vary equally in each of a number of directions, of eight."""
    basis = torch.eye(8, dtype=torch.float64)[:directions]
    return torch.cat([basis, -basis])


@pytest.mark.parametrize("directions", [1, 2, 5, 8])
def test_the_participation_ratio_counts_equal_directions(directions: int) -> None:
    assert participation_ratio(states(directions) + 3.0).item() == pytest.approx(directions)


def test_the_penalty_is_the_squared_fall_of_the_log_rank() -> None:
    assert rank_loss(States(states(2), states(8)), 0).item() == pytest.approx(math.log(4) ** 2)
    assert rank_loss(States(states(8), states(2)), 0).item() == 0  # a rise costs nothing
    assert rank_gain(States(states(2), states(8)), 0).item() == pytest.approx(-(math.log(4) ** 2))


def test_the_sham_leaves_the_rank_alone_and_the_penalty_raises_it() -> None:
    now = torch.randn(40, 8, dtype=torch.float64, generator=torch.Generator().manual_seed(1)) * torch.arange(1, 9)
    for penalty, raises in ((mean_shift, False), (rank_loss, True), (rank_gain, True)):
        moved = now.clone().requires_grad_()
        penalty(States(moved, states(8)), 0).backward()
        change = participation_ratio(now - 0.05 * moved.grad) - participation_ratio(now)
        assert (abs(change.item()) > 1e-6) is raises
        assert change.item() * {rank_loss: 1, rank_gain: -1, mean_shift: 0}[penalty] >= 0


def test_every_function_of_states_and_step_can_be_named() -> None:
    assert penalties() == ["rank_loss", "rank_gain", "mean_shift"]
    assert Arm(penalty="rank_gain", until=3).function is rank_gain


def weights(learner: TaskLearner, steps: int) -> dict[str, torch.Tensor]:
    for step in range(steps):
        learner.step(step)
    return learner.weights


def test_with_weight_zero_the_run_is_the_plain_one_to_the_bit(settings: TrainSettings) -> None:
    plain = weights(TaskLearner(settings, CPU), 12)
    learner, term = learner_of_arm(Arm(penalty="rank_loss", weight=0.0, until=12), settings, CPU)
    zero = weights(learner, 12)
    assert term is not None
    assert len(term.applied) == 12
    assert all(torch.equal(plain[name], zero[name]) for name in plain)


def test_a_penalty_acts_between_its_steps_alone(settings: TrainSettings) -> None:
    learner, term = learner_of_arm(Arm(penalty="mean_shift", weight=3.0, first=4, until=6), settings, CPU)
    plain = TaskLearner(settings, CPU)
    before, expected = weights(learner, 4), weights(plain, 4)
    assert all(torch.equal(before[name], expected[name]) for name in expected)
    for step in (4, 5, 6):
        learner.step(step)
        plain.step(step)
    assert term is not None
    assert sorted(term.applied) == [4, 5]
    assert not all(torch.equal(weight, learner.weights[name]) for name, weight in plain.weights.items())


def test_a_matched_arm_has_the_gradient_norm_of_the_other(settings: TrainSettings) -> None:
    """Recomputed from the parameters, by the gradient of the term alone."""
    arm = Arm(penalty="mean_shift", weight=1.0, until=5, matched="prevent")
    learner, term = learner_of_arm(arm, settings, CPU, {0: 0.25, 1: 0.5})
    inputs, _ = learner.stream(0)
    grid = (torch.from_numpy(inputs), learner.positions, learner.mask, learner.target_index)
    parameters = list(learner.model.parameters())
    for step, norm in ((0, 0.25), (1, 0.5), (2, 0.0)):
        added = learner.term(learner.model.final_states(*grid), step, parameters)  # type: ignore[misc]
        gradients = torch.autograd.grad(added, parameters, allow_unused=True)
        total = torch.stack([one.norm() for one in gradients if one is not None]).norm()
        assert total.item() == pytest.approx(norm, rel=1e-5)
        assert term is not None
        assert term.applied[step][1] == pytest.approx(norm, rel=1e-5)


def test_a_penalty_that_diverges_is_refused_like_a_loss(
    make_settings: Callable[..., TrainSettings], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("emergence.training.interventions.rank_loss", lambda states, step: states.now.sum() * math.inf)  # noqa: ARG005
    learner, _ = learner_of_arm(Arm(penalty="rank_loss", weight=1.0, until=5), make_settings(), CPU)
    with pytest.raises(TrainingError, match="tiny-s1: loss is"):
        learner.step(0)
