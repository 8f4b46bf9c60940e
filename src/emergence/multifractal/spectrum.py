"""Multifractal spectra: power sums over nodes, their slopes τ(q), the spectrum f(α), and the degree of emergence.

    Z_q(r) ~ r^τ(q),    α(q) = dτ/dq,    f(α) = qα − τ,

with τ by least squares on ln r. A power sum runs over all nodes for every radius and moment; since
μ^(a + b) = μ^a μ^b, those of a uniform grid of moments are products of two matrices with √moments rows each.

Neuron-based multifractal analysis (arXiv:2402.09099). With N_i(r) neurons within r of neuron i, itself among them, and
L the largest radius,

    μ_i(r) = N_i(r)/N_i(L),    Z_q(r) = Σ_i μ_i(r)^q ~ (r/L)^τ(q),

the exponent α₀ = τ′(0) is the mean over neurons of the slopes of ln N_i on ln r: low where interactions are regular.
The width of the spectrum measures the heterogeneity of neurons.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from emergence.config.neuromfa import Moments
from emergence.errors import EmergenceError

Array = NDArray[np.float64]

ROUNDING = 1e-10
"""relative changes of sums, and widths of spectra, below which they count as zero"""

RADII = 8
"""whose powers are in the processor's cache at a time"""


class MultifractalError(EmergenceError):
    """A network, graph or grid without a multifractal spectrum; the message gives the reason."""


@dataclass(frozen=True)
class Spectrum:
    """A multifractal spectrum on a grid of moments; NaN throughout without nodes."""

    q: Array
    """moments (moments,), ascending, including zero"""
    tau: Array
    """mass exponents (moments,)"""
    r_squared: Array
    """r² of the fit of each τ (moments,): 0 without growth, NaN for the moment that is constant by definition"""

    @property
    def alpha(self) -> Array:
        """Lipschitz-Hölder exponents dτ/dq (moments,): central differences, one-sided at both ends."""
        return np.gradient(self.tau, self.q)

    @property
    def f(self) -> Array:
        """Fractal dimensions f = qα − τ of the nodes with exponents α (moments,)."""
        return self.q * self.alpha - self.tau

    @property
    def alpha_0(self) -> float:
        """α at q = 0, where f is largest."""
        return float(self.alpha[np.abs(self.q).argmin()])

    @property
    def width(self) -> float:
        """Largest less smallest α."""
        return float(np.ptp(self.alpha))

    @property
    def worst_fit(self) -> float:
        """Smallest r² over moments, a check of the power law."""
        return float(np.fmin.reduce(self.r_squared))


def moments(settings: Moments) -> Array:
    """The grid of q (moments,), with an exact zero in its middle."""
    count = round(settings.largest / settings.step)
    return settings.largest * np.arange(-count, count + 1) / count


def log_power_sums(logs: Array, exponents: Array, multiplicity: Array | None = None) -> Array:
    """Logarithm of Σ_i n_i exp(e·logs_i) for logs (nodes, radii) and exponents e: (exponents, radii).

    Nodes have multiplicities n_i (nodes,), or 1. The middle of the logs is subtracted first, so that no power overflows
    before its sum does.

    Args:
        logs: Logarithms (nodes, radii).
        exponents: e (exponents,); evenly spaced ones take less time.
        multiplicity: n_i (nodes,).
    """
    coarse, fine = _factors(exponents)
    columns = np.ascontiguousarray(logs.T)
    middle = (columns.min(axis=1) + columns.max(axis=1)) / 2
    columns -= middle[:, None]
    sums = np.empty((len(columns), exponents.size))
    for first in range(0, len(columns), RADII):
        several = columns[first : first + RADII]
        right = _powers(several, fine)
        if multiplicity is not None:
            right *= multiplicity
        products = _powers(several, coarse) @ right.swapaxes(1, 2)
        sums[first : first + RADII] = products.reshape(len(several), -1)[:, : exponents.size]
    return (np.log(sums) + middle[:, None] * exponents).T


