"""Graphs and measures with known exponents.

Graphs are sparse matrices of edge lengths, every edge in both directions.

- (u,v)-flowers (Rozenfeld, Havlin and ben-Avraham 2007): every edge is repeatedly replaced by two parallel paths of u
  and v edges. With w = u + v, D = ln w/ln u and degree exponent γ = 1 + ln w/ln 2, boxes whose mass is the degree have
  τ(q) = (q − 1)D below q = γ − 1 and q ln(w/2)/ln u above.
- Multiplicative Cantor measures: every interval divides its mass among its parts by fixed shares.
- Trees whose edges shrink by f at each level: their leaves have dimension −ln s/ln f for s branches.
- Watts and Strogatz's small worlds, and rings.
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.sparse import coo_array, csr_array
from scipy.special import logsumexp

from emergence.multifractal.spectrum import Array

Edges = NDArray[np.intp]
"""(edges, 2)"""


def graph(nodes: int, edges: Edges, lengths: ArrayLike = 1.0) -> csr_array:
    """Undirected graph (nodes, nodes) from edges that are each listed once.

    Args:
        nodes: Their number.
        edges: Pairs of nodes (edges, 2).
        lengths: Of the edges (edges,), or of all.
    """
    values = np.broadcast_to(np.asarray(lengths, dtype=np.float64), len(edges))
    ends = np.concatenate([edges, edges[:, ::-1]]).T
    return coo_array((np.concatenate([values, values]), (ends[0], ends[1])), shape=(nodes, nodes)).tocsr()


def cycle(nodes: int) -> csr_array:
    """A ring: 2r others within r of each node."""
    return small_world(nodes, 2, 0.0, np.random.default_rng(0))


def small_world(nodes: int, degree: int, rewired: float, rng: np.random.Generator) -> csr_array:
    """Watts and Strogatz: a ring with ``degree`` nearest neighbours, and a share of edges with one end rewired.

    Args:
        nodes: Their number.
        degree: Nearest neighbours of a node in the ring, even.
        rewired: Probability with which an edge is rewired.
        rng: Of the rewiring.

    Returns:
        Edges of length 1 (nodes, nodes).
    """
    neighbours = [set[int]() for _ in range(nodes)]
    ring = [(node, (node + hop) % nodes) for hop in range(1, degree // 2 + 1) for node in range(nodes)]
    for one, other in ring:
        neighbours[one].add(other)
        neighbours[other].add(one)
    for one, other in ring:
        free = nodes - 1 - len(neighbours[one])
        if rng.random() < rewired and free:
            new = int(rng.integers(nodes))
            while new == one or new in neighbours[one]:
                new = int(rng.integers(nodes))
            neighbours[one].remove(other)
            neighbours[other].remove(one)
            neighbours[one].add(new)
            neighbours[new].add(one)
    return graph(nodes, np.array([(a, b) for a, linked in enumerate(neighbours) for b in sorted(linked) if a < b]))


def flower(u: int, v: int, generation: int) -> csr_array:
    """The (u,v)-flower; generation 1 is a ring of u + v nodes.

    Args:
        u: Edges of one of the two paths that replace an edge.
        v: Edges of the other.
        generation: How often all edges are replaced.

    Returns:
        Edges of length 1 (nodes, nodes).
    """
    edges, nodes = np.array([[0, 1]]), 2
    for _ in range(generation):
        parts = []
        for path in (u, v):
            inner = nodes + np.arange(len(edges) * (path - 1)).reshape(len(edges), path - 1)
            nodes += inner.size
            chain = np.hstack([edges[:, :1], inner, edges[:, 1:]])
            parts.append(np.stack([chain[:, :-1], chain[:, 1:]], axis=2).reshape(-1, 2))
        edges = np.concatenate(parts)
    return graph(nodes, edges)


def flower_boxes(u: int, v: int, generation: int) -> tuple[Array, Array]:
    """Shares of the boxes of size u^−generation, with their node's degree as mass, and the number with each share.

    Args:
        u: Edges of one of the two paths that replace an edge, 2 or more.
        v: Edges of the other, u or more.
        generation: How often all edges are replaced.

    Returns:
        Shares (kinds,), and how many boxes have each (kinds,).
    """
    w = float(u + v)
    added = np.arange(2, generation + 1)  # generations whose nodes are neither first nor last
    degrees = np.concatenate([[2.0**generation], 2.0 ** (generation - added + 1)])
    often = np.concatenate([[w], (w - 2) * w ** (added - 1.0)])
    return degrees / (2 * w**generation), often


def flower_log_sum(u: int, v: int, generation: int, q: Array) -> Array:
    """Exact ln Σ_b p_b^q (moments,) over the boxes of size u^−generation.

    [w 2^(mq) + Σ_{g=2..m} (w − 2) w^(g−1) 2^((m−g+1)q)]/(2w^m)^q for w = u + v at generation m.

    Args:
        u: Edges of one of the two paths that replace an edge, 2 or more.
        v: Edges of the other, u or more.
        generation: m.
        q: Moments (moments,).
    """
    w, m = u + v, generation
    terms = [np.log(w) + m * q * np.log(2)]
    terms += [np.log(w - 2) + (g - 1) * np.log(w) + (m - g + 1) * q * np.log(2) for g in range(2, m + 1)]
    sums: Array = logsumexp(np.stack(terms), axis=0) - q * (np.log(2) + m * np.log(w))
    return sums


def flower_tau(u: int, v: int, q: ArrayLike) -> Array:
    """τ(q) of large (u,v)-flowers, 2 ≤ u ≤ v.

    Args:
        u: Edges of one of the two paths that replace an edge.
        v: Edges of the other.
        q: Moments (...).

    Returns:
        Mass exponents (...).
    """
    w, moments = u + v, np.asarray(q, dtype=np.float64)
    below = moments < np.log(w) / np.log(2)
    tau: Array = np.where(below, (moments - 1) * np.log(w), moments * np.log(w / 2)) / np.log(u)
    return tau


def cantor(parts: ArrayLike, level: int) -> Array:
    """Shares of the intervals of length len(parts)^−level with non-zero mass, divided by ``parts`` at each level."""
    shares = np.asarray(parts, dtype=np.float64) / np.sum(parts)
    held = np.ones(1)
    for _ in range(level):
        held = np.kron(held, shares[shares > 0])
    return held


def cantor_tau(parts: ArrayLike, q: ArrayLike) -> Array:
    """τ(q) = −log_b Σ p^q over the b parts that hold a share p > 0."""
    shares = np.asarray(parts, dtype=np.float64) / np.sum(parts)
    powers = shares[shares > 0] ** np.asarray(q, dtype=np.float64)[..., None]
    tau: Array = -np.log(powers.sum(axis=-1)) / np.log(shares.size)
    return tau


def tree(branches: int, factor: float, levels: int) -> tuple[csr_array, NDArray[np.intp]]:
    """A tree whose edges at level j are ``factor``^j long, and the numbers of its leaves.

    Args:
        branches: Of a node that is no leaf.
        factor: f, between 0 and 1.
        levels: Between the root and the leaves.

    Returns:
        The graph (nodes, nodes), and its leaves (branches^levels,).
    """
    sizes = branches ** np.arange(levels + 1)
    level = np.repeat(np.arange(levels + 1), sizes)
    node = np.arange(1, sizes.sum())
    edges = np.stack([(node - 1) // branches, node], axis=1)
    return graph(int(sizes.sum()), edges, factor ** level[1:].astype(np.float64)), np.flatnonzero(level == levels)


def tree_radii(factor: float, levels: int) -> Array:
    """Ascending radii (levels,) at which the ball around a leaf is the set of leaves of ever larger branches.

    Leaves that separate at level j are 2(f^(j+1) + … + f^levels) apart: less than the radius 2f^(j+1)/(1 − f).
    """
    return 2 * factor ** np.arange(levels, 0, -1.0) / (1 - factor)
