"""A linear network of two layers learns its modes one after another (arXiv:1312.6120; figure 5 of arXiv:2404.17563).

With the correlation of inputs and outputs of strength λ_k along mode k, and a_k = b_k small at the start, gradient flow
decouples into da_k/dt = η b_k(λ_k − a_k b_k), and

    a_k(t) b_k(t) / λ_k = 1 / (1 + (λ_k/(a(0)b(0)) − 1) e^(−2ηλ_k t)).

It is the sigmoid of the multilinear model, with λ_k in place of both P_k S and the final strength: where skills have
equal strengths and unequal frequencies, modes have equal frequencies and unequal strengths.
"""

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import expit

from emergence.theory import domain
from emergence.theory.domain import Array, TheoryError, positive


def learned_share(time: ArrayLike, strengths: ArrayLike, initial: float, rate: float) -> Array:
    """a_k b_k/λ_k at times (n,) of modes (modes,): (n, modes).

    Args:
        time: t.
        strengths: λ_k.
        initial: a(0)b(0), the same for all modes.
        rate: η.

    Raises:
        TheoryError: if a mode is not weaker at the start than at the end.

    >>> learned_share([0.0, 1e3], [1.0, 0.5], initial=0.01, rate=1.0).round(3).tolist()
    [[0.01, 0.02], [1.0, 1.0]]
    """
    t, modes = domain.steps(time), np.atleast_1d(positive("strength", strengths, "take modes above 0"))
    if not 0 < initial < modes.min():
        raise TheoryError(f"initial = {initial:g}: not between 0 and the weakest mode, {modes.min():g}")
    return np.asarray(expit(2 * rate * modes * t[:, None] - np.log(modes / initial - 1)), dtype=np.float64)
