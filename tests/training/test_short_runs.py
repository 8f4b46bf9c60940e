"""Learners of Study 4 are plain ones but for what their cell or arm changes."""

from collections.abc import Callable
from typing import Any

import pytest
import torch

from emergence.config.arms import Arm
from emergence.config.interventions import SIGMA, Cell
from emergence.config.training import Size, TrainSettings
from emergence.models import transformer
from emergence.training.lockstep import Lockstep
from emergence.training.schedule import learning_rate
from emergence.training.short_runs import run_of_cell, runs_of_arms
from emergence.training.task_transformer import TaskLearner

CPU = torch.device("cpu")


def cell(**changed: Any) -> Cell:
    size = Size(name="2x8", layers=2, width=8, heads=2)
    plain = {"learning_rate": 0.01, "warmup": 5, "optimiser": "adamw", "sigma": SIGMA, "held_out": False}
    return Cell(name="one", size=size, tasks={"COPY": ["1"], "MOD": ["5"]}, **{**plain, **changed})


def test_the_initial_deviation_is_that_of_the_models() -> None:
    assert SIGMA == transformer.SIGMA


def test_a_plain_cell_is_a_plain_run(settings: TrainSettings) -> None:
    """Up to the order in which a lockstep adds up."""
    run, plain = run_of_cell(cell(), settings, CPU), TaskLearner(settings, CPU)
    lockstep = Lockstep([run])
    for step in range(5):
        lockstep.step(step)
        torch.testing.assert_close(run.loss, plain.step(step), rtol=1e-5, atol=1e-6)


def test_sigma_scales_matrices_alone(settings: TrainSettings) -> None:
    ours, plain = run_of_cell(cell(sigma=0.04), settings, CPU).learner, TaskLearner(settings, CPU)
    for name, weight in plain.weights.items():
        torch.testing.assert_close(ours.weights[name], weight * (2 if weight.dim() > 1 else 1))


@pytest.mark.parametrize("name", ["adam", "sgd"])
def test_other_optimisers_take_their_own_first_step(name: Any, settings: TrainSettings) -> None:
    """The first step of Adam has the size of the rate in every entry with a gradient, that of SGD is the gradient."""
    run = run_of_cell(cell(optimiser=name), settings, CPU)
    lockstep, bias = Lockstep([run]), run.learner.model.norm.bias
    before = bias.detach().clone()
    lockstep.step(0)
    change, gradient = bias.detach() - before, bias.grad
    rate = learning_rate(settings.training, 0)
    expected = -rate * (gradient.sign() if name == "adam" else gradient)
    torch.testing.assert_close(change, expected, rtol=1e-3, atol=1e-7)


def test_a_moved_warm_up_changes_the_rate_and_nothing_else(make_settings: Callable[..., TrainSettings]) -> None:
    settings = make_settings(steps=20, warmup=5)
    run = runs_of_arms({"earlier": Arm(warmup=1, until=10)}, settings, CPU)["earlier"]
    assert run.term is None
    rates = [run.rate(settings.training, step) for step in range(20)]
    plain = [learning_rate(settings.training, step) for step in range(20)]
    assert sum(rates[:10]) == pytest.approx(sum(plain[:10]))
    assert rates[10:] == plain[10:]
    assert rates[0] > plain[0]


def test_an_alternative_changes_the_rate_or_the_weights_alone(make_settings: Callable[..., TrainSettings]) -> None:
    settings = make_settings(steps=20, warmup=5)
    arms = {"higher": Arm(rate=2.0), "short": Arm(warmup=1), "large": Arm(sigma=0.04)}
    runs = runs_of_arms(arms, settings, CPU)
    assert all(run.term is None for run in runs.values())
    rates = {name: [run.rate(settings.training, step) for step in range(20)] for name, run in runs.items()}
    assert rates["higher"] == [2 * rate for rate in rates["plain"]]
    assert rates["short"][0] == max(rates["short"]) == settings.training.learning_rate
    assert sum(rates["short"]) != pytest.approx(sum(rates["plain"])), "nothing makes up for the rate"
    assert rates["large"] == rates["plain"]
    plain, large = runs["plain"].learner.weights, runs["large"].learner.weights
    for name, weight in plain.items():
        torch.testing.assert_close(large[name], weight * (2 if weight.dim() > 1 else 1))


def test_a_penalty_without_an_end_acts_to_the_last_step(settings: TrainSettings) -> None:
    runs = runs_of_arms({"throughout": Arm(penalty="rank_loss", weight=1.0, rate=2.0)}, settings, CPU)
    run = runs["throughout"]
    assert run.term is not None
    assert all(run.term.acts(step) for step in (0, settings.training.steps - 1))
    assert run.rate(settings.training, 3) == 2 * learning_rate(settings.training, 3)
