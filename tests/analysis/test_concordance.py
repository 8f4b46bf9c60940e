"""Orders of pairs against loops, Somers' D against scipy, Spearman's correlation against scipy."""

from itertools import combinations

import numpy as np
import pytest
from scipy.stats import somersd, spearmanr

from emergence.analysis import correlation
from emergence.analysis.concordance import agreement, by_class, order, pairs
from emergence.analysis.permutations import draw


def brute(time: np.ndarray, feature: np.ndarray) -> tuple[int, int]:
    """Concordant less discordant pairs, and pairs that do not tie in time."""
    agreed, count = 0, 0
    for i, j in combinations(range(len(time)), 2):
        if time[i] != time[j]:
            count += 1
            agreed += int((time[i] < time[j]) == (feature[i] < feature[j])) * 2 - 1 if feature[i] != feature[j] else 0
    return agreed, count


def tied(rng: np.random.Generator, runs: int = 4, levels: int = 9) -> tuple[np.ndarray, np.ndarray]:
    """Times and features with ties in both, some of them infinite."""
    time, feature = rng.integers(0, 6, (2, runs, levels)).astype(float)
    return np.where(time == 5, np.inf, time), np.where(feature == 5, np.inf, feature)


def test_the_smaller_is_first() -> None:
    assert order(np.array([1.0, 3.0, 2.0])).tolist() == [1, 1, -1]


def test_two_infinite_values_tie_and_are_later_than_all() -> None:
    assert order(np.array([np.inf, 3.0, np.inf])).tolist() == [-1, 0, 1]


def test_values_within_the_larger_gap_tie() -> None:
    values, gaps = np.array([100.0, 120.0, 141.0]), np.array([10.0, 20.0, 10.0])
    assert order(values, gaps).tolist() == [0, 1, 1]
    assert order(values, 2 * gaps).tolist() == [0, 1, 0]
    assert order(np.array([100.0, np.inf]), np.array([1e6, 0.0])).tolist() == [1]


def test_values_within_a_factor_tie() -> None:
    assert order(np.array([100.0, 120.0, 121.0]), factor=1.2).tolist() == [0, 1, 0]
    assert order(np.array([0.0, 0.0, 1e-3]), factor=5.0).tolist() == [0, 1, 1]


def test_agreement_counts_pairs() -> None:
    time, feature = tied(np.random.default_rng(0))
    identity = np.tile(np.arange(9), (4, 1, 1))
    found = agreement(feature, order(time)[..., None], identity)[:, 0, 0]
    assert found.tolist() == [brute(*run)[0] for run in zip(time, feature, strict=True)]


def test_agreement_under_permutations_is_that_of_the_permuted_feature() -> None:
    rng = np.random.default_rng(1)
    time, feature = tied(rng)
    permutations = np.array([draw(np.arange(9), 5, rng) for _ in time])
    found = agreement(feature, order(time)[..., None], permutations)[..., 0]
    for run, of_run in enumerate(permutations):
        assert found[run].tolist() == [brute(time[run], feature[run][permuted])[0] for permuted in of_run]


def test_agreement_over_chosen_pairs() -> None:
    time, feature = tied(np.random.default_rng(2))
    chosen = np.random.default_rng(3).random(order(time).shape) < 0.4
    weights = np.stack([order(time), order(time) * chosen], axis=-1)
    found = agreement(feature, weights, np.tile(np.arange(9), (4, 1, 1)))[:, 0]
    np.testing.assert_array_equal(found[:, 1], (order(time) * chosen * order(feature)).sum(axis=1))


@pytest.mark.parametrize("seed", range(5))
def test_concordance_is_somers_d_on_another_scale(seed: int) -> None:
    """Scipy's D(feature | time), with ties in both."""
    time, feature = tied(np.random.default_rng(seed))
    for one, other in zip(time, feature, strict=True):
        agreed, count = brute(one, other)
        signs = order(one) * order(other)
        assert signs.sum() / count == pytest.approx(somersd(one, other).statistic)
        scores = (1 + signs[order(one) != 0]) / 2
        assert scores.mean() == pytest.approx((1 + somersd(one, other).statistic) / 2)
        assert set(scores) <= {0.0, 0.5, 1.0}
        assert agreed == signs.sum()


def test_pairs_within_and_between_classes() -> None:
    classes = np.array([["easy", "hard", "easy", "hard", None]], dtype=object)
    first, second = pairs(5)
    found = {name: list(zip(first[mask[0]], second[mask[0]], strict=True)) for name, mask in by_class(classes).items()}
    assert found == {
        "within easy": [(0, 2)],
        "within hard": [(1, 3)],
        "within": [(0, 2), (1, 3)],
        "between": [(0, 1), (0, 3), (1, 2), (2, 3)],
    }


@pytest.mark.parametrize("seed", range(3))
def test_spearman_with_ties(seed: int) -> None:
    time, feature = tied(np.random.default_rng(seed))
    expected = [spearmanr(*run).statistic for run in zip(time, feature, strict=True)]
    assert correlation.spearman(time, feature) == pytest.approx(expected)


def test_permuted_spearman_is_the_mean_over_runs() -> None:
    rng = np.random.default_rng(4)
    time, feature = tied(rng)
    permutations = draw(np.arange(9), 6, rng)
    expected = [
        np.mean([spearmanr(one, other[permuted]).statistic for one, other in zip(time, feature, strict=True)])
        for permuted in permutations
    ]
    assert correlation.permuted(time, feature, permutations) == pytest.approx(expected)


def test_runs_without_an_order_do_not_count() -> None:
    time, feature = tied(np.random.default_rng(5))
    permutations = draw(np.arange(9), 3, np.random.default_rng(0))
    expected = correlation.permuted(time[1:], feature[1:], permutations)
    time[0] = np.inf
    assert np.isnan(correlation.spearman(time, feature)[0])
    assert correlation.permuted(time, feature, permutations) == pytest.approx(expected)
    assert np.isnan(correlation.permuted(time[:1], feature[:1], permutations)).all()
