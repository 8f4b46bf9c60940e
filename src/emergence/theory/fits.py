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
from scipy.optimize import least_squares, minimize_scalar
from scipy.special import expit
from scipy.stats import t

from emergence.theory import domain, strengths
from emergence.theory.domain import Array, TheoryError
from emergence.theory.model import Constants
from emergence.theory.strengths import DataLaw

GRID = 129  # values tried before the best is refined
LATEST = 100.0  # delay, of a start of e^−100: the curve then has no start that could be told


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

    Args:
        steps: Optimiser steps (steps,).
        measured: Strengths R (seeds, steps).
        constants: Of the networks, but for B².
        interval: Confidence and number of bootstrap draws.
        rng: Of the bootstrap over seeds.

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


def speed_and_start(
    steps: ArrayLike, measured: ArrayLike, constants: Constants, interval: Interval
) -> tuple[FittedConstant, FittedConstant]:
    """B² and R_k(0)/S from strengths (seeds, steps) over time, where `speed` takes R_k(0) as it is.

    The standard error is the jackknife's over seeds: a bootstrap would search a plane thousands of times.

    Args:
        steps: Optimiser steps (steps,).
        measured: Strengths R (seeds, steps).
        constants: Of the networks, but for B² and R_k(0).
        interval: Confidence of the jackknife.

    Returns:
        B², and R_k(0)/S.

    Raises:
        TheoryError: as `speed`, or if there is no best pair.
    """
    T = domain.steps(steps)
    shares, unit = _shares(measured, T, constants), replace(constants, speed=1.0)
    seeds, mean = len(shares), shares.mean(axis=0)
    start = speed(T, mean[None] * unit.target, constants, interval, np.random.default_rng(0)).value

    def residuals(logs: Array, curve: Array) -> Array:
        rate, delay = np.exp(logs)
        return np.asarray(expit(rate * unit.rate * T - delay) - curve, dtype=np.float64)

    def fit(curve: Array) -> Array:
        best = least_squares(residuals, np.log([start, unit.delay]), args=(curve,))
        if not best.success or best.x[1] > np.log(LATEST):
            raise TheoryError("B² and R_k(0): no best pair; the rise must lie within the measured range")
        return np.asarray(best.x, dtype=np.float64)

    logs = fit(mean)
    residual = float(np.sqrt((residuals(logs, mean) ** 2).mean()))
    error = np.full(2, np.nan)
    if seeds > 1:
        without = [_as_constants(fit(np.delete(shares, row, axis=0).mean(axis=0))) for row in range(seeds)]
        error = np.sqrt((seeds - 1) * np.var(without, axis=0))
    factors = np.exp(t.ppf((1 + interval.confidence) / 2, max(seeds - 1, 1)) * error)
    values = np.exp(_as_constants(logs))
    of_speed, of_start = (
        FittedConstant(float(value), float(value / factor), float(value * factor), residual)
        for value, factor in zip(values, factors, strict=True)
    )
    return of_speed, of_start


def _as_constants(logs: Array) -> Array:
    """Logarithms of B² and R_k(0)/S from those of B² and of the delay ln(S/R_k(0) − 1)."""
    return np.array([logs[0], -np.logaddexp(0.0, np.exp(logs[1]))])


def shots(
    samples: ArrayLike,
    measured: ArrayLike,
    constants: Constants,
    law: DataLaw,
    interval: Interval,
    rng: np.random.Generator,
) -> FittedConstant:
    """D_c from strengths (seeds, samples) over the size of the data set; the constants' own D_c is not used.

    Args:
        samples: Sizes D of data sets (samples,).
        measured: Strengths R (seeds, samples).
        constants: Of the networks, but for D_c.
        law: Of R_k(D): ``published`` or ``linear``.
        interval: Confidence and number of bootstrap draws.
        rng: Of the bootstrap over seeds.

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

    Args:
        width: Hidden widths N (widths,).
        measured: Strengths R (seeds, widths).
        constants: Of the networks, but for N_c.
        interval: Confidence and number of bootstrap draws.
        rng: Of the bootstrap over seeds.

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
        raise TheoryError(f"strengths {values.shape}: expected one row per seed and {points.size} columns, one a point")
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
