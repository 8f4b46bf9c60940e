"""Penalties on representations: what each does to states, and what its loss term does to a run."""

import math

import pytest
import torch

from emergence.config.arms import Arm, penalties
from emergence.theory.spectrum import centred_singular_values, effective_rank
from emergence.training.interventions import Intervention, States, log_rank, mean_shift, rank_gain, rank_loss


def states(directions: int) -> torch.Tensor:
    """As many states as needed to vary equally in each of a number of directions, of eight."""
    basis = torch.eye(8, dtype=torch.float64)[:directions]
    return torch.cat([basis, -basis])


@pytest.mark.parametrize("directions", [1, 2, 5, 8])
def test_the_rank_counts_equal_directions(directions: int) -> None:
    assert log_rank(states(directions) + 3.0).exp().item() == pytest.approx(directions, rel=2e-3)


def test_the_rank_is_that_by_which_a_collapse_is_judged() -> None:
    drawn = torch.randn(40, 8, generator=torch.Generator().manual_seed(2)) * torch.logspace(0, -3, 8)
    judged = effective_rank(centred_singular_values(drawn.double()), 0.0)
    assert log_rank(drawn).exp().item() == pytest.approx(judged.item(), rel=1e-4)


@pytest.mark.parametrize("positions", [5, 12])
def test_fewer_positions_than_the_width_have_the_rank_of_their_singular_values(positions: int) -> None:
    drawn = torch.randn(positions, 40, generator=torch.Generator().manual_seed(2)) * torch.logspace(0, -2, 40)
    judged = effective_rank(centred_singular_values(drawn.double()), 0.0)
    assert log_rank(drawn).exp().item() == pytest.approx(judged.item(), rel=1e-4)
    embedded = torch.cat([drawn, torch.zeros(positions, 30)], dim=1)  # which adds no direction
    assert log_rank(embedded).item() == pytest.approx(log_rank(drawn).item(), abs=1e-9)


@pytest.mark.parametrize("positions", [3, 5, 20])  # of two, the rank is always one
def test_the_gradient_is_finite_where_the_rank_is_one(positions: int) -> None:
    """On a line it is 0 but for rounding, since every way off it is as good; beside it, it leads away from the line."""
    drawn = torch.Generator().manual_seed(4)
    line = torch.arange(float(positions))[:, None] * torch.randn(1, 8, generator=drawn)
    beside = line + 0.01 * torch.randn(positions, 8, generator=drawn)
    for now in (line.requires_grad_(), beside.requires_grad_()):
        rank_loss(States(now, states(8)), 0).backward()
        assert now.grad is not None
        assert bool(now.grad.isfinite().all())
    assert beside.grad is not None
    with torch.no_grad():
        assert log_rank(beside - 1e-3 * beside.grad / beside.grad.norm()) > log_rank(beside)


def test_the_penalty_is_the_squared_fall_of_the_log_rank() -> None:
    assert rank_loss(States(states(2), states(8)), 0).item() == pytest.approx(math.log(4) ** 2, rel=2e-3)
    assert rank_loss(States(states(8), states(2)), 0).item() == 0  # a rise costs nothing
    assert rank_gain(States(states(2), states(8)), 0).item() == pytest.approx(-(math.log(4) ** 2), rel=2e-3)


def test_the_sham_leaves_the_rank_alone_and_the_penalty_raises_it() -> None:
    now = torch.randn(40, 8, dtype=torch.float64, generator=torch.Generator().manual_seed(1)) * torch.arange(1, 9)
    for penalty, raises in ((mean_shift, False), (rank_loss, True), (rank_gain, True)):
        moved = now.clone().requires_grad_()
        penalty(States(moved, states(8)), 0).backward()
        change = log_rank(now - 0.05 * moved.grad) - log_rank(now)
        assert (abs(change.item()) > 1e-6) is raises
        assert change.item() * {rank_loss: 1, rank_gain: -1, mean_shift: 0}[penalty] >= 0


def test_every_function_of_states_and_step_can_be_named() -> None:
    assert penalties() == ["rank_loss", "rank_gain", "mean_shift"]
    assert Arm(penalty="rank_gain", until=3).function is rank_gain


def test_a_term_acts_between_its_steps_alone() -> None:
    term = Intervention(Arm(penalty="rank_loss", weight=0.5, first=2, until=4), states(8))
    assert [term.acts(step) for step in range(6)] == [False, False, True, True, False, False]
    assert term(states(2), 2).item() == pytest.approx(0.5 * math.log(4) ** 2, rel=2e-3)


def test_a_matched_term_gets_the_gradient_norm_of_the_other() -> None:
    other = Intervention(Arm(penalty="rank_loss", weight=1.0, until=2), states(8))
    term = Intervention(Arm(penalty="mean_shift", weight=1.0, until=2, matched="other"), states(8), other)
    assert other.scale(0, 2.0, 0.3) == 1
    assert term.scale(0, 4.0, 0.6) == pytest.approx(0.5)
    assert term.applied[0] == pytest.approx((2.0, 0.3))
    assert term.scale(1, 4.0, 0.6) == 0  # the other does not act
    assert term.scale(0, 4.0, 0.0) == 0  # nothing to scale
