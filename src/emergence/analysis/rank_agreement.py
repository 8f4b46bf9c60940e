"""Agreement of two orders of the same task-levels, by Spearman's correlation and pair by pair, and permutation tests.

A pair is +1 if its first task-level comes first, −1 if its second does, 0 for a tie. Pairs that tie in time have no
order to predict and are left out; a tie of the feature counts one half. So concordance is (1 + D) / 2, with Somers' D
of the feature given time (Somers 1962), and 1/2 for a feature that carries no information.

All runs share the same task-levels, whose ranks correlate between runs: runs are not independent draws of an order. So
a permutation exchanges task-levels in all runs at once, and the width of the null depends on the number of task-levels,
not of runs. The levels of one task are not independent either: a second null exchanges whole tasks, level by level,
which preserves what levels have in common across tasks, such as that the first is the easiest.
"""

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata

from emergence.analysis.curves import Array

Permutations = NDArray[np.intp]
Row = dict[str, object]

EQUAL = 1e-6  # rounding of single-precision sums in another order is smaller


def draw_permutations(tasks: NDArray[np.intp], draws: int, rng: np.random.Generator) -> Permutations:
    """Draw permutations of task-levels and of whole tasks.

    Args:
        tasks: Number of each level's task (levels,). Tasks are exchanged with tasks of as many levels.
        draws: Number of permutations of each kind.
        rng: Source of the draws.

    Returns:
        Indices (1 + 2 draws, levels): the identity, ``draws`` permutations of task-levels, as many of whole tasks.
    """
    levels = _shuffled(len(tasks), draws, rng)
    whole = np.empty_like(levels)
    counts = np.bincount(tasks)
    for count in np.unique(counts):
        alike = np.array([np.flatnonzero(tasks == task) for task in np.flatnonzero(counts == count)])
        whole[:, alike.ravel()] = alike[_shuffled(len(alike), draws, rng)].reshape(draws, -1)
    return np.vstack([np.arange(len(tasks)), levels, whole])


def _shuffled(count: int, draws: int, rng: np.random.Generator) -> Permutations:
    return rng.permuted(np.tile(np.arange(count), (draws, 1)), axis=1)


def permute_within(permutations: Permutations, classes: NDArray[np.intp]) -> Permutations:
    """Permute labels within classes.

    Each label moves to the next label of its class along its cycle. A uniform permutation induces a uniform one on a
    subset (the cycles are those of a Chinese restaurant process, which is consistent: Pitman 2006, section 3.1), and
    two runs whose classes differ in a few labels are permuted nearly alike.

    Args:
        permutations: Independent permutations of all labels (classes, draws, labels).
        classes: Class number of each label (labels,).

    Returns:
        Indices (draws, labels).
    """
    draws = np.arange(permutations.shape[1])[:, None]
    targets = permutations[classes, draws, np.arange(len(classes))]
    while (outside := classes[targets] != classes).any():
        targets = np.where(outside, permutations[classes, draws, targets], targets)
    return targets


def compare_with_null(values: Array, confidence: float) -> Row:
    """Value, null and p of a statistic (1 + 2 draws,) under the permutations of `draw_permutations`.

    ``null``, its central band and ``p`` come from permuted task-levels, ``task_p`` from permuted tasks.
    """
    observed, levels, tasks = values[0], *np.split(values[1:], 2)
    low, high = np.quantile(levels, [(1 - confidence) / 2, (1 + confidence) / 2])
    null = {"null": levels.mean(), "null_low": low, "null_high": high}
    return {"value": observed, **null, "p": two_sided(observed, levels), "task_p": two_sided(observed, tasks)}


def two_sided(observed: float, null: Array) -> float:
    """Two-sided p: twice the smaller tail, with the observed value in the null (Phipson & Smyth 2010)."""
    tail = min((null <= observed + EQUAL).sum(), (null >= observed - EQUAL).sum())
    return float(min(1.0, 2 * (1 + tail) / (1 + len(null))))


Signs = NDArray[np.int8]
Mask = NDArray[np.bool_]


