"""Multifractal analysis of any graph, by sandboxes and by boxes.

With M_i(r) the mass within r of node i, M_0 the total mass and p_b(ℓ) the shares of boxes of size ℓ that cover it,

    sandboxes: ⟨(M_i(r)/M_0)^(q − 1)⟩_i ~ (r/L)^τ(q),    boxes: Σ_b p_b(ℓ)^q ~ (ℓ/L)^τ(q).

Where all nodes are within L of each other, τ(q) of neurons (`emergence.multifractal.spectrum`) is that of sandboxes at
q + 1. A graph is a sparse matrix of edge lengths; its edges count in both directions.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

from emergence.multifractal import spectrum
from emergence.multifractal.spectrum import Array, MultifractalError, Spectrum

ENTRIES = 2**22
"""distances in memory at a time"""


def sandboxes(
    graph: csr_array, radii: ArrayLike, q: Array, centres: ArrayLike, mass: ArrayLike | None = None
) -> Spectrum:
    """Spectrum by sandboxes around ``centres``, of unit masses or those given (nodes,).

    Args:
        graph: Edge lengths (nodes, nodes), 0 or more.
        radii: r (radii,), positive and ascending.
        q: Moments (moments,), ascending through an exact 0.
        centres: Nodes (centres,).
        mass: Of the nodes (nodes,); 1 each if None.

    Raises:
        MultifractalError: if a sandbox has no mass, or radii or moments allow no slope.
    """
    of_nodes = np.ones(graph.shape[0]) if mass is None else np.asarray(mass, dtype=np.float64)
    within = masses(graph, radii, centres, of_nodes)
    if not len(within):
        return spectrum.empty(q)
    if not (within > 0).all():
        raise MultifractalError("masses: an empty sandbox has no logarithm", "choose centres with a mass")
    log_means = spectrum.log_power_sums(np.log(within / of_nodes.sum()), q - 1) - np.log(len(within))
    return spectrum.fit(q, log_means, radii, trivial=1)


def masses(graph: csr_array, radii: ArrayLike, centres: ArrayLike, mass: ArrayLike | None = None) -> Array:
    """M_i(r): the mass within each radius of each centre, including its own (centres, radii).

    Args:
        graph: Edge lengths (nodes, nodes), 0 or more.
        radii: r (radii,), positive and ascending.
        centres: Nodes (centres,).
        mass: Of the nodes (nodes,); 1 each if None.

    Raises:
        MultifractalError: if lengths, centres, masses or radii are not valid.
    """
    reach = spectrum.check_radii(radii)
    _check_lengths(graph)
    chosen = _checked_centres(centres, graph.shape[0])
    held = np.ones(graph.shape[0]) if mass is None else np.asarray(mass, dtype=np.float64)
    if held.shape != graph.shape[:1] or not (held >= 0).all():
        raise MultifractalError(f"masses {held.shape}: expected one per node, none negative or NaN")
    size = max(1, ENTRIES // max(1, graph.shape[0]))
    parts = [
        _within(dijkstra(graph, directed=False, indices=chosen[first : first + size], limit=reach[-1]), reach, held)
        for first in range(0, chosen.size, size)
    ]
    return np.concatenate([np.empty((0, reach.size)), *parts])


def boxes(
    shares: Sequence[ArrayLike], sizes: ArrayLike, q: Array, often: Sequence[ArrayLike] | None = None
) -> Spectrum:
    """Spectrum from the shares (boxes,) of all boxes of each size, with multiplicities ``often`` where given.

    Args:
        shares: Of the mass (boxes,), for each size.
        sizes: ℓ (sizes,), positive and ascending.
        q: Moments (moments,), ascending through an exact 0.
        often: How many boxes have each share (boxes,), for each size.

    Raises:
        MultifractalError: if a box has no mass, or sizes or moments allow no slope.
    """
    held = [np.asarray(each, dtype=np.float64) for each in shares]
    if not all(each.size and (each > 0).all() for each in held):
        raise MultifractalError("shares: no box, or a box without mass", "leave empty boxes out")
    times = [np.ones(each.size) for each in held] if often is None else [np.asarray(n, dtype=np.float64) for n in often]
    sums = [spectrum.log_power_sums(np.log(p)[:, None], q, n) for p, n in zip(held, times, strict=True)]
    return spectrum.fit(q, np.hstack(sums), sizes, trivial=1)


def _check_lengths(graph: csr_array) -> None:
    """Refuse edges along which no shortest path exists: Dijkstra's algorithm may not end on them."""
    if not (graph.data >= 0).all():
        raise MultifractalError("graph: an edge has a negative length or NaN", "give lengths of 0 or more")


def _checked_centres(centres: ArrayLike, nodes: int) -> NDArray[np.intp]:
    """Centres as indices (centres,) of nodes."""
    given = np.asarray(centres)
    chosen: NDArray[np.intp] = given.astype(np.intp)
    valid = (chosen == given) & (chosen >= 0) & (chosen < nodes)
    if given.ndim != 1 or given.dtype == np.bool_ or not valid.all():
        raise MultifractalError(f"centres: must be numbers of nodes, from 0 to {nodes - 1}")
    return chosen


def _within(distances: Array, reach: Array, mass: Array) -> Array:
    """Mass within each radius for distances (centres, nodes): (centres, radii)."""
    centres, bins = len(distances), reach.size + 1
    first = np.searchsorted(reach, distances) + bins * np.arange(centres)[:, None]
    held = np.broadcast_to(mass, distances.shape).ravel()
    shells = np.bincount(first.ravel(), held.astype(np.float64), minlength=centres * bins)
    return shells.reshape(centres, bins)[:, :-1].cumsum(axis=1)
