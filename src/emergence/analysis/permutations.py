"""Permutation tests over task-levels.

The task-levels of all runs are the same ones, and a label keeps its rank from run to run: runs are not independent
draws of an order. So a permutation exchanges task-levels in all runs at once, and the null is as wide as the number of
task-levels makes it, however many runs there are. Nor are the levels of one task independent: in a second null whole
tasks are exchanged, level by level; what the levels of a task have in common with those of others, such as that the
first is easiest, stays.
"""

import numpy as np
from numpy.typing import NDArray

from emergence.analysis.curves import Array

Permutations = NDArray[np.intp]
Row = dict[str, object]

EQUAL = 1e-6  # sums in another order, in single precision, differ by less


def draw(tasks: NDArray[np.intp], draws: int, rng: np.random.Generator) -> Permutations:
    """The identity, ``draws`` permutations of task-levels, and as many of whole tasks; shape (1 + 2 draws, levels).

    ``tasks`` has the number of each level's task. Tasks are exchanged with others of as many levels.
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


def within(permutations: Permutations, classes: NDArray[np.intp]) -> Permutations:
    """Permutations within classes (a number each label), from independent ones of all labels (classes, draws, labels).

    A label goes to the next of its class along its cycle. What a uniform permutation induces on a subset is uniform
    there (the cycles are those of a Chinese restaurant process, which is consistent: Pitman 2006, section 3.1), and two
    runs whose classes differ in a label or two are still permuted nearly alike.
    """
    draws = np.arange(permutations.shape[1])[:, None]
    found = permutations[classes, draws, np.arange(len(classes))]
    while (outside := classes[found] != classes).any():
        found = np.where(outside, permutations[classes, draws, found], found)
    return found


def beside_null(values: Array, confidence: float) -> Row:
    """Value, nulls and p of a statistic under the permutations of `draw`, shape (1 + 2 draws).

    ``null``, its central band and ``p`` are over task-levels, ``task_p`` is over tasks.
    """
    observed, levels, tasks = values[0], *np.split(values[1:], 2)
    low, high = np.quantile(levels, [(1 - confidence) / 2, (1 + confidence) / 2])
    null = {"null": levels.mean(), "null_low": low, "null_high": high}
    return {"value": observed, **null, "p": two_sided(observed, levels), "task_p": two_sided(observed, tasks)}


def two_sided(observed: float, null: Array) -> float:
    """Twice the smaller tail; the value itself is one of the null's, so that p is never 0 (Phipson & Smyth 2010)."""
    tail = min((null <= observed + EQUAL).sum(), (null >= observed - EQUAL).sum())
    return float(min(1.0, 2 * (1 + tail) / (1 + len(null))))
