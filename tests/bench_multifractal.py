"""Speed and memory of multifractal analysis, as a ratio measured in one run: ``make bench``.

The baseline is the published way: distances of each node sorted, radii and moments in plain loops.
"""

import argparse
import statistics
import subprocess
import sys
from bisect import bisect_right
from collections.abc import Callable

import numpy as np
from bench import peak_memory, seconds

from emergence.multifractal import boxes, partition
from emergence.multifractal.interaction import Matrix, Network
from emergence.multifractal.spectrum import Array, moments
from emergence.settings.multifractal import Boxes, Moments

ROUNDS, NODES, BLOCKS, SIGMA = 7, 64, 20, 0.02
SHARE = 40
"""part of the nodes that the baseline is given"""


def network(blocks: int) -> Network:
    """Gaussian weights in the shape of a sampled transformer: 512 nodes a block."""
    rng, s = np.random.default_rng(0), NODES
    ends = {("h", "qkv"): (s, 3 * s), ("attention", "a"): (s, s), ("a", "m"): (s, 2 * s), ("m", "next"): (2 * s, s)}
    return Network(
        tuple(
            Matrix(f"{one}{i}", f"h{i + 1}" if other == "next" else f"{other}{i}", SIGMA * rng.standard_normal(shape))
            for i in range(blocks)
            for (one, other), shape in ends.items()
        )
    )


def ours(weights: Network, cuts: Boxes, q: Array) -> Callable[[], object]:
    """Neighbourhoods and spectrum."""

    def analyse() -> object:
        around = boxes.neighbourhoods(weights, cuts)
        return partition.neurons(around.counts, around.radii, q)

    return analyse


def plain(weights: Network, cuts: Boxes, q: Array) -> Callable[[], object]:
    """The same for one node in `SHARE`, in plain loops; returns ln Z_q (moments, radii)."""
    radii = boxes.radii(cuts)

    def analyse() -> object:
        sums = [[0.0] * len(radii) for _ in q]
        for matrix in weights.matrices:
            for row in matrix.weights[::SHARE]:
                distances = sorted(int(1 / abs(w)) for w in row)
                kept = [d for d in distances if cuts.above < d <= cuts.largest]
                if len(kept) <= cuts.edges:
                    continue
                counts = [1 + bisect_right(kept, r) for r in radii]
                for place, moment in enumerate(q):
                    for column, count in enumerate(counts):
                        sums[place][column] += (count / counts[-1]) ** moment
        return sums

    return analyse


def published() -> tuple[Boxes, Array]:
    """Cut-offs and moments."""
    cuts = Boxes(kind="star", integer=True, above=1.0, largest=150.0, radius_step=1.0, from_shortest=True, edges=10)
    return cuts, moments(Moments(largest=3.0, step=0.1))


def compare() -> None:
    """Print the ratio."""
    cuts, q = published()
    weights = network(BLOCKS)
    nodes = sum(weights.layers.values())
    taken = sum(len(matrix.weights) for matrix in weights.matrices)
    looped = sum(len(matrix.weights[::SHARE]) for matrix in weights.matrices)
    fast, slow = ours(weights, cuts, q), plain(weights, cuts, q)
    fast()
    rounds = [(seconds(fast, 3), seconds(slow, 1) * taken / looped) for _ in range(ROUNDS)]
    step = statistics.median(row[0] for row in rounds)
    ratio = statistics.median(row[1] / row[0] for row in rounds)
    line = f"{ratio:10.0f} x the speed of plain loops ({step:.3f} s; target 0.2 s on one core)"
    print(f"multifractal  star, {nodes:,} nodes, {q.size} moments: {line}", flush=True)
    path = seconds(ours(weights, cuts.model_copy(update={"kind": "path"}), q), 1)
    print(f"multifractal  path, {nodes:,} nodes, {q.size} moments: {path:10.1f} s", flush=True)


def peak() -> None:
    """Print what the analysis of one network adds to the memory of this process."""
    weights = network(BLOCKS)
    before = peak_memory()
    ours(weights, *published())()
    held = sum(matrix.weights.nbytes for matrix in weights.matrices) / 2**20
    added = (peak_memory() - before) / 2**20
    print(f"multifractal  star, memory: {added:10.0f} MiB added to the {held:.0f} MiB of weights", flush=True)


def main() -> None:
    """Compare, then measure memory in a fresh process."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--peak", action="store_true", help=argparse.SUPPRESS)
    if parser.parse_args().peak:
        return peak()
    compare()
    subprocess.run([sys.executable, __file__, "--peak"], check=True)
    return None


if __name__ == "__main__":
    main()
