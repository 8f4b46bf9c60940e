"""Order reversals: pairs of task-levels that emerge in one order at one size and in the other at another.

Times and features are medians over the seeds of a size. A pair of task-levels *swaps* between two sizes if its events
are apart by a margin at both and their order differs; it is *kept* if the order is the same. Two questions are asked of
either. Does the feature's order reverse between the sizes (``swap``, ``kept``; a tie counts one half)? Does it predict
both orders (``swap_both``, ``kept_both``; a tie is half right at its size)?

A feature that knows the order reverses with every pair that swaps and with none that is kept; one that reverses as
often in both knows nothing of swaps. A feature that knows nothing of the larger size reverses in 1/2 of the pairs, and
predicts both orders in half of those that it predicts at the smaller size: in 1/4, not 1/2, if that is chance too.
"""

from collections.abc import Iterator
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from emergence.analysis.concordance import Signs, order
from emergence.analysis.curves import Array
from emergence.analysis.permutations import Permutations

STATISTICS = ("swap", "swap_both", "kept", "kept_both")
Scores = NDArray[np.float32]


def _lines(times: Signs, feature: Signs, small: int, large: int) -> Iterator[tuple[Scores, Scores, Scores]]:
    """Each statistic's score of each pair: weight, constant, and slope on the feature's order at the larger size.

    Orders of times and feature have the shape (..., sizes, pairs), what is found (..., pairs). A pair that a statistic
    does not count has no weight.
    """
    early, late, before = (
        orders[..., size, :].astype(np.float32) for orders, size in ((times, small), (times, large), (feature, small))
    )
    right = (1 + early * before) / 2
    for product in (-1, 1):
        weight = (early * late == product).astype(np.float32)
        yield weight, weight / 2, -weight * before / 2
        yield weight, weight * right / 2, weight * right * late / 2


def shares(times: Signs, feature: Signs) -> tuple[Array, Array]:
    """Mean score of each statistic over pairs of task-levels and of sizes, and their number, both (statistics, ...).

    NaN where there is no such pair.
    """
    total, count = np.zeros((2, len(STATISTICS), *times.shape[:-2]))
    for small, large in combinations(range(times.shape[-2]), 2):
        after = feature[..., large, :]
        for i, (weight, constant, slope) in enumerate(_lines(times, feature, small, large)):
            total[i] += (constant + slope * after).sum(axis=-1)
            count[i] += weight.sum(axis=-1)
    return total / np.where(count > 0, count, np.nan), count


def permuted(times: Signs, values: Array, permutations: Permutations) -> Array:
    """`shares` if the feature's values (sizes, task-levels) are permuted at the larger size of each pair of sizes.

    Shapes: times (sizes, pairs), permutations (sizes, draws, task-levels), result (statistics, draws). Those of the
    smallest size are not used.
    """
    before = order(values)
    total, count = np.zeros((len(STATISTICS), permutations.shape[1])), np.zeros((len(STATISTICS), 1))
    for large in range(1, len(values)):
        after = order(values[large][permutations[large]]).astype(np.float32)
        for small in range(large):
            for i, (weight, constant, slope) in enumerate(_lines(times, before, small, large)):
                total[i] += constant.sum() + after @ slope
                count[i] += weight.sum()
    return total / np.where(count > 0, count, np.nan)
