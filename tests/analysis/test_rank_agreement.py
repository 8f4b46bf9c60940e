"""Agreement of orders, and permutations of task-levels with p uniform on noise."""

from collections import Counter
from itertools import combinations

import numpy as np
import pytest
from scipy.stats import somersd, spearmanr

from emergence.analysis import rank_agreement
from emergence.analysis.rank_agreement import (
    compare_with_null,
    draw_permutations,
    level_pairs,
    pair_order,
    pairs_by_class,
    permute_within,
    permuted_concordance,
    two_sided,
)


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
    assert pair_order(np.array([1.0, 3.0, 2.0])).tolist() == [1, 1, -1]


def test_two_infinite_values_tie_and_are_later_than_all() -> None:
    assert pair_order(np.array([np.inf, 3.0, np.inf])).tolist() == [-1, 0, 1]


def test_values_within_the_larger_gap_tie() -> None:
    values, gaps = np.array([100.0, 120.0, 141.0]), np.array([10.0, 20.0, 10.0])
    assert pair_order(values, gaps).tolist() == [0, 1, 1]
    assert pair_order(values, 2 * gaps).tolist() == [0, 1, 0]
    assert pair_order(np.array([100.0, np.inf]), np.array([1e6, 0.0])).tolist() == [1]


def test_values_within_a_factor_tie() -> None:
    assert pair_order(np.array([100.0, 120.0, 121.0]), factor=1.2).tolist() == [0, 1, 0]
    assert pair_order(np.array([0.0, 0.0, 1e-3]), factor=5.0).tolist() == [0, 1, 1]


def test_agreement_under_permutations_is_that_of_the_permuted_feature() -> None:
    """Over all runs, of which each is permuted alike; the first permutation changes nothing."""
    rng = np.random.default_rng(1)
    time, feature = tied(rng)
    permutations = draw_permutations(np.arange(9), 5, rng)
    found = permuted_concordance(feature, pair_order(time)[..., None], permutations)[:, 0]
    expected = [
        sum(brute(*run)[0] for run in zip(time, feature[:, permuted], strict=True)) for permuted in permutations
    ]
    assert found.tolist() == expected


def test_agreement_over_chosen_pairs() -> None:
    time, feature = tied(np.random.default_rng(2))
    chosen = np.random.default_rng(3).random(pair_order(time).shape) < 0.4
    weights = np.stack([pair_order(time), pair_order(time) * chosen], axis=-1)
    found = permuted_concordance(feature, weights, np.arange(9)[None])[0]
    assert found[1] == (pair_order(time) * chosen * pair_order(feature)).sum()


@pytest.mark.parametrize("seed", range(5))
def test_concordance_is_somers_d_on_another_scale(seed: int) -> None:
    """Scipy's D(feature | time), with ties in both."""
    time, feature = tied(np.random.default_rng(seed))
    for one, other in zip(time, feature, strict=True):
        agreed, count = brute(one, other)
        signs = pair_order(one) * pair_order(other)
        assert signs.sum() / count == pytest.approx(somersd(one, other).statistic)
        scores = (1 + signs[pair_order(one) != 0]) / 2
        assert scores.mean() == pytest.approx((1 + somersd(one, other).statistic) / 2)
        assert set(scores) <= {0.0, 0.5, 1.0}
        assert agreed == signs.sum()


def test_pairs_within_and_between_classes() -> None:
    classes = np.array([["easy", "hard", "easy", "hard", None]], dtype=object)
    first, second = level_pairs(5)
    found = {
        name: list(zip(first[mask[0]], second[mask[0]], strict=True)) for name, mask in pairs_by_class(classes).items()
    }
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
    assert rank_agreement.spearman(time, feature) == pytest.approx(expected)


def test_permuted_spearman_is_the_mean_over_runs() -> None:
    rng = np.random.default_rng(4)
    time, feature = tied(rng)
    permutations = draw_permutations(np.arange(9), 6, rng)
    expected = [
        np.mean([spearmanr(one, other[permuted]).statistic for one, other in zip(time, feature, strict=True)])
        for permuted in permutations
    ]
    assert rank_agreement.permuted_spearman(time, feature, permutations) == pytest.approx(expected)


def test_runs_without_an_order_do_not_count() -> None:
    time, feature = tied(np.random.default_rng(5))
    permutations = draw_permutations(np.arange(9), 3, np.random.default_rng(0))
    expected = rank_agreement.permuted_spearman(time[1:], feature[1:], permutations)
    time[0] = np.inf
    assert np.isnan(rank_agreement.spearman(time, feature)[0])
    assert rank_agreement.permuted_spearman(time, feature, permutations) == pytest.approx(expected)
    assert np.isnan(rank_agreement.permuted_spearman(time[:1], feature[:1], permutations)).all()


