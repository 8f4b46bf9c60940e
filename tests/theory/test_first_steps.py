"""The first steps, linearised: a small transformer in float64 moves as predicted, and its rank falls as predicted."""

from functools import cache

import numpy as np
import pytest
import torch
from torch.nn import functional as F

from emergence.measures.rankme import rankme
from emergence.models.transformer import Transformer
from emergence.theory.first_steps import Update, mean_gradient, swelling_direction

TOKENS, LENGTH, ROWS = 20, 6, 24


@cache
def trained(width: int, rate: float, update: Update, steps: int, only_last: bool) -> dict[str, np.ndarray]:
    """Final states before and after a few steps at a constant rate, and inputs of the last matrix before them."""
    generator = torch.Generator().manual_seed(3)
    model = Transformer(3, width, 2, TOKENS, LENGTH).initialise(generator).double()
    tokens = torch.randint(0, TOKENS, (ROWS, LENGTH), generator=generator)
    answers = torch.multinomial(1 / torch.arange(1.0, 11), ROWS * LENGTH, replacement=True, generator=generator)
    grid = (tokens, torch.arange(LENGTH).repeat(ROWS, 1), torch.ones(ROWS, LENGTH, LENGTH).tril() > 0)
    inputs: list[torch.Tensor] = []
    handle = model.blocks[-1].contract.register_forward_pre_hook(lambda _, given: inputs.append(given[0].detach()))
    before = model.hidden_states(*grid)[-1].detach().flatten(0, 1)
    handle.remove()
    unembedding = model.token.weight.detach().numpy().copy()
    moved = [model.blocks[-1].contract.weight] if only_last else list(model.parameters())
    for _ in range(steps):
        loss = F.cross_entropy(model.logits(model.hidden_states(*grid)[-1]).flatten(0, 1), answers)
        for weight, gradient in zip(moved, torch.autograd.grad(loss, moved), strict=True):
            weight.data -= rate * (gradient.sign() if update == "sign" else gradient)
    after = model.hidden_states(*grid)[-1].detach().flatten(0, 1)
    return {
        "before": before.numpy(), "after": after.numpy(), "inputs": inputs[0].flatten(0, 1).numpy(),
        "unembedding": unembedding, "answers": answers.numpy(),
    }  # fmt: skip


def swollen_states(
    states: np.ndarray, inputs: np.ndarray, gradient: np.ndarray, rate_sum: float, update: Update
) -> np.ndarray:
    """States (positions, width) after a sum of learning rates, if the last matrix alone moves.

    Args:
        states: Initial ones.
        inputs: Of the last matrix, (positions, inputs).
        gradient: Of the mean loss on the states (width,).
        rate_sum: S.
        update: Kind of update.
    """
    mean = inputs.mean(axis=0)
    if update == "sign":
        gradient, mean = np.sign(gradient), np.sign(mean)
    return states - rate_sum * np.outer(inputs @ mean, gradient)


def principal(x: np.ndarray) -> np.ndarray:
    return np.linalg.svd(x - x.mean(axis=0), full_matrices=False)[2][0]


def rank(states: np.ndarray) -> float:
    return rankme(torch.from_numpy(states), 1e-7)["centred/sigma"].item()


def test_the_mean_gradient_is_that_of_autograd() -> None:
    """At final states whose predictions are all alike."""
    unembedding, answers = torch.randn(7, 5, dtype=torch.float64), torch.tensor([1, 1, 2, 6])
    states = torch.zeros(4, 5, dtype=torch.float64, requires_grad=True)
    F.cross_entropy(states @ unembedding.T, answers).backward()
    expected = states.grad.sum(dim=0).numpy()
    np.testing.assert_allclose(mean_gradient(unembedding.numpy(), answers.numpy()), expected, atol=1e-14)


@pytest.mark.parametrize(("update", "rate", "least"), [("sign", 1e-4, 0.7), ("gradient", 1e-2, 0.95)])
def test_the_last_matrix_alone_moves_states_as_predicted(update: Update, rate: float, least: float) -> None:
    """Up to what the final norm does to each gradient by itself; signs lose more of it."""
    run = trained(32, rate, update, 1, only_last=True)
    gradient = mean_gradient(run["unembedding"], run["answers"])
    predicted = swollen_states(run["before"], run["inputs"], gradient - gradient.mean(), 1.0, update) - run["before"]
    moved = run["after"] - run["before"]
    cosine = (predicted * moved).sum() / np.linalg.norm(predicted) / np.linalg.norm(moved)
    assert cosine > least


@pytest.mark.parametrize(("update", "rate", "least"), [("sign", 3e-3, 0.6), ("gradient", 0.1, 0.9)])
def test_states_swell_along_the_predicted_direction(update: Update, rate: float, least: float) -> None:
    """Of the whole model; a random direction of this width has a cosine of 0.14."""
    run = trained(32, rate, update, 8, only_last=False)
    direction = swelling_direction(run["unembedding"], run["answers"], update)
    mean = (run["after"] - run["before"]).mean(axis=0)
    assert np.linalg.norm(direction) == pytest.approx(1)
    assert mean @ direction / np.linalg.norm(mean) > least
    assert abs(principal(run["after"]) @ direction) > least


def test_the_rank_falls_as_one_direction_swells() -> None:
    """Towards one under signs, whatever the width; with random inputs the sum of rates falls as d^(-1/2)."""
    halves = []
    for width in (16, 64):
        run = trained(width, 1e-4, "sign", 1, only_last=True)
        gradient = mean_gradient(run["unembedding"], run["answers"])
        sums = np.geomspace(1e-5, 10, 60)
        swollen = [rank(swollen_states(run["before"], run["inputs"], gradient, total, "sign")) for total in sums]
        assert swollen[0] == pytest.approx(rank(run["before"]), rel=0.01)
        assert swollen[-1] < 1.2
        halves.append(sums[np.argmax(np.array(swollen) < np.sqrt(swollen[0]))])
    exponent = np.log(halves[1] / halves[0]) / np.log(4)
    assert -0.75 < exponent < -0.25
