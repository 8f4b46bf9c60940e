"""Neighbourhoods of neurons: the number of others within r, along one edge or along paths.

The length of an edge is d = 1/|w|; edges lead out of a node. `star` is the definition of the published code: one hop,
1 < d ≤ 150, distances then rounded to the nearest whole number (half to even), nodes with more than 10 remaining edges,
and as radii the distances that occur. `path` is that of the paper's text (shortest paths over several hops). Both count
the same nodes.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, assert_never

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array, csr_array
from scipy.sparse.csgraph import dijkstra

from emergence.config.neuromfa import Boxes
from emergence.multifractal.interaction import Network
from emergence.multifractal.spectrum import Array, MultifractalError

ENTRIES = 2**22
"""distances along paths in memory at a time"""


@dataclass(frozen=True)
class Neighbourhoods:
    """Sizes of balls around the nodes that survive the cut-offs."""

    counts: NDArray[np.int64]
    """N_i(r), including the centre (surviving nodes, radii)"""
    radii: Array
    """(radii,), two or more"""
    survivors: float
    """surviving share of the nodes with outgoing weights; 0 where fewer than two radii reach a node"""


def neighbourhoods(network: Network, settings: Boxes) -> Neighbourhoods:
    """Sizes of the balls around every surviving node, by the settings' definition.

    Raises:
        MultifractalError: if weights are not finite.
    """
    reach = radii(settings)
    edges = [lengths(matrix.weights, settings) for matrix in network.matrices]
    kept = [np.isfinite(each).sum(axis=1) > settings.edges for each in edges]
    match settings.kind:
        case "star":
            balls = [counts(each[rows], reach) for each, rows in zip(edges, kept, strict=True)]
        case "path":
            balls = [counts(each, reach, centre=0) for each in _paths(network, edges, kept, settings.largest)]
        case _:
            assert_never(settings.kind)
    together = np.concatenate([np.empty((0, reach.size), dtype=np.int64), *balls])
    sources = sum(rows.size for rows in kept)
    survivors = len(together) / sources if sources else 0.0
    if not settings.occurring:
        return Neighbourhoods(together, reach, survivors)
    occurring = (np.diff(together, axis=1, prepend=1) > 0).any(axis=0)
    if occurring.sum() < 2:  # too few for a slope
        return Neighbourhoods(together[:0], reach, 0.0)
    return Neighbourhoods(together[:, occurring], reach[occurring], survivors)


def radii(settings: Boxes) -> Array:
    """Multiples of the step from the shortest distance that an edge may have up to L."""
    last = int(np.floor(settings.largest / settings.radius_step + 1e-9))
    if settings.integer:  # an edge a little longer than the cut-off is rounded to it
        first = int(np.ceil(max(1.0, np.rint(settings.above)) / settings.radius_step - 1e-9))
    else:
        first = int(np.floor(settings.above / settings.radius_step + 1e-9)) + 1
    steps: Array = np.arange(float(first), last + 1.0)
    return settings.radius_step * steps


def lengths(weights: NDArray[Any], settings: Boxes) -> Array:
    """Distances 1/|w| (sources, targets), infinite along edges outside the cut-offs."""
    size: Array = np.abs(weights, dtype=np.float64)
    if not np.isfinite(size).all():
        raise MultifractalError("weights: some are not finite", "the run diverged or its checkpoint is damaged")
    distances = np.divide(1.0, size, out=np.full(size.shape, np.inf), where=size > 1 / np.finfo(np.float64).max)
    distances[(distances <= settings.above) | (distances > settings.largest)] = np.inf
    return np.rint(distances, out=distances) if settings.integer else distances


def counts(distances: Array, reach: Array, centre: int = 1) -> NDArray[np.int64]:
    """N_i(r) = centre + #{j : d_ij ≤ r} for distances (nodes, others) and ascending radii: (nodes, radii).

    Args:
        distances: d_ij (nodes, others); infinite where there is no path.
        reach: Radii (radii,), ascending.
        centre: What a ball holds beside the others: 1 for the node itself.
    """
    nodes, others = distances.shape
    bins = reach.size + 1  # the last bin is out of reach
    first = np.searchsorted(reach, distances.ravel()) + np.repeat(bins * np.arange(nodes), others)
    shells = np.bincount(first, minlength=nodes * bins).reshape(nodes, bins)
    return centre + shells[:, :-1].cumsum(axis=1)


def _paths(network: Network, edges: list[Array], kept: list[NDArray[np.bool_]], largest: float) -> Iterator[Array]:
    """Shortest-path distances (sources, nodes) from the kept nodes, in blocks of sources; 0 to themselves."""
    starts = _starts(network)
    graph = _graph(network, edges, starts)
    sources = [starts[m.source] + np.flatnonzero(rows) for m, rows in zip(network.matrices, kept, strict=True)]
    every = np.concatenate([np.empty(0, dtype=np.intp), *sources])
    size = max(1, ENTRIES // max(1, graph.shape[0]))
    for first in range(0, every.size, size):
        yield dijkstra(graph, indices=every[first : first + size], limit=largest)


def _starts(network: Network) -> dict[str, int]:
    """Index of each layer's first node among all nodes."""
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
