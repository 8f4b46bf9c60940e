"""Null networks: the same network without its structure, without its weight distribution, or without its growth.

Growing weights alone change a spectrum as emergence does. `shuffled` keeps every matrix's weights but not their
positions, `gaussian` keeps their scale alone, `rescaled` removes their growth alone. The scale of a matrix is the root
mean square of its weights, since distances depend on magnitudes.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from emergence.multifractal.interaction import Matrix, Network
from emergence.multifractal.spectrum import Array


def shuffled(network: Network, rng: np.random.Generator) -> Network:
    """The weights of each matrix in random positions."""
    return _each(network, lambda weights: rng.permutation(weights.ravel()).reshape(weights.shape))


def gaussian(network: Network, rng: np.random.Generator) -> Network:
    """Independent weights N(0, σ²), with the σ of their matrix."""
    return _each(network, lambda weights: rms(weights) * rng.standard_normal(weights.shape))


def rescaled(network: Network, sigma: ArrayLike) -> Network:
    """Scale each matrix to a given σ, one for all or one for each; a matrix of zeros stays.

    With ``sigma=1`` radii and cut-offs are in units of 1/σ; with `sizes` of the first checkpoint they keep their units.
    """
    wanted = np.broadcast_to(np.asarray(sigma, dtype=np.float64), len(network.matrices))
    factors = [float(new / old) if old else 1.0 for new, old in zip(wanted, sizes(network), strict=True)]
    return Network(
        tuple(
            Matrix(m.source, m.target, np.multiply(m.weights, factor, dtype=np.float64))
            for m, factor in zip(network.matrices, factors, strict=True)
        )
    )


def sizes(network: Network) -> Array:
    """σ of each matrix (matrices,)."""
    return np.array([rms(matrix.weights) for matrix in network.matrices])


def mean_weight(network: Network) -> float:
    """Mean |w| over all edges; NaN without any."""
    edges = sum(matrix.weights.size for matrix in network.matrices)
    total = sum(float(np.abs(matrix.weights, dtype=np.float64).sum()) for matrix in network.matrices)
    return total / edges if edges else float("nan")


def weighted_degree(network: Network) -> float:
    """Mean over nodes with outgoing weights of Σ_j |w_ij|; NaN without any."""
    nodes = sum(len(matrix.weights) for matrix in network.matrices)
    total = sum(float(np.abs(matrix.weights, dtype=np.float64).sum()) for matrix in network.matrices)
    return total / nodes if nodes else float("nan")


def rms(weights: NDArray[Any]) -> float:
    """Root mean square, 0 without weights."""
    return float(np.sqrt(np.square(weights, dtype=np.float64).mean())) if weights.size else 0.0


def _each(network: Network, change: Callable[[NDArray[Any]], NDArray[Any]]) -> Network:
    return Network(tuple(Matrix(m.source, m.target, change(m.weights)) for m in network.matrices))
