"""Graphs without a power law, as negative controls: complete, of Erdős and Rényi, and of Barabási and Albert."""

import numpy as np
from scipy.sparse import csr_array

from emergence.multifractal.graphs import graph


def complete(nodes: int) -> csr_array:
    """All nodes at distance 1 from each other."""
    return graph(nodes, np.stack(np.triu_indices(nodes, 1), axis=1))


def erdos_renyi(nodes: int, degree: float, rng: np.random.Generator) -> csr_array:
    """Independent edges of equal probability, with mean degree ``degree``."""
    pairs = np.stack(np.triu_indices(nodes, 1), axis=1)
    return graph(nodes, pairs[rng.random(len(pairs)) < degree / (nodes - 1)])


def barabasi_albert(nodes: int, links: int, rng: np.random.Generator) -> csr_array:
    """Every new node links to ``links`` others in proportion to their degrees, starting from a complete graph."""
    first = np.stack(np.triu_indices(links + 1, 1), axis=1).tolist()
    ends = [node for edge in first for node in edge]  # each node once for each of its edges
    edges = list(first)
    for node in range(links + 1, nodes):
        chosen: set[int] = set()
        while len(chosen) < links:
            chosen.add(ends[int(rng.integers(len(ends)))])
        for other in sorted(chosen):
            edges.append([other, node])
            ends += [other, node]
    return graph(nodes, np.array(edges))
