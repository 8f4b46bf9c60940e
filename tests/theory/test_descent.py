"""The solved models by stochastic gradient descent: against autograd, and against gradient flow as η → 0."""

from dataclasses import replace
from typing import get_args

import numpy as np
import pytest
import torch

from emergence.config.parity_networks import ParityTask
from emergence.tasks.parity import MultitaskParity
from emergence.theory import linear, strengths
from emergence.theory.descent import DescentError, Model, batches, data_set, train
from emergence.theory.model import Constants, Objective, Skills

FIVE = Skills(0.6, 5)
CONSTANTS = Constants("mse", 0.02, 5.0, 1e-3)
CLOSED = {"multilinear": strengths.of_time, "linear": linear.of_time}


@pytest.mark.parametrize("objective", get_args(Objective))
@pytest.mark.parametrize("model", get_args(Model))
def test_a_batch_enters_through_its_counts_alone(model: Model, objective: Objective) -> None:
    """Descent on real inputs, with gradients by autograd."""
    task, constants = (
        MultitaskParity(ParityTask(skills=5, bits=16, relevant=3, alpha=0.6)),
        replace(CONSTANTS, initial=0.1),
    )
    constants = replace(constants, objective=objective)
    rng, descended, seen = np.random.default_rng(3), [], []
    factors = torch.full((2 if model == "multilinear" else 1, 5), 0.1, dtype=torch.float64)
    factors = (factors ** (1 / len(factors))).requires_grad_()
    for _ in range(20):
        samples = task.draw(rng, 64)
        skills = np.zeros((64, 5))  # g_k of each sample
        skills[np.arange(64), samples.skills] = task.answers(samples)
        g = torch.from_numpy(skills)
        loss = ((5 * g.sum(dim=1) - g @ factors.prod(dim=0)) ** 2).mean() / (1 if objective == "mse" else 2)
        (gradient,) = torch.autograd.grad(loss, factors)
        with torch.no_grad():
            factors -= 0.02 * gradient
        descended.append(factors.detach().prod(dim=0).numpy())
        seen.append(np.bincount(samples.skills, minlength=5) / 64)
    found = train(model, np.stack(seen), constants, range(1, 21))
    np.testing.assert_allclose(found, descended, rtol=1e-10)


@pytest.mark.parametrize("model", get_args(Model))
def test_gradient_flow_is_the_limit_of_small_steps(model: Model) -> None:
    """The error is of first order in the learning rate."""
    errors = []
    for slower in (1, 4, 16):
        constants, steps = replace(CONSTANTS, learning_rate=0.02 / slower), 600 * slower
        shares, at = np.broadcast_to(FIVE.frequencies, (steps, 5)), np.arange(0, steps + 1, 10 * slower)
        closed = CLOSED[model](at, FIVE.frequencies, constants)
        errors.append(np.abs(train(model, shares, constants, at.tolist()) - closed).max() / 5)
    assert errors[2] < 0.02
    assert errors[0] / errors[1] == pytest.approx(4, rel=0.25)
    assert errors[1] / errors[2] == pytest.approx(4, rel=0.1)


@pytest.mark.parametrize("model", get_args(Model))
def test_sampled_batches_follow_gradient_flow(model: Model) -> None:
    constants, at = replace(CONSTANTS, learning_rate=0.001), list(range(0, 12001, 500))
    drawn = np.stack([batches(FIVE.frequencies, 4000, at[-1], seed) for seed in (1, 2, 3)], axis=1)
    found, closed = train(model, drawn, constants, at), CLOSED[model](np.array(at), FIVE.frequencies, constants)
    assert found.shape == (25, 3, 5)
    assert np.ptp(found, axis=1).max() > 0  # seeds differ
    np.testing.assert_allclose(found, np.repeat(closed[:, None], 3, axis=1), atol=0.02 * 5)


def test_a_linear_model_decays_geometrically() -> None:
    found = train("linear", np.broadcast_to(FIVE.frequencies, (50, 5)), CONSTANTS, [50])
    left = (1 - 2 * 0.02 * FIVE.frequencies) ** 50
    np.testing.assert_allclose(found[0], 5 - (5 - 1e-3) * left, rtol=1e-12)


@pytest.mark.parametrize("model", get_args(Model))
def test_one_sample_is_enough_and_none_is_not(model: Model) -> None:
    shares = np.broadcast_to([0.9, 0.1, 0.0], (4000, 3))
    found = train(model, shares, CONSTANTS, [0, 4000])
    np.testing.assert_allclose(found[0], 1e-3)
    np.testing.assert_allclose(found[1], [5, 5, 1e-3], rtol=1e-4)


def test_batches_and_data_sets_have_the_frequencies_of_skills() -> None:
    drawn = batches(FIVE.frequencies, 4000, 500, seed=1)
    assert drawn.shape == (500, 5)
    np.testing.assert_allclose(drawn.sum(axis=1), 1)
    np.testing.assert_allclose(drawn.mean(axis=0), FIVE.frequencies, atol=0.002)
    np.testing.assert_allclose(drawn.var(axis=0), FIVE.frequencies * (1 - FIVE.frequencies) / 4000, rtol=0.3)
    np.testing.assert_array_equal(drawn, batches(FIVE.frequencies, 4000, 500, seed=1))
    assert (drawn != batches(FIVE.frequencies, 4000, 500, seed=2)).any()
    sets = np.stack([data_set(FIVE.frequencies, 40, seed) for seed in range(2000)])
    assert (sets.sum(axis=1) == 40).all()
    np.testing.assert_allclose(sets.mean(axis=0) / 40, FIVE.frequencies, atol=0.01)


def test_descent_that_diverges_is_refused() -> None:
    shares = np.ones((200, 1))
    with pytest.raises(DescentError, match=r"multilinear.*\bstep 200\b.*learning_rate"):
        train("multilinear", shares, replace(CONSTANTS, learning_rate=50.0), [0, 200])
