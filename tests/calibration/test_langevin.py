"""The exact formulas, against independent values."""

import numpy as np
import pytest
import torch

from emergence.calibration import langevin
from emergence.calibration.llc import chain_settings
from emergence.config.calibration import LangevinLengths
from emergence.config.measures import LocalLearning


def chains(step_size: float = 1e-4, n_beta: float = 500.0, localisation: float = 5.0, draws: int = 50) -> LocalLearning:
    return chain_settings(LangevinLengths(copies=1, burn_in=20, draws=draws), step_size, n_beta, localisation)


def test_autoregression_by_its_covariance_matrix() -> None:
    """Means by iterating the variance step by step; the deviation from the full covariance, once stationary."""
    curvature, given = 3.0, chains(step_size=2e-3, n_beta=100.0, localisation=2.0, draws=400)
    mean, deviation = langevin.quadratic_estimate(np.array([curvature]), given)
    rho, power, powers = 1 - 1e-3 * (300 + 2), 0.0, []
    for _ in range(420):
        powers.append(power)
        power = rho**2 * power + 2e-3
    assert mean == pytest.approx(150 * np.mean(powers[20:]), rel=1e-12)
    lags = np.abs(np.subtract.outer(np.arange(400), np.arange(400)))
    covariance = 2 * powers[-1] ** 2 * rho ** (2.0 * lags)
    assert deviation == pytest.approx(150 * np.sqrt(covariance.mean()), rel=1e-9)


def test_a_short_step_gives_half_the_parameters() -> None:
    given = chain_settings(LangevinLengths(copies=1, burn_in=20_000, draws=10), 1e-5, 1e4, 1e-3)
    assert langevin.quadratic_estimate(np.array([1.0, 2.0, 5.0]), given)[0] == pytest.approx(1.5, rel=0.15)
    short = chain_settings(LangevinLengths(copies=1, burn_in=200_000, draws=10), 1e-7, 1e4, 1e-3)
    assert langevin.quadratic_estimate(np.array([1.0, 2.0, 5.0]), short)[0] == pytest.approx(1.5, rel=1e-3)


def by_importance(potential: np.ndarray, given: LocalLearning) -> tuple[float, float]:
    """The same average over draws from the localising Gaussian, with its standard error."""
    weights = np.exp(-given.n_beta * potential)
    mean = (weights * potential).mean() / weights.mean()
    error = np.std(weights * (potential - mean)) / weights.mean() / len(potential) ** 0.5
    return given.n_beta * mean, given.n_beta * error


@pytest.mark.parametrize(("first", "second", "power"), [(1, 1, 1), (2, 3, 1), (1, 1, 2)])
def test_crossing_by_importance_sampling(first: int, second: int, power: int) -> None:
    given = chains(n_beta=60.0, localisation=4.0)
    rng = np.random.default_rng(0)
    a, b = (rng.normal(0, 0.5, (200_000, size)) for size in (first, second))
    found, error = by_importance((a**2).sum(1) ** power * (b**2).sum(1) / 2, given)
    assert error < 0.02 * found
    assert langevin.crossing_estimate(first, second, given, power) == pytest.approx(found, abs=4 * error)


def test_beside_the_crossing_by_importance_sampling() -> None:
    given = chains(n_beta=60.0, localisation=4.0)
    rng = np.random.default_rng(1)
    a, b = 1 + rng.normal(0, 0.5, 200_000), rng.normal(0, 0.5, (200_000, 3))
    found, error = by_importance(a**2 * (b**2).sum(1) / 2, given)
    assert langevin.beside_crossing_estimate(3, given) == pytest.approx(found, abs=4 * error)


def test_matrix_product_by_importance_sampling() -> None:
    given = chains(n_beta=60.0, localisation=4.0)
    rng = np.random.default_rng(2)
    a, b = rng.normal(0, 0.5, (400_000, 2, 3)), rng.normal(0, 0.5, (400_000, 4, 2))
    found, error = by_importance(((b @ a) ** 2).sum((1, 2)) / 2, given)
    assert error < 0.02 * found
    assert langevin.two_factor_estimate(4, 3, given) == pytest.approx(found, abs=4 * error)


def test_finite_values_approach_the_limits() -> None:
    given = chains(n_beta=1e9, localisation=1.0)
    assert langevin.crossing_estimate(2, 5, given) == pytest.approx(langevin.crossing_limit(2, 5), rel=1e-3)
    assert langevin.crossing_estimate(1, 1, given, power=2) == pytest.approx(langevin.crossing_limit(1, 1, 2), rel=0.02)
    assert langevin.beside_crossing_estimate(3, chains(n_beta=1e7, localisation=100.0)) == pytest.approx(1.5, rel=1e-3)
    assert langevin.two_factor_estimate(2, 5, chains(n_beta=1e6)) == pytest.approx(
        langevin.reduced_rank_coefficient(5, 2, 2, 0), rel=0.05
    )


@pytest.mark.parametrize(("first", "second"), [(1, 1), (2, 5), (3, 3)])
def test_singular_models_are_far_below_regular_ones(first: int, second: int) -> None:
    assert langevin.crossing_estimate(first, second, chains()) < 0.9 * (first + second) / 2


def test_one_hidden_unit_is_a_normal_crossing() -> None:
    for inputs in range(1, 6):
        for outputs in range(1, 6):
            assert langevin.reduced_rank_coefficient(inputs, outputs, 1, 0) == langevin.crossing_limit(inputs, outputs)


def test_reduced_rank_regression_in_known_cases() -> None:
    assert langevin.reduced_rank_coefficient(2, 2, 2, 0) == 1.5  # the smallest matrix factorisation
    assert langevin.reduced_rank_coefficient(3, 3, 3, 3) == 4.5  # full rank: the map itself, 9 parameters
    assert (
        langevin.reduced_rank_coefficient(2, 3, 10, 0) == 3.0
    )  # far too many hidden units: B A is any matrix, m n / 2
    assert (
        langevin.reduced_rank_coefficient(6, 6, 3, 3) == 13.5
    )  # no hidden unit to spare: matrices of rank 3, r(m + n − r) / 2


@pytest.mark.parametrize("rank", [1, 2, 3])
def test_rank_splits_off_its_regular_part(rank: int) -> None:
    """Near maps of rank r there are r(m + n − r) regular directions and the same problem without them."""
    for m in range(rank, 8):
        for n in range(rank, 8):
            for h in range(rank, 8):
                rest = langevin.reduced_rank_coefficient(m - rank, n - rank, h - rank, 0)
                assert langevin.reduced_rank_coefficient(m, n, h, rank) == rank * (m + n - rank) / 2 + rest
                assert langevin.reduced_rank_coefficient(m, n, h, rank) == langevin.reduced_rank_coefficient(
                    n, m, h, rank
                )


def test_reduced_rank_agrees_with_the_singular_values_of_small_volumes() -> None:
    """``P(‖B A‖ < ε) ~ ε^(2λ)`` for λ without logarithm: the slope between two small ε."""
    random = torch.Generator().manual_seed(0)
    a = torch.randn(2_000_000, 1, 2, generator=random)
    b = torch.randn(2_000_000, 4, 1, generator=random)
    norms = ((b @ a) ** 2).sum((1, 2)).sqrt()
    counts = [float((norms < size).double().mean()) for size in (0.02, 0.08)]
    slope = np.log(counts[1] / counts[0]) / np.log(4)
    assert slope / 2 == pytest.approx(langevin.reduced_rank_coefficient(2, 4, 1, 0), rel=0.05)
