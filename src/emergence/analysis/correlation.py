"""Spearman's correlation of two values over task-levels, with ties at their mean rank."""

import numpy as np
from scipy.stats import rankdata

from emergence.analysis.curves import Array
from emergence.analysis.permutations import Permutations


def standard_ranks(values: Array) -> Array:
    """Ranks along the last axis, centred and of unit length; NaN where all values are equal."""
    ranks = rankdata(values, axis=-1)
    centred = ranks - ranks.mean(axis=-1, keepdims=True)
    length = np.linalg.norm(centred, axis=-1, keepdims=True)
    return centred / np.where(length > 0, length, np.nan)


def spearman(one: Array, other: Array) -> Array:
    """Spearman's correlation along the last axis; NaN where either is constant."""
    return (standard_ranks(one) * standard_ranks(other)).sum(axis=-1)


def permuted(one: Array, other: Array, permutations: Permutations) -> Array:
    """Mean correlation over runs (runs, task-levels) under each permutation of the task-levels of ``other``.

    Runs in which it is not defined do not count; NaN where it is in none.
    """
    defined = ~np.isnan(spearman(one, other))
    if not defined.any():
        return np.full(len(permutations), np.nan)
    products = standard_ranks(one[defined]).T @ standard_ranks(other[defined]) / defined.sum()
    return products[np.arange(products.shape[0]), permutations].sum(axis=-1)
