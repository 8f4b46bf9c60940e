"""Concordance of two orders of the same task-levels, pair by pair.

A pair is +1 if its first task-level comes first, −1 if its second does, 0 for a tie. Pairs that tie in time have no
order to predict and are left out; a tie of the feature is half right. So concordance is (1 + D) / 2, with Somers' D of
the feature given time (Somers 1962), and 1/2 for a feature that knows nothing.
"""

import numpy as np
from numpy.typing import NDArray

from emergence.analysis.curves import Array
from emergence.analysis.permutations import Permutations

Signs = NDArray[np.int8]
Mask = NDArray[np.bool_]


def pairs(count: int) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """First and second member of every pair of ``count`` task-levels."""
    first, second = np.triu_indices(count, 1)
    return first, second


def order(values: Array, gap: Array | float = 0.0, factor: float = 1.0) -> Signs:
    """Order of every pair, shape (..., task-levels) to (..., pairs): the smaller is first.

    Values no farther apart than a ``gap`` (the larger of both, if there is one for each value), or by no more than a
    ``factor``, tie; so do two infinite ones.
    """
    first, second = pairs(values.shape[-1])
    one, other = values[..., first], values[..., second]
    apart = np.maximum(gap[..., first], gap[..., second]) if isinstance(gap, np.ndarray) else gap
    earlier, later = factor * one + apart < other, factor * other + apart < one
    return earlier.astype(np.int8) - later.astype(np.int8)


def agreement(feature: Array, orders: Signs, permutations: Permutations) -> Array:
    """Concordant less discordant pairs under permutations of the feature over task-levels.

    Shapes: feature (runs, task-levels), orders (runs, pairs, k), one column for each choice of pairs, permutations
    (runs, draws, task-levels); the result is (runs, draws, k).
    """
    levels = feature.shape[-1]
    first, second = pairs(levels)
    found = []
    for values, of_run, permuted in zip(feature, orders, permutations, strict=True):
        ranks = np.unique(values, return_inverse=True)[1]  # infinite values tie
        sign = np.sign(ranks - ranks[:, None]).astype(np.float32)
        used = of_run.any(axis=-1)
        signs = sign.take(permuted[:, first[used]] * levels + permuted[:, second[used]])
        found.append(signs @ of_run[used].astype(np.float32))
    return np.array(found, dtype=float)


def by_class(classes: NDArray[np.object_]) -> dict[str, Mask]:
    """Pairs within and between the classes easy and hard, shape (..., task-levels) to (..., pairs)."""
    first, second = pairs(classes.shape[-1])
    one, other = classes[..., first], classes[..., second]
    easy, hard = ((one == name) & (other == name) for name in ("easy", "hard"))
    between = ((one == "easy") & (other == "hard")) | ((one == "hard") & (other == "easy"))
    return {"within easy": easy, "within hard": hard, "within": easy | hard, "between": between}
