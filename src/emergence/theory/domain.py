"""Domain of the closed forms: arguments as float64 arrays, or an error that names the one outside."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from emergence.errors import EmergenceError

Array = NDArray[np.float64]


class TheoryError(EmergenceError):
    """A quantity outside the model's domain; the message names it and the reason."""


def within(name: str, values: ArrayLike, low: float, high: float, reason: str) -> Array:
    """Values as float64, all in [``low``, ``high``]; otherwise (and for NaN) a `TheoryError`.

    Args:
        name: Of the quantity, for the message.
        values: Any shape.
        low: The least that is allowed.
        high: The most that is allowed.
        reason: What the message says of a value outside.

    Raises:
        TheoryError: if a value lies outside, or is NaN.
    """
    array: Array = np.asarray(values, dtype=np.float64)
    outside = ~((array >= low) & (array <= high))
    if outside.any():
        raise TheoryError(f"{name} = {float(array[outside][0]):g}: {reason}")
    return array


def positive(name: str, values: ArrayLike, reason: str) -> Array:
    """Values as float64, all of them finite and above zero.

    Args:
        name: Of the quantity, for the message.
        values: Any shape.
        reason: What the message says of a value outside.

    Raises:
        TheoryError: if a value is zero, negative or not finite.
    """
    return within(name, values, np.nextafter(0.0, 1.0), np.finfo(np.float64).max, reason)


def nonnegative(name: str, values: ArrayLike, reason: str) -> Array:
    """Values as float64, all of them finite and zero or above.

    Args:
        name: Of the quantity, for the message.
        values: Any shape.
        reason: What the message says of a value outside.

    Raises:
        TheoryError: if a value is negative or not finite.
    """
    return within(name, values, 0.0, np.finfo(np.float64).max, reason)


def steps(values: ArrayLike) -> Array:
    """Optimiser steps T."""
    return nonnegative("steps", values, "training takes zero or more steps, and finitely many")


def samples(values: ArrayLike) -> Array:
    """Data sizes D."""
    return nonnegative("samples", values, "a data set has zero or more samples, and finitely many")


def widths(values: ArrayLike) -> Array:
    """Hidden widths N."""
    return positive("width", values, "a network needs at least one hidden unit; take a width above 0")


def frequencies(values: ArrayLike) -> Array:
    """Frequencies P_k, or shares d_k/D of a data set (skills,); zero where a skill is never sampled."""
    return np.atleast_1d(within("frequency", values, 0.0, 1.0, "a frequency lies between 0 and 1"))