def _powers(logs: Array, exponents: Array) -> Array:
    """exp(e·logs) for logs (radii, nodes): (radii, exponents, nodes).

    Of evenly spaced exponents, each is the one before times exp(step·logs), several times faster than exponentials;
    from the smallest outwards, so that none overflows or vanishes on the way to another.
    """
    steps = np.diff(exponents)
    if not steps.size or not np.allclose(steps, steps[0], rtol=1e-9):
        return np.exp(exponents[:, None] * logs[:, None])
    start, end = int(np.abs(exponents).argmin()), exponents.size
    powers = np.empty((len(logs), end, logs.shape[1]))
    powers[:, start] = np.exp(exponents[start] * logs)
    for step, places in ((1, range(start + 1, end)), (-1, range(start - 1, -1, -1))):
        factor = np.exp(step * steps[0] * logs)
        for place in places:
            np.multiply(powers[:, place - step], factor, out=powers[:, place])
    return powers


def fit(q: Array, log_z: Array, radii: ArrayLike, trivial: float) -> Spectrum:
    """τ(q) as slopes of ln Z_q (moments, radii) on ln r; at moment ``trivial`` Z_q is constant by definition.

    Args:
        q: Moments (moments,), ascending through an exact 0.
        log_z: ln Z_q (moments, radii).
        radii: r (radii,), two or more, positive and ascending.
        trivial: The moment that is left out of the quality of the fit.

    Raises:
        MultifractalError: if moments or radii allow no slope.
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
    """Raise `MultifractalError` unless moments ascend from below to above an exact zero."""
    if q.ndim != 1 or not (np.diff(q) > 0).all() or 0 not in q[1:-1]:
        raise MultifractalError(
            "moments q: must ascend from below to above an exact 0, since α₀ is a difference across it"
        )


def check_radii(radii: ArrayLike) -> Array:
    """Radii as float64 (radii,); raise `MultifractalError` unless two or more, positive and ascending."""
    values: Array = np.asarray(radii, dtype=np.float64)
    if values.ndim != 1 or values.size < 2 or not values[0] > 0 or not (np.diff(values) > 0).all():
        raise MultifractalError("radii: a slope needs two or more, positive and ascending")
    return values


def _factors(exponents: Array) -> tuple[Array, Array]:
    """Two sets of exponents whose sums, row by row, begin with these; the second is {0} if the steps differ."""
    steps = np.diff(exponents)
    if steps.size and not np.allclose(steps, steps[0], rtol=1e-9):
        return exponents, np.zeros(1)
    size = int(np.ceil(np.sqrt(exponents.size)))
    return exponents[::size], exponents[:size] - exponents[0]


def neurons(counts: ArrayLike, radii: ArrayLike, q: Array) -> Spectrum:
    """Spectrum of neurons whose balls hold ``counts`` (nodes, radii) nodes; NaN throughout for no node.

    Args:
        counts: N_i(r) (nodes, radii), above 0.
        radii: r (radii,), two or more, positive and ascending.
        q: Moments (moments,), ascending through an exact 0.

    Raises:
        MultifractalError: if counts are not positive or not one column a radius, or radii or moments allow no slope.
    """
    values = _checked(counts, check_radii(radii))
    if not len(values):
        return empty(q)
    logs = np.log(values)
    return fit(q, log_power_sums(logs - logs[:, -1:], q), radii, trivial=0)


def emergence(alpha_0: ArrayLike, width: ArrayLike) -> Array:
    """Degree of emergence E(t) = [w(t)/w(0)] ln[α₀(0)/α₀(t)] for values (..., checkpoints), the first at t = 0.

    Samples, on leading axes, are averaged first. E is 0 where nodes are homogeneous (w = 0), and undefined
    (NaN) where w > 0 grew from 0, where no ball grows (α₀ = 0), and where a sample has no node.
    """
    exponent, spread = (
        np.asarray(values, dtype=np.float64).reshape(-1, np.shape(values)[-1]).mean(axis=0)
        for values in (alpha_0, width)
    )
    logs = np.log(exponent, out=np.full(exponent.size, np.nan), where=exponent > ROUNDING)
    widened = np.divide(spread, spread[0], out=np.full(spread.size, np.nan), where=spread[0] > ROUNDING)
    degree: Array = np.where(np.abs(spread) <= ROUNDING, 0.0, widened) * (logs[0] - logs)
    return degree


def _checked(counts: ArrayLike, radii: Array) -> Array:
    values: Array = np.asarray(counts, dtype=np.float64)
    if values.ndim != 2 or values.shape[1] != radii.size:
        raise MultifractalError(
            f"counts {values.shape}: expected one row per node and {radii.size} columns, one a radius"
        )
    if not (values > 0).all():
        raise MultifractalError("counts: an empty ball has no logarithm", "count its centre or widen the radii")
    return values
