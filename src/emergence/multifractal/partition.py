"""From counts of neighbours to the spectrum of a neuron interaction network, and the degree of emergence.

Neuron-based multifractal analysis (arXiv:2402.09099). With N_i(r) neurons within r of neuron i, itself among them, and
L the largest radius,

    μ_i(r) = N_i(r)/N_i(L),    Z_q(r) = Σ_i μ_i(r)^q ~ (r/L)^τ(q),

the exponent α₀ = τ′(0) is the mean over neurons of their own slopes of ln N_i on ln r: low where interactions are
regular. The width of the spectrum tells how much neurons differ.
"""

import numpy as np
from numpy.typing import ArrayLike

from emergence.multifractal import spectrum
from emergence.multifractal.spectrum import ROUNDING, Array, MultifractalError, Spectrum


def neurons(counts: ArrayLike, radii: ArrayLike, q: Array) -> Spectrum:
    """Spectrum of neurons whose balls hold ``counts`` (nodes, radii) nodes; NaN throughout for no node.

    Raises:
        MultifractalError: counts that are not positive, or have no column for each radius; radii or moments that leave
            no slope.
    """
    values = _checked(counts, spectrum.check_radii(radii))
    if not len(values):
        return spectrum.empty(q)
    logs = np.log(values)
    return spectrum.fit(q, spectrum.log_power_sums(logs - logs[:, -1:], q), radii, trivial=0)


def own_slopes(counts: ArrayLike, radii: ArrayLike) -> Array:
    """Each node's own exponent (nodes,): the slope of ln N_i on ln r; α₀ is their mean."""
    checked = spectrum.check_radii(radii)
    return spectrum.slopes(np.log(_checked(counts, checked)), np.log(checked))


def emergence(alpha_0: ArrayLike, width: ArrayLike) -> Array:
    """Degree of emergence E(t) = [w(t)/w(0)] ln[α₀(0)/α₀(t)] for values (..., checkpoints), the first at t = 0.

    Samples, on leading axes, are averaged first. Where nodes are homogeneous (w = 0), E is 0. It is NaN, since it is
    not defined, where w > 0 grew out of none, where no node grows (α₀ = 0), and where a sample had no node.
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
            f"counts {values.shape}: not one row a node with a column for each of {radii.size} radii"
        )
    if not (values > 0).all():
        raise MultifractalError("counts: a ball holds nothing, which has no logarithm; count its centre or widen radii")
    return values
