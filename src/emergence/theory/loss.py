"""Total loss L = Σ_k P_k L_k of ½·MSE on each axis: sums over all skills, with no continuum limit.

For values (...) of time, data or width the sums are (...). Skills are summed for one value at a time: 10⁵ of them would
fill the memory otherwise.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike

from emergence.theory import domain, strengths
from emergence.theory.constants import Constants
from emergence.theory.domain import Array
from emergence.theory.skills import Skills


def of_time(steps: ArrayLike, skills: Skills, constants: Constants) -> Array:
    """L(T) = Σ P_k ½(S − R_k(T))², with all else in plenty."""
    return summed(lambda t: strengths.of_time(t, skills.frequencies, constants), domain.steps(steps), skills, constants)


def of_width(width: ArrayLike, skills: Skills, constants: Constants) -> Array:
    """L(N) = Σ P_k ½(S − R_k(N))²; with N_c = 1 and whole N, the skills past the N-th are missing."""
    return summed(lambda n: strengths.of_width(n, skills.count, constants), domain.widths(width), skills, constants)


def of_data(samples: ArrayLike, skills: Skills, constants: Constants) -> Array:
    """L(D) = Σ P_k ½S² max(0, 1 − DP_k/D_c) of a network that needs D_c samples a skill.

    The same for both laws of R_k: the loss is what the projection leaves, of which R_k is but the part along g_k
    (`emergence.theory.strengths.of_data`).
    """
    D = domain.samples(samples)
    left = [np.maximum(1 - size * skills.frequencies / constants.shots, 0.0) @ skills.frequencies for size in D.flat]
    return constants.target**2 / 2 * np.reshape(left, D.shape)


def one_shot(samples: ArrayLike, skills: Skills, constants: Constants) -> Array:
    """Expected L(D) = Σ P_k ½(S − R_k(0))² (1 − P_k)^D of the multilinear model: one sample teaches a skill.

    Skills are its parameters: in time it fits each skill that was sampled, and leaves the others where they were.
    """
    D = domain.samples(samples)
    left = [(1 - skills.frequencies) ** size @ skills.frequencies for size in D.flat]
    return (constants.target - constants.initial) ** 2 / 2 * np.reshape(left, D.shape)


def of_time_and_width(steps: ArrayLike, width: ArrayLike, skills: Skills, constants: Constants) -> Array:
    """L(T, N): skills that width N holds are learned in time, a partly held one up to its share; the others are not.

    Steps and widths broadcast.
    """
    T, N = np.broadcast_arrays(domain.steps(steps), domain.widths(width))

    def learned(pair: Array) -> Array:
        held = strengths.of_width(pair[1], skills.count, constants) / constants.target
        return held * strengths.of_time(pair[0], skills.frequencies, constants)

    pairs = np.stack([T, N], axis=-1).reshape(-1, 2)
    found = [half_square(learned(pair), skills, constants) for pair in pairs]
    return np.reshape(np.asarray(found, dtype=np.float64), T.shape)


def half_square(strength: Array, skills: Skills, constants: Constants) -> float:
    """Σ P_k ½(S − R_k)² for strengths (skills,)."""
    return float((constants.target - strength) ** 2 @ skills.frequencies) / 2


def summed(strength: Callable[[float], Array], values: Array, skills: Skills, constants: Constants) -> Array:
    """Σ P_k ½(S − R_k)² for each of the values (...), whose strengths (skills,) the function tells."""
    found = [half_square(strength(value), skills, constants) for value in values.flat]
    return np.reshape(np.asarray(found, dtype=np.float64), values.shape)
