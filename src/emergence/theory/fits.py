"""B², D_c and N_c from networks trained on one skill, by least squares, with intervals over seeds.

Each constant is fitted to networks with one skill and used unchanged for several (arXiv:2404.17563, whose code gives
the values alone). The squared distance to all seeds' curves is least where that to their mean is, so the mean curve is
fitted. The points of one curve are not independent, so the interval comes from resampling whole seeds.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike
from scipy.optimize import minimize_scalar
from scipy.stats import t

from emergence.theory import domain, strengths
from emergence.theory.domain import Array, TheoryError
from emergence.theory.model import Constants
from emergence.theory.strengths import DataLaw

GRID = 129  # values tried before the best is refined


@dataclass(frozen=True)
class Interval:
    """Confidence of the intervals over seeds, and number of bootstrap draws."""

    confidence: float
    draws: int


@dataclass(frozen=True)
class FittedConstant:
    """A constant with its interval over seeds (NaN for fewer than two), and the residual of its fit."""

    value: float
    low: float
    high: float
    residual: float
    """root mean square of the mean curve of R/S about the fit"""


def speed(
    steps: ArrayLike, measured: ArrayLike, constants: Constants, interval: Interval, rng: np.random.Generator
) -> FittedConstant:
    """B² from strengths (seeds, steps) over time; the constants' own B² is not used.

    Raises:
        TheoryError: if strengths are not finite, or do not cross one half of the target within the steps.
    """
    T = domain.steps(steps)
    unit = replace(constants, speed=1.0)
    if not unit.delay > 0:
        raise TheoryError(
            f"initial = {unit.initial:g}: half of the target or more, so there is no rise to fit; choose a smaller one"
        )
    family = _Family(
        "B²",
        lambda value: strengths.of_time(T, 1.0, replace(unit, speed=value))[:, 0] / unit.target,
        unit.delay / unit.rate / _span(T)[::-1],
    )
    return _estimate(family, _shares(measured, T, constants), interval, rng)


def shots(
    samples: ArrayLike,
    measured: ArrayLike,
    constants: Constants,
    law: DataLaw,
    interval: Interval,
    rng: np.random.Generator,
) -> FittedConstant:
    """D_c from strengths (seeds, samples) over the size of the data set; the constants' own D_c is not used.

    Raises:
        TheoryError: if strengths are not finite, or do not saturate within the sizes.
    """
    D = domain.samples(samples)
    family = _Family(
        "D_c",
        lambda value: strengths.of_data(D, 1.0, replace(constants, shots=value), law)[:, 0] / constants.target,
        _span(D),
    )
    return _estimate(family, _shares(measured, D, constants), interval, rng)


def neurons(
    width: ArrayLike, measured: ArrayLike, constants: Constants, interval: Interval, rng: np.random.Generator
) -> FittedConstant:
    """N_c from strengths (seeds, widths) over the hidden width; the constants' own N_c is not used.

    Raises:
        TheoryError: if strengths are not finite, or do not saturate within the widths.
    """
    N = domain.widths(width)
    family = _Family(
        "N_c",
        lambda value: strengths.of_width(N, 1, replace(constants, neurons=value))[:, 0] / constants.target,
        _span(N),
    )
    return _estimate(family, _shares(measured, N, constants), interval, rng)


@dataclass(frozen=True)
class _Family:
    """Curves of R/S that differ by one positive constant, identifiable only within ``bounds``."""

    name: str
    curve: Callable[[float], Array]
    bounds: Array

    @cached_property
    def _grid(self) -> tuple[Array, Array]:
        """Logarithms of the constant (values,) and their curves (values, points)."""
        low, high = np.log(self.bounds)
        logs = np.linspace(float(low), float(high), GRID)
        return logs, np.stack([self.curve(float(value)) for value in np.exp(logs)])

    def fit(self, mean: Array) -> float:
        """Logarithm of the constant of the nearest curve: the best of the grid, refined between its neighbours."""
        logs, curves = self._grid
        best = int(((curves - mean) ** 2).sum(axis=1).argmin())
        around = logs[max(best - 1, 0)], logs[min(best + 1, GRID - 1)]
        log = float(minimize_scalar(self._distance, around, around, (mean,), "bounded", options={"xatol": 1e-6}).x)
        if min(log - logs[0], logs[-1] - log) < 1e-4:
            raise TheoryError(
                f"{self.name}: no best value between {self.bounds[0]:g} and {self.bounds[1]:g}; the rise must lie "
                "within the measured range: measure a wider one, or look for seeds that learned nothing"
            )
        return log

    def _distance(self, log: float, mean: Array) -> float:
        return float(((self.curve(float(np.exp(log))) - mean) ** 2).sum())


def _estimate(family: _Family, shares: Array, interval: Interval, rng: np.random.Generator) -> FittedConstant:
    """Fit the mean curve, with Student's interval of the logarithm from the standard error of a bootstrap.

    Percentiles of a bootstrap over few seeds are too narrow: samples of n vary less than their population by a factor
    of √(1 − 1/n), and a standard error estimated from n seeds requires Student's quantiles.
    """
    seeds, mean = len(shares), shares.mean(axis=0)
    log = family.fit(mean)
    value = float(np.exp(log))
    residual = float(np.sqrt(((family.curve(value) - mean) ** 2).mean()))
    if seeds < 2:
        return FittedConstant(value, np.nan, np.nan, residual)
    weights = rng.multinomial(seeds, np.full(seeds, 1 / seeds), size=interval.draws) / seeds
    error = np.std([family.fit(draw) for draw in weights @ shares], ddof=1) * np.sqrt(seeds / (seeds - 1))
    factor = float(np.exp(t.ppf((1 + interval.confidence) / 2, seeds - 1) * error))
    return FittedConstant(value, value / factor, value * factor, residual)


def _shares(measured: ArrayLike, points: Array, constants: Constants) -> Array:
    """Measured R/S (seeds, points), checked."""
    values: Array = np.asarray(measured, dtype=np.float64)
    if points.ndim != 1 or values.ndim != 2 or values.shape[1] != points.size or not len(values):
        raise TheoryError(f"strengths {values.shape}: expected one row a seed and {points.size} columns, one a point")
    broken = ~np.isfinite(values).all(axis=1)
    if broken.any():
        raise TheoryError(f"strengths of seed {broken.argmax()}: not all finite; repair or leave out that run")
    return values / constants.target


def _span(points: Array) -> Array:
    """Smallest and largest of the points above zero (2,)."""
    above = points[points > 0]
    if not above.size:
        raise TheoryError("measured range: no point above 0; measure later or larger ones")
    return np.array([above.min(), above.max()])