def standardise_ranks(values: Array) -> Array:
    """Ranks along the last axis (ties at their mean), centred and of unit length; NaN where all values are equal."""
    ranks = rankdata(values, axis=-1)
    centred = ranks - ranks.mean(axis=-1, keepdims=True)
    length = np.linalg.norm(centred, axis=-1, keepdims=True)
    return centred / np.where(length > 0, length, np.nan)


def spearman(one: Array, other: Array) -> Array:
    """Spearman's correlation along the last axis; NaN where either is constant."""
    return (standardise_ranks(one) * standardise_ranks(other)).sum(axis=-1)


def permuted_spearman(one: Array, other: Array, permutations: Permutations) -> Array:
    """Mean Spearman correlation over runs under permutations of the task-levels of ``other``.

    Args:
        one: Values (runs, task-levels).
        other: Values (runs, task-levels), to be permuted.
        permutations: Indices (draws, task-levels), the same for all runs.

    Returns:
        Means (draws,) over the runs in which the correlation is defined; NaN if there is none.
    """
    defined = ~np.isnan(spearman(one, other))
    if not defined.any():
        return np.full(len(permutations), np.nan)
    products = standardise_ranks(one[defined]).T @ standardise_ranks(other[defined]) / defined.sum()
    return products[np.arange(products.shape[0]), permutations].sum(axis=-1)


def level_pairs(count: int) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """First and second member of every pair of ``count`` task-levels."""
    first, second = np.triu_indices(count, 1)
    return first, second


def pair_order(values: Array, gap: Array | float = 0.0, factor: float = 1.0) -> Signs:
    """Order of every pair of task-levels: the smaller value comes first.

    Args:
        values: Values (..., task-levels).
        gap: Values no farther apart than this tie; with one gap for each value, the larger of the pair's.
        factor: Values within this factor of each other tie. So do two infinite ones.

    Returns:
        Signs (..., pairs).
    """
    first, second = level_pairs(values.shape[-1])
    one, other = values[..., first], values[..., second]
    apart = np.maximum(gap[..., first], gap[..., second]) if isinstance(gap, np.ndarray) else gap
    earlier, later = factor * one + apart < other, factor * other + apart < one
    return earlier.astype(np.int8) - later.astype(np.int8)


def permuted_concordance(feature: Array, orders: Signs, permutations: Permutations) -> Array:
    """Concordant less discordant pairs of all runs under permutations of the feature over task-levels.

    Args:
        feature: Values (runs, task-levels).
        orders: Orders in time (runs, pairs, k), one column for each choice of pairs.
        permutations: Indices (draws, task-levels), the same for all runs.

    Returns:
        Differences (draws, k).
    """
    levels = feature.shape[-1]
    first, second = level_pairs(levels)
    ranks = np.array([np.unique(values, return_inverse=True)[1] for values in feature])  # infinite values tie
    signs = np.sign(ranks[:, None] - ranks[:, :, None]).reshape(len(ranks), -1).T.astype(np.float32)
    permuted, total = permutations.T, np.zeros((len(permutations), orders.shape[-1]), dtype=np.float32)
    for pair in np.flatnonzero(orders.any(axis=(0, 2))):
        agreed = signs @ orders[:, pair].astype(np.float32)  # by the two task-levels that stand there, over runs
        total += agreed.take(permuted[first[pair]] * levels + permuted[second[pair]], axis=0)
    return total.astype(float)


def pairs_by_class(classes: NDArray[np.object_]) -> dict[str, Mask]:
    """Pairs within and between the classes easy and hard, shape (..., task-levels) to (..., pairs)."""
    first, second = level_pairs(classes.shape[-1])
    one, other = classes[..., first], classes[..., second]
    easy, hard = ((one == name) & (other == name) for name in ("easy", "hard"))
    between = ((one == "easy") & (other == "hard")) | ((one == "hard") & (other == "easy"))
    return {"within easy": easy, "within hard": hard, "within": easy | hard, "between": between}