TASKS = np.repeat(np.arange(4), 3)


def evenly(permutations: np.ndarray, outcomes: int) -> bool:
    """Whether all outcomes are about as frequent, within five standard deviations."""
    counts = np.array(list(Counter(map(tuple, permutations)).values()))
    expected = len(permutations) / outcomes
    return len(counts) == outcomes and bool((np.abs(counts - expected) < 5 * np.sqrt(expected)).all())


def test_the_first_is_the_identity_and_all_are_permutations() -> None:
    found = draw_permutations(TASKS, 50, np.random.default_rng(0))
    assert found.shape == (101, 12)
    assert (found[0] == np.arange(12)).all()
    assert (np.sort(found, axis=1) == np.arange(12)).all()


def test_both_halves_are_uniform() -> None:
    found = draw_permutations(np.repeat(np.arange(4), 1), 12000, np.random.default_rng(1))[1:]
    assert evenly(found[:12000], 24)
    assert evenly(found[12000:], 24)


def test_whole_tasks_keep_the_order_of_their_levels() -> None:
    whole = draw_permutations(TASKS, 200, np.random.default_rng(2))[201:]
    blocks = whole.reshape(200, 4, 3)
    assert (blocks % 3 == np.arange(3)).all()
    assert (blocks // 3 == blocks[:, :, :1] // 3).all()
    assert len(np.unique(blocks[:, :, 0], axis=0)) == 24


def test_levels_of_a_task_need_not_stand_together() -> None:
    tasks = np.array([0, 1, 0, 1])
    assert set(map(tuple, draw_permutations(tasks, 40, np.random.default_rng(3))[41:])) == {(0, 1, 2, 3), (1, 0, 3, 2)}


def test_tasks_are_exchanged_with_others_of_as_many_levels() -> None:
    tasks = np.array([0, 0, 1, 2, 2, 3])
    whole = draw_permutations(tasks, 100, np.random.default_rng(4))[101:]
    assert (np.sort(whole, axis=1) == np.arange(6)).all()
    assert set(whole[:, 0]) == {0, 3}
    assert set(whole[:, 2]) == {2, 5}


def test_within_classes_labels_stay_and_are_uniform() -> None:
    classes = np.array([0, 1, 0, 0, 1])
    rng = np.random.default_rng(5)
    found = permute_within(np.array([draw_permutations(np.arange(5), 9000, rng)[:9001] for _ in range(2)]), classes)
    assert (found[0] == np.arange(5)).all()
    assert (classes[found] == classes).all()
    assert (np.sort(found, axis=1) == np.arange(5)).all()
    assert evenly(found[1:][:, [0, 2, 3]], 6)
    assert evenly(found[1:], 12), "the classes are independent"


def test_classes_that_differ_in_one_label_are_permuted_nearly_alike() -> None:
    rng = np.random.default_rng(6)
    permutations = np.array([draw_permutations(np.arange(20), 500, rng)[1:501] for _ in range(2)])
    classes = np.repeat([0, 1], 10)
    other = classes.copy()
    other[9] = 1
    assert (permute_within(permutations, classes)[:, :9] == permute_within(permutations, other)[:, :9]).mean() > 0.85


def test_p_of_an_extreme_and_of_a_constant() -> None:
    null = np.arange(99.0)
    assert two_sided(1000.0, null) == two_sided(-1.0, null) == pytest.approx(0.02)
    assert two_sided(49.0, null) == 1.0
    assert two_sided(0.5, np.full(99, 0.5)) == 1.0


def test_p_is_uniform_on_noise() -> None:
    rng = np.random.default_rng(7)
    p = np.array([two_sided(*(values[0], values[1:])) for values in rng.exponential(size=(4000, 200))])
    for level in (0.05, 0.2, 0.5):
        assert (p <= level).mean() == pytest.approx(level, abs=0.03)


def test_null_and_band_are_over_task_levels() -> None:
    values = np.r_[0.9, np.linspace(0, 1, 101), np.full(101, 0.9)]
    found = compare_with_null(values, 0.9)
    assert {name: found[name] for name in ("value", "null", "null_low", "null_high", "task_p")} == pytest.approx(
        {"value": 0.9, "null": 0.5, "null_low": 0.05, "null_high": 0.95, "task_p": 1.0}
    )
    assert found["p"] == pytest.approx(2 * 12 / 102)
