"""Agreement of curves: dense references, planted signals, and what noise and trends alone give."""

import numpy as np
import pytest
from neurons import Array
from scipy.stats import rankdata

from emergence.analysis.multifractal.agreement import correlation, increments, increments_given_spacing, partial

N = 60


def residuals(values: Array, given: Array) -> Array:
    """What is left of ranks after regression on the ranks of a third."""
    y, x = (rankdata(each) - (len(each) + 1) / 2 for each in (values, given))
    return y - x * (x @ y) / (x @ x)


@pytest.mark.parametrize("seed", range(5))
def test_a_partial_correlation_is_that_of_residuals(seed: int) -> None:
    rng = np.random.default_rng(seed)
    given = rng.standard_normal(N)
    one, other = (given + rng.standard_normal(N) for _ in range(2))
    expected = np.corrcoef(residuals(one, given), residuals(other, given))[0, 1]
    assert partial(one, other, given) == pytest.approx(expected, abs=1e-12)


def test_what_a_third_tells_is_taken_away() -> None:
    """Both follow a third, each with noise of its own: they agree, but not beyond it."""
    found = []
    for seed in range(200):
        rng = np.random.default_rng(seed)
        given = np.cumsum(rng.random(N))
        one, other = (given + 2 * rng.standard_normal(N) for _ in range(2))
        found.append((correlation(one, other), partial(one, other, given)))
    plain, beyond = np.mean(found, axis=0)
    assert plain > 0.9
    assert abs(beyond) < 0.06  # ranks are not normal, so not 0 to the last digit


def test_what_only_one_tells_is_kept() -> None:
    rng = np.random.default_rng(0)
    given, own = rng.standard_normal(N), rng.standard_normal(N)
    assert partial(given + own, own + 0.1 * rng.standard_normal(N), given) > 0.9


def test_where_a_third_tells_all_nothing_is_left() -> None:
    grows = np.arange(10.0)
    assert np.isnan(partial(grows**2, np.random.default_rng(0).random(10), grows))


def test_a_constant_third_takes_nothing_away() -> None:
    rng = np.random.default_rng(0)
    one, other = rng.random(N), rng.random(N)
    assert partial(one, other, np.ones(N)) == correlation(one, other)


def test_trends_agree_and_their_increments_do_not() -> None:
    found = []
    for seed in range(200):
        rng = np.random.default_rng(seed)
        one, other = (np.cumsum(1 + rng.standard_normal(N)) for _ in range(2))
        found.append((correlation(one, other), *increments(one, other)))
    levels, moves, beyond = np.mean(found, axis=0)
    assert levels > 0.9
    assert abs(moves) < 0.03
    assert abs(beyond) < 0.03


@pytest.mark.parametrize("turned", [1, -1])
def test_shared_increments_are_found(turned: int) -> None:
    rng = np.random.default_rng(0)
    shared = rng.standard_normal(N)
    one, other = (np.cumsum(1 + shared * sign + 0.3 * rng.standard_normal(N)) for sign in (1, turned))
    found, beyond = increments(one, other)
    assert turned * found > 0.8
    assert turned * beyond > 0.8


def test_increments_of_unequal_stretches_agree_by_their_length_alone() -> None:
    found = []
    for seed in range(200):
        rng = np.random.default_rng(seed)
        steps = np.cumsum(np.r_[0, rng.integers(1, 200, N)])
        one, other = (np.cumsum(np.r_[0, np.diff(steps) * rng.uniform(0.5, 1.5, N)]) for _ in range(2))
        found.append((increments(one, other)[0], increments_given_spacing(one, other, steps)))
    moves, given = np.mean(found, axis=0)
    assert moves > 0.7
    assert abs(given) < 0.1


@pytest.mark.parametrize("points", range(5))
def test_too_few_points_tell_nothing(points: int) -> None:
    curve = np.arange(float(points))
    assert np.isnan(increments(curve, curve**2)).all()
    assert np.isnan(increments_given_spacing(curve, curve**2, np.arange(points)))
    assert np.isnan(partial(curve, curve, curve))


def test_a_constant_curve_agrees_with_nothing() -> None:
    one, other = np.arange(10.0), np.ones(10)
    assert np.isnan([correlation(one, other), partial(one, other, one**2), *increments(one, other)]).all()
