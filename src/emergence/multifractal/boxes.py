"""Neighbourhoods of neurons: how many others are within r, along one edge or along paths.

The distance along an edge is d = 1/|w|; edges lead out of a node. `star` is the published code's definition (one hop,
whole distances, 1 < d ≤ 150, nodes with more than 10 edges left), `path` that of the paper's text (shortest paths over
several hops). Both count the same nodes.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, assert_never

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array, csr_array
from scipy.sparse.csgraph import dijkstra

from emergence.multifractal.interaction import Network
from emergence.multifractal.spectrum import Array, MultifractalError
from emergence.settings.multifractal import Boxes

ENTRIES = 2**22
"""distances along paths that are held at a time"""


@dataclass(frozen=True)
class Neighbourhoods:
    """Sizes of balls around the nodes that survive the cut-offs."""

    counts: NDArray[np.int64]
    """N_i(r), the centre among them (surviving nodes, radii)"""
    radii: Array
    """(radii,), two or more"""
    survivors: float
    """share of the nodes with outgoing weights that survive; none does where fewer than two radii reach a node"""


def neighbourhoods(network: Network, settings: Boxes) -> Neighbourhoods:
    """Sizes of balls by the settings' definition.

    Raises:
        MultifractalError: weights that are not finite.
    """
    reach = radii(settings)
    edges = [lengths(matrix.weights, settings) for matrix in network.matrices]
    kept = [np.isfinite(each).sum(axis=1) > settings.edges for each in edges]
    match settings.kind:
        case "star":
            found = [counts(each[rows], reach) for each, rows in zip(edges, kept, strict=True)]
        case "path":
            found = [counts(each, reach, centre=0) for each in _paths(network, edges, kept, settings.largest)]
        case _:
            assert_never(settings.kind)
    together = np.concatenate([np.empty((0, reach.size), dtype=np.int64), *found])
    sources = sum(rows.size for rows in kept)
    survivors = len(together) / sources if sources else 0.0
    if not settings.from_shortest:
        return Neighbourhoods(together, reach, survivors)
    some = (together > 1).any(axis=0)
    if some.sum() < 2:  # too few for a slope
        return Neighbourhoods(together[:0], reach, 0.0)
    return Neighbourhoods(together[:, some], reach[some], survivors)


def radii(settings: Boxes) -> Array:
    """Multiples of the step above the shortest edges and up to L."""
    first, last = (int(np.floor(end / settings.radius_step + 1e-9)) for end in (settings.above, settings.largest))
    steps: Array = np.arange(first + 1.0, last + 1.0)
    return settings.radius_step * steps


def lengths(weights: NDArray[Any], settings: Boxes) -> Array:
    """Distances 1/|w| (sources, targets), infinite along edges that the cut-offs leave out."""
    size: Array = np.abs(weights, dtype=np.float64)
    if not np.isfinite(size).all():
        raise MultifractalError("weights: some are not finite numbers; the run diverged or its checkpoint is damaged")
    found = np.divide(1.0, size, out=np.full(size.shape, np.inf), where=size > 1 / np.finfo(np.float64).max)
    if settings.integer:
        np.floor(found, out=found)
    found[(found <= settings.above) | (found > settings.largest)] = np.inf
    return found


def counts(distances: Array, reach: Array, centre: int = 1) -> NDArray[np.int64]:
    """N_i(r) = centre + #{j : d_ij ≤ r} for distances (nodes, others) and ascending radii: (nodes, radii)."""
    nodes, others = distances.shape
    bins = reach.size + 1  # the last for what is out of reach
    first = np.searchsorted(reach, distances.ravel()) + np.repeat(bins * np.arange(nodes), others)
    shells = np.bincount(first, minlength=nodes * bins).reshape(nodes, bins)
    return centre + shells[:, :-1].cumsum(axis=1)


def _paths(network: Network, edges: list[Array], kept: list[NDArray[np.bool_]], largest: float) -> Iterator[Array]:
    """Distances (sources, nodes) from the kept nodes along shortest paths, some sources at a time; 0 to themselves."""
    starts = _starts(network)
    graph = _graph(network, edges, starts)
    sources = [starts[m.source] + np.flatnonzero(rows) for m, rows in zip(network.matrices, kept, strict=True)]
    every = np.concatenate([np.empty(0, dtype=np.intp), *sources])
    size = max(1, ENTRIES // max(1, graph.shape[0]))
    for first in range(0, every.size, size):
        yield dijkstra(graph, indices=every[first : first + size], limit=largest)


def _starts(network: Network) -> dict[str, int]:
    """Number of the first node of each layer when all nodes are counted through."""
    sizes = network.layers
    return dict(zip(sizes, np.cumsum([0, *sizes.values()])[:-1].tolist(), strict=True))


def _graph(network: Network, edges: list[Array], starts: dict[str, int]) -> csr_array:
    """Surviving edges as a directed graph of all nodes."""
    size = sum(network.layers.values())
    ends, values = [np.empty((2, 0), dtype=np.intp)], [np.empty(0)]
    for matrix, each in zip(network.matrices, edges, strict=True):
        row, column = np.nonzero(np.isfinite(each))
        ends.append(np.stack([starts[matrix.source] + row, starts[matrix.target] + column]))
        values.append(each[row, column])
    sources, targets = np.hstack(ends)
    return coo_array((np.concatenate(values), (sources, targets)), shape=(size, size)).tocsr()
