"""Stage-like training: does a skill saturate before the next one begins?

A skill begins at a share ε of its strength and has saturated at 1 − ε. All crossing times are t(share)/P_k with one
function t, so that training is stage-like at skill k when

    t(1 − ε)/P_k < t(ε)/P_{k+1},   that is   ((k+1)/k)^(α+1) > q,   with the spread   q = t(1 − ε)/t(ε).

Neighbouring ranks grow alike as k increases, so the criterion holds for k < 1/(q^(1/(α+1)) − 1) and for no later skill.
For the multilinear model t(share) = (ln(S/R_k(0) − 1) + logit(share))/ρ; so learning rate, B² and objective cancel, and
what makes training stage-like is a small start. With α = 0.6, ε = 0.05 and the published start (R_k(0)/S = 5.6·10⁻⁶)
q = 1.64 and training is stage-like for k = 1 and 2 alone: 3.03, 1.91, then 1.58 < q.
"""

import numpy as np
from numpy.typing import NDArray

from emergence.theory import crossings
from emergence.theory.constants import Constants
from emergence.theory.domain import within
from emergence.theory.skills import Skills


def spread(epsilon: float, constants: Constants) -> float:
    """How many times as long a skill takes to 1 − ε as to ε: q = (ln(S/R_k(0) − 1) + e)/(… − e), e = ln(1/ε − 1)."""
    half = within("epsilon", epsilon, np.nextafter(0.0, 1.0), np.nextafter(0.5, 0.0), "take one between 0 and ½")
    begun, saturated = crossings.times([half, 1 - half], 1.0, constants)[:, 0]
    return float(saturated / begun)


def staged(skills: Skills, spread: float) -> NDArray[np.bool_]:
    """Whether each skill but the last saturates before the next begins (skills − 1,)."""
    rank = np.arange(1, skills.count)
    return ((rank + 1) / rank) ** (skills.alpha + 1) > spread


def last_stage(alpha: float, spread: float) -> int:
    """The last k that is stage-like however many skills there are; 0 if none is.

    >>> last_stage(0.6, 1.643)
    2
    """
    within("spread", spread, np.nextafter(1.0, 2.0), np.inf, "a skill takes longer to saturate than to begin")
    return int(np.ceil(1 / (spread ** (1 / (alpha + 1)) - 1))) - 1
