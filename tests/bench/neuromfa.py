"""NeuroMFA against plain loops, and against networkx where distances run along paths: the network of one sample."""

from bisect import bisect_right
from collections.abc import Iterator
from functools import partial

import numpy as np
from anatomy import Setup, config, setup
from timing import Agreement, Case, Peer, Work

from emergence.config.neuromfa import Boxes
from emergence.measures.neuromfa import network
from emergence.multifractal import boxes, interaction, spectrum
from emergence.multifractal.interaction import Network
from emergence.multifractal.spectrum import Array


def cases() -> Iterator[Case]:
    """One sample of the largest network."""
    largest = setup(config().anatomy.sizes[-1].name)
    neurons, settings = sampled(largest), config().neuromfa
    assert settings is not None
    q, star = spectrum.moments(settings.moments), settings.boxes
    path = star.model_copy(update={"kind": "path"})
    for cuts, name, peer in ((star, "plain loops", plain), (path, "networkx", along_paths)):
        theirs = Peer(name, partial(peer, neurons, cuts, q))
        yield Case(f"NeuroMFA, {cuts.kind}", largest.name, partial(ours, neurons, cuts, q), (theirs,))


def sampled(largest: Setup) -> Network:
    """The first sample of neurons that the default tier analyses."""
    neurons, settings = network(largest.model), config().neuromfa
    assert settings is not None
    return neurons.restricted(interaction.draw(neurons.layers, settings.sampling)[0])


def ours(neurons: Network, cuts: Boxes, q: Array) -> spectrum.Spectrum:
    """Neighbourhoods and spectrum."""
    around = boxes.neighbourhoods(neurons, cuts)
    return spectrum.neurons(around.counts, around.radii, q)


def looped(balls: list[list[int]], radii: list[float], q: Array) -> list[float]:
    """Mass exponents τ of balls (nodes, radii), in plain loops, from the first radius that reaches a node."""
    first = next(place for place in range(len(radii)) if any(ball[place] > 1 for ball in balls))
    logs, exponents = [float(np.log(radius)) for radius in radii[first:]], []
    middle = sum(logs) / len(logs)
    for moment in q:
        sums = [0.0] * len(logs)
        for ball in balls:
            for place, count in enumerate(ball[first:]):
                sums[place] += (count / ball[-1]) ** moment
        slope = sum((x - middle) * float(np.log(z)) for x, z in zip(logs, sums, strict=True))
        exponents.append(slope / sum((x - middle) ** 2 for x in logs))
    return exponents


def edges(weights: Array, cuts: Boxes) -> list[list[tuple[int, float]]]:
    """Targets and lengths of the edges of every node that has enough of them, of others none."""
    kept = []
    for row in weights.tolist():
        lengths = [(place, int(1 / abs(w)) if cuts.integer else 1 / abs(w)) for place, w in enumerate(row) if w]
        kept.append([(place, length) for place, length in lengths if cuts.above < length <= cuts.largest])
    return kept


def compared(work: Work, neurons: Network, cuts: Boxes, q: Array) -> tuple[Work, Agreement]:
    """The work, with how far its exponents are from ours."""
    own, theirs = ours(neurons, cuts, q).tau, np.array(work())
    return work, Agreement("τ", float(np.abs(own - theirs).max() / np.abs(own).max()), 1e-9)


def plain(neurons: Network, cuts: Boxes, q: Array) -> tuple[Work, Agreement]:
    """The published way: distances of each node sorted, radii and moments in loops."""

    def work() -> list[float]:
        radii = boxes.radii(cuts).tolist()
        each = [sorted(d for _, d in found) for m in neurons.matrices for found in edges(m.weights, cuts)]
        balls = [[1 + bisect_right(found, r) for r in radii] for found in each if len(found) > cuts.edges]
        return looped(balls, radii, q)

    return compared(work, neurons, cuts, q)


def along_paths(neurons: Network, cuts: Boxes, q: Array) -> tuple[Work, Agreement]:
    """Dijkstra of networkx from every node with enough edges, then the same loops."""
    import networkx

    def work() -> list[float]:
        radii, graph, sources = boxes.radii(cuts).tolist(), networkx.DiGraph(), []
        for matrix in neurons.matrices:
            for row, found in enumerate(edges(matrix.weights, cuts)):
                graph.add_weighted_edges_from(((matrix.source, row), (matrix.target, j), d) for j, d in found)
                sources += [(matrix.source, row)] if len(found) > cuts.edges else []
        balls = []
        for source in sources:
            reached = networkx.single_source_dijkstra_path_length(graph, source, cutoff=cuts.largest)
            distances = sorted(reached.values())
            balls.append([bisect_right(distances, r) for r in radii])
        return looped(balls, radii, q)

    return compared(work, neurons, cuts, q)
