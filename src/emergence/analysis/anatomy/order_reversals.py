"""Order reversals: pairs of task-levels whose order of emergence differs between two sizes.

Times and features are medians over the seeds of a size. A pair of task-levels *swaps* between two sizes if its events
differ by a margin at both and their order reverses; it is *kept* if the order is the same. Two statistics describe
either kind: whether the feature's order reverses between the sizes (``swap``, ``kept``; a tie counts one half), and
whether it predicts both orders (``swap_both``, ``kept_both``; a tie is half right at its size).

A perfect feature reverses with every pair that swaps and with none that is kept; a feature that reverses as often in
both carries no information on swaps. A feature without information at the larger size reverses in 1/2 of the pairs, and
predicts both orders in half of those that it predicts at the smaller size: in 1/4, not 1/2, if that is chance too.
"""

from collections.abc import Iterator
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from emergence.analysis.curves import Array
from emergence.analysis.rank_agreement import Permutations, Signs, pair_order

STATISTICS = ("swap", "swap_both", "kept", "kept_both")
Scores = NDArray[np.float32]


def _lines(times: Signs, feature: Signs, small: int, large: int) -> Iterator[tuple[Scores, Scores, Scores]]:
    """Each statistic's score of each pair: weight, constant, and slope on the feature's order at the larger size.

    Orders of times and feature have the shape (..., sizes, pairs), the scores (..., pairs). Pairs that a statistic does
    not count have weight 0.
    """
    early, late, before = (
        orders[..., size, :].astype(np.float32) for orders, size in ((times, small), (times, large), (feature, small))
    )
    right = (1 + early * before) / 2
    for product in (-1, 1):
        weight = (early * late == product).astype(np.float32)
        yield weight, weight / 2, -weight * before / 2
        yield weight, weight * right / 2, weight * right * late / 2


def reversal_shares(times: Signs, feature: Signs) -> tuple[Array, Array]:
    """Mean score of each statistic over pairs of task-levels and of sizes, and their number, both (statistics, ...).

    NaN without such a pair.
    """
    total, count = np.zeros((2, len(STATISTICS), *times.shape[:-2]))
    for small, large in combinations(range(times.shape[-2]), 2):
        after = feature[..., large, :]
        for i, (weight, constant, slope) in enumerate(_lines(times, feature, small, large)):
            total[i] += (constant + slope * after).sum(axis=-1)
            count[i] += weight.sum(axis=-1)
    return total / np.where(count > 0, count, np.nan), count


def permuted_shares(times: Signs, values: Array, permutations: Permutations) -> Array:
    """`reversal_shares` with the feature's values permuted at the larger size of each pair.

    Args:
        times: Order of pairs in time (sizes, pairs).
        values: The feature (sizes, task-levels).
        permutations: Indices (sizes, draws, task-levels); those of the smallest size are not used.

    Returns:
        Shares (statistics, draws); NaN without a pair that counts.
    """
    before = pair_order(values)
    total, count = np.zeros((len(STATISTICS), permutations.shape[1])), np.zeros((len(STATISTICS), 1))
    for large in range(1, len(values)):
        after = pair_order(values[large][permutations[large]]).astype(np.float32)
        for small in range(large):
            for i, (weight, constant, slope) in enumerate(_lines(times, before, small, large)):
                total[i] += constant.sum() + after @ slope
                count[i] += weight.sum()
    return total / np.where(count > 0, count, np.nan)
