"""Multifractal spectra: power sums over nodes, their slopes τ(q), and what follows from τ.

    Z_q(r) ~ r^τ(q),    α(q) = dτ/dq,    f(α) = qα − τ,

with τ by least squares on ln r. A power sum runs over all nodes for every radius and moment; since
μ^(a + b) = μ^a μ^b, those of a uniform grid of moments are products of two matrices with √moments rows each.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from emergence.errors import EmergenceError
from emergence.settings.multifractal import Moments

Array = NDArray[np.float64]

ROUNDING = 1e-10
"""relative changes of sums over nodes, and widths of spectra, that are none"""


class MultifractalError(EmergenceError):
    """A network, graph or grid without a multifractal spectrum; the message says why."""


@dataclass(frozen=True)
class Spectrum:
    """A multifractal spectrum on a grid of moments; NaN throughout where there was no node."""

    q: Array
    """(moments,), ascending, zero among them"""
    tau: Array
    """mass exponents (moments,)"""
    r_squared: Array
    """of the fit of each τ (moments,): 0 where nothing grows, NaN for the moment that is constant by definition"""

    @property
    def alpha(self) -> Array:
        """Lipschitz-Hölder exponents dτ/dq (moments,): central differences, one-sided at both ends."""
        return np.gradient(self.tau, self.q)

    @property
    def f(self) -> Array:
        """Fractal dimensions f = qα − τ of the nodes with these exponents (moments,)."""
        return self.q * self.alpha - self.tau

    @property
    def alpha_0(self) -> float:
        """α where f is largest, at q = 0."""
        return float(self.alpha[np.abs(self.q).argmin()])

    @property
    def width(self) -> float:
        """Largest less smallest α."""
        return float(np.ptp(self.alpha))

    @property
    def worst_fit(self) -> float:
        """Smallest r² over moments: whether there is a power law at all."""
        return float(np.fmin.reduce(self.r_squared))


def moments(settings: Moments) -> Array:
    """The grid of q (moments,), with an exact zero in its middle."""
    count = round(settings.largest / settings.step)
    return settings.largest * np.arange(-count, count + 1) / count


def log_power_sums(logs: Array, exponents: Array, multiplicity: Array | None = None) -> Array:
    """Logarithm of Σ_i n_i exp(e·logs_i) for logs (nodes, radii) and exponents e: (exponents, radii).

    Nodes count n_i times (nodes,), or once. The middle of the logs is taken out of the powers, so that none overflows
    before its sum does.
    """
    coarse, fine = _factors(exponents)
    sums = np.empty((exponents.size, logs.shape[1]))
    for place, column in enumerate(logs.T):
        middle = (column.min() + column.max()) / 2
        column = column - middle
        right = np.exp(np.multiply.outer(fine, column))
        if multiplicity is not None:
            right *= multiplicity
        products = np.exp(np.multiply.outer(coarse, column)) @ right.T
        sums[:, place] = np.log(products.ravel()[: exponents.size]) + exponents * middle
    return sums


def fit(q: Array, log_z: Array, radii: ArrayLike, trivial: float) -> Spectrum:
    """τ(q) as slopes of ln Z_q (moments, radii) on ln r; at moment ``trivial`` Z_q is constant by definition.

    Raises:
        MultifractalError: moments or radii that leave no slope.
    """
    check_moments(q)
    x = np.log(check_radii(radii))
    tau = slopes(log_z, x)
    x, y = x - x.mean(), log_z - log_z.mean(axis=1, keepdims=True)
    total = (y**2).sum(axis=1)
    residual = ((y - tau[:, None] * x) ** 2).sum(axis=1)
    grows = total > x.size * (ROUNDING * np.maximum(1, np.abs(log_z).max(axis=1))) ** 2
    r_squared = np.where(grows, 1 - residual / np.where(grows, total, 1), 0.0)
    return Spectrum(q, tau, np.where(np.isclose(q, trivial), np.nan, r_squared))


def slopes(y: Array, x: Array) -> Array:
    """Slopes (rows,) of rows (rows, points) on x (points,) by least squares."""
    centred = x - x.mean()
    return y @ centred / (centred @ centred)


def empty(q: Array) -> Spectrum:
    """The spectrum of no nodes."""
    check_moments(q)
    return Spectrum(q, np.full(q.size, np.nan), np.full(q.size, np.nan))


def check_moments(q: Array) -> None:
    """Refuse moments that are not ascending around an exact zero."""
    if q.ndim != 1 or not (np.diff(q) > 0).all() or 0 not in q[1:-1]:
        raise MultifractalError("moments q: must ascend, from below to above an exact 0; α₀ is a difference across it")


def check_radii(radii: ArrayLike) -> Array:
    """Radii as float64 (radii,), refused unless there are two or more, positive and ascending."""
    values: Array = np.asarray(radii, dtype=np.float64)
    if values.ndim != 1 or values.size < 2 or not values[0] > 0 or not (np.diff(values) > 0).all():
        raise MultifractalError("radii: a slope takes two or more, positive and ascending; give more of them")
    return values


def _factors(exponents: Array) -> tuple[Array, Array]:
    """Two sets of exponents whose sums, row by row, begin with these; the second is {0} if the steps differ."""
    steps = np.diff(exponents)
    if steps.size and not np.allclose(steps, steps[0], rtol=1e-9):
        return exponents, np.zeros(1)
    size = int(np.ceil(np.sqrt(exponents.size)))
    return exponents[::size], exponents[:size] - exponents[0]
