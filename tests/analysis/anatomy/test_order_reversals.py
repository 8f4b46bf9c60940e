"""Order reversals: planted swaps that a feature follows, ignores or knows nothing of."""

import numpy as np
import pytest

from emergence.analysis.anatomy.order_reversals import permuted_shares, reversal_shares
from emergence.analysis.rank_agreement import draw_permutations, pair_order

EARLY = np.array([1.0, 2.0, 3.0, 4.0, 5.0, 6.0])
SWAPPED = EARLY[[1, 0, 2, 3, 5, 4]]  # two pairs swap
TIMES = np.array([EARLY, SWAPPED])


def found(times: np.ndarray, feature: np.ndarray) -> dict[str, tuple[float, int]]:
    values, counts = reversal_shares(pair_order(times), pair_order(feature))
    names = ("swap", "swap_both", "kept", "kept_both")
    return {name: (float(v), int(n)) for name, v, n in zip(names, values, counts, strict=True)}


def test_a_feature_that_knows_the_order_follows() -> None:
    assert found(TIMES, TIMES**3) == {"swap": (1, 2), "swap_both": (1, 2), "kept": (0, 13), "kept_both": (1, 13)}


def test_a_fixed_feature_never_reverses() -> None:
    """It is right at one of the two sizes, so never at both; that is not worse than a coin."""
    fixed = np.array([EARLY, EARLY])
    assert found(TIMES, fixed) == {"swap": (0, 2), "swap_both": (0, 2), "kept": (0, 13), "kept_both": (1, 13)}


def test_a_reversed_feature_follows_but_is_wrong() -> None:
    assert found(TIMES, -TIMES) == {"swap": (1, 2), "swap_both": (0, 2), "kept": (0, 13), "kept_both": (0, 13)}


def test_ties_of_the_feature_are_half_right() -> None:
    flat = np.ones((2, 6))
    assert found(TIMES, flat) == {"swap": (0.5, 2), "swap_both": (0.25, 2), "kept": (0.5, 13), "kept_both": (0.25, 13)}
    assert found(TIMES, np.array([EARLY, np.ones(6)]))["swap_both"] == (0.5, 2)


def test_a_feature_that_knows_nothing() -> None:
    rng = np.random.default_rng(0)
    results = [found(rng.random((3, 12)), rng.random((3, 12))) for _ in range(150)]
    means = {name: np.mean([result[name][0] for result in results]) for name in results[0]}
    assert means == pytest.approx({"swap": 0.5, "swap_both": 0.25, "kept": 0.5, "kept_both": 0.25}, abs=0.04)


def test_pairs_that_tie_at_a_size_are_neither() -> None:
    times = pair_order(np.array([[100.0, 130.0], [130.0, 100.0]]), factor=1.2)
    feature = pair_order(np.array([[1.0, 2.0], [2.0, 1.0]]))
    assert reversal_shares(times, feature)[1].tolist() == [1, 1, 0, 0]
    times = pair_order(np.array([[100.0, 130.0], [119.0, 100.0]]), factor=1.2)
    assert reversal_shares(times, feature)[1].tolist() == [0, 0, 0, 0]


def test_what_has_not_emerged_can_swap() -> None:
    """Not at one size and first at the other; two that have not emerged tie."""
    times = np.array([[np.inf, 10.0, np.inf], [10.0, 20.0, np.inf]])
    assert found(times, times)["swap"] == (1, 1)
    assert found(times, times)["kept"] == (0, 1)


def test_nothing_swaps() -> None:
    values, counts = reversal_shares(pair_order(np.array([EARLY, EARLY])), pair_order(TIMES))
    assert np.isnan(values[:2]).all()
    assert counts.tolist() == [0, 0, 15, 15]
    assert np.isnan(
        permuted_shares(pair_order(np.array([EARLY, EARLY])), TIMES, np.tile(np.arange(6), (2, 3, 1)))[:2]
    ).all()


def test_one_size_has_no_pairs_of_sizes() -> None:
    values, counts = reversal_shares(pair_order(TIMES[:1]), pair_order(TIMES[:1]))
    assert np.isnan(values).all()
    assert not counts.any()
    assert np.isnan(permuted_shares(pair_order(TIMES[:1]), TIMES[:1], np.tile(np.arange(6), (1, 3, 1)))).all()


def test_many_draws_at_once() -> None:
    rng = np.random.default_rng(1)
    times, feature = rng.integers(0, 5, (2, 7, 3, 8)).astype(float)
    values, counts = reversal_shares(pair_order(times), pair_order(feature))
    for i in range(7):
        one, count = reversal_shares(pair_order(times[i]), pair_order(feature[i]))
        np.testing.assert_allclose(values[:, i], one)
        np.testing.assert_allclose(counts[:, i], count)


def test_the_null_permutes_the_larger_size_of_each_pair() -> None:
    rng = np.random.default_rng(2)
    times, feature = rng.integers(0, 6, (2, 3, 8)).astype(float)
    permutations = np.array([draw_permutations(np.arange(8), 4, rng) for _ in range(3)])
    null = permuted_shares(pair_order(times), feature, permutations)
    for i in range(permutations.shape[1]):
        totals, counts = np.zeros((2, 4))
        for small, large in ((0, 1), (0, 2), (1, 2)):
            both = np.array([feature[small], feature[large][permutations[large, i]]])
            values, count = reversal_shares(pair_order(times[[small, large]]), pair_order(both))
            totals, counts = totals + np.nan_to_num(values) * count, counts + count
        np.testing.assert_allclose(null[:, i], totals / counts, rtol=1e-6)
    np.testing.assert_allclose(null[:, 0], reversal_shares(pair_order(times), pair_order(feature))[0], rtol=1e-6)
