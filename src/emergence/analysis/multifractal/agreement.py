"""Do two curves of one run agree: over checkpoints, beyond what a third tells, and in their increments?

Whatever grows in training agrees with whatever else does. So the correlation is also taken with a third curve given,
and between increments: what two curves gain from each checkpoint to the next, beside the same for all circular shifts
of the one against the other. Checkpoints are not evenly spaced, and both gain more over a longer stretch: increments
are also correlated with the number of steps between checkpoints given.
"""

import numpy as np
from numpy.typing import NDArray

from emergence.analysis.correlation import spearman
from emergence.analysis.curves import Array
from emergence.multifractal.spectrum import ROUNDING

FEWEST = 4  # points, for a correlation to be one


def correlation(one: Array, other: Array) -> float:
    """Spearman's correlation of curves (checkpoints,); NaN where either is constant or there are too few."""
    return float(spearman(one, other)) if len(one) >= FEWEST else np.nan


def partial(one: Array, other: Array, given: Array) -> float:
    """Spearman's partial correlation of curves with a third given; NaN where that tells all of either.

    A third curve that is constant tells nothing, and takes nothing away.
    """
    plain, of_one, of_other = correlation(one, other), correlation(one, given), correlation(other, given)
    if np.isnan(plain) or not np.ptp(given) > 0:
        return plain
    left = (1 - of_one**2) * (1 - of_other**2)
    return float((plain - of_one * of_other) / np.sqrt(left)) if left > ROUNDING else np.nan


def increments(one: Array, other: Array) -> tuple[float, float]:
    """Correlation of increments, and its excess over the mean of all circular shifts of ``one``; NaN for too few."""
    moves, reply = np.diff(one), np.diff(other)
    if len(moves) < FEWEST:
        return np.nan, np.nan
    places = np.arange(len(moves))
    shifted = spearman(moves[(places + places[1:, None]) % len(moves)], reply)
    found = correlation(moves, reply)
    return found, found - float(np.mean(shifted))


def increments_given_spacing(one: Array, other: Array, steps: NDArray[np.int64]) -> float:
    """Partial correlation of increments with the steps between checkpoints given."""
    return partial(np.diff(one), np.diff(other), np.diff(steps).astype(float))
