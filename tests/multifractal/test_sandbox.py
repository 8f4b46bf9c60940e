"""Sandboxes and boxes against graphs and measures with known exponents, and graphs that have none."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.sparse.csgraph import connected_components, dijkstra
from synthetic import random_graphs

from emergence.multifractal import graphs, sandbox, spectrum
from emergence.multifractal.spectrum import Array, MultifractalError


def degrees(graph: graphs.csr_array) -> Array:
    return np.diff(graph.indptr)


@pytest.mark.parametrize("nodes", [21, 101])
def test_ring(nodes: int, q: Array) -> None:
    """Of an odd number of nodes, the centre left out: 2r are within r."""
    radii = np.arange(1, nodes // 2 + 1)
    others = sandbox.masses(graphs.cycle(nodes), radii, np.arange(nodes)) - 1
    assert (others == 2 * radii).all()
    np.testing.assert_allclose(spectrum.neurons(others, radii, q).alpha, 1, atol=1e-12)


def test_sandboxes_are_neurons_one_moment_further(q: Array) -> None:
    """Where the largest radius reaches all nodes."""
    graph = graphs.small_world(60, 4, 0.1, np.random.default_rng(0))
    radii = np.arange(1, int(dijkstra(graph).max()) + 1)
    neurons = spectrum.neurons(sandbox.masses(graph, radii, np.arange(60)), radii, q)
    boxes = sandbox.sandboxes(graph, radii, q, np.arange(60))
    np.testing.assert_allclose(neurons.tau[:51], boxes.tau[10:], atol=1e-12)


def test_sandboxes_are_a_plain_loop() -> None:
    """Of some centres and masses of any size."""
    q, rng = np.linspace(-2, 2, 5), np.random.default_rng(1)
    graph, mass, centres, radii = (
        random_graphs.barabasi_albert(40, 2, rng),
        rng.random(40) + 0.1,
        [3, 9, 30],
        [1.0, 2.0, 4.0],
    )
    distances = dijkstra(graph)
    for moment, tau in zip(q, sandbox.sandboxes(graph, radii, q, centres, mass).tau, strict=True):
        means = [
            np.mean([(mass[distances[i] <= r].sum() / mass.sum()) ** (moment - 1) for i in centres]) for r in radii
        ]
        assert tau == pytest.approx(np.polyfit(np.log(radii), np.log(means), 1)[0], abs=1e-10)


def test_edges_lead_both_ways() -> None:
    graph = graphs.cycle(9)
    one_way = graphs.csr_array(np.triu(graph.toarray()))
    assert (sandbox.masses(one_way, [1, 2], [4, 8]) == sandbox.masses(graph, [1, 2], [4, 8])).all()


def test_in_parts_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    graph = graphs.cycle(30)
    whole = sandbox.masses(graph, [1, 2, 5], np.arange(30))
    monkeypatch.setattr(sandbox, "ENTRIES", 100)
    assert (sandbox.masses(graph, [1, 2, 5], np.arange(30)) == whole).all()


@given(st.integers(0, 1000), st.floats(0.1, 10))
def test_neither_names_nor_unit_matter(seed: int, unit: float) -> None:
    q, rng = np.linspace(-2, 2, 5), np.random.default_rng(seed)
    graph, radii = graphs.small_world(30, 4, 0.2, rng), np.arange(1, 6)
    order = rng.permutation(30)
    mixed = unit * graph[order][:, order]
    spectra = [
        sandbox.sandboxes(each, scale * radii * (1 + 1e-9), q, np.arange(30))
        for each, scale in ((graph, 1), (mixed, unit))
    ]
    np.testing.assert_allclose(spectra[1].tau, spectra[0].tau, atol=1e-9)


@pytest.mark.parametrize(("u", "v", "dimension"), [(2, 2, 2), (2, 3, 2.3219), (3, 3, 1.6309)])
def test_flowers(u: int, v: int, dimension: float, q: Array) -> None:
    w, generation = u + v, 5
    graph = graphs.flower(u, v, generation)
    assert graph.nnz == 2 * w**generation
    assert graph.shape[0] == (w - 2) * (w**generation - 1) / (w - 1) + 2
    assert connected_components(graph)[0] == 1
    shares = degrees(graph) / degrees(graph).sum()
    sums = np.log((shares[:, None] ** q).sum(axis=0))
    np.testing.assert_allclose(sums, graphs.flower_log_sum(u, v, generation, q), atol=1e-10)
    share, often = graphs.flower_boxes(u, v, generation)
    assert sorted(np.repeat(share, often.astype(int))) == pytest.approx(sorted(shares))
    assert graphs.flower_tau(u, v, [0.0]) == pytest.approx(-dimension, abs=1e-4)


@pytest.mark.parametrize(("u", "v"), [(2, 2), (2, 3), (3, 3)])
def test_flowers_of_many_generations(u: int, v: int, q: Array) -> None:
    generations = np.arange(60, 39, -1)
    shares, often = zip(*(graphs.flower_boxes(u, v, int(m)) for m in generations), strict=True)
    estimate = sandbox.boxes(shares, float(u) ** -generations, q, often)
    away = np.abs(q - np.log(u + v) / np.log(2)) > 0.6
    np.testing.assert_allclose(estimate.tau[away], graphs.flower_tau(u, v, q)[away], atol=1e-5)
    sums = np.stack([graphs.flower_log_sum(u, v, int(m), q) for m in generations], axis=1)
    np.testing.assert_allclose(estimate.tau, spectrum.slopes(sums, -generations * np.log(u)), atol=1e-9)


def test_binomial_cantor_measure(q: Array, fine: Array) -> None:
    levels = np.arange(9, 0, -1)
    shares, sizes = [graphs.cantor((1, 0, 2), int(level)) for level in levels], 3.0**-levels
    estimate = sandbox.boxes(shares, sizes, q)
    np.testing.assert_allclose(estimate.tau, -np.log((1 / 3) ** q + (2 / 3) ** q) / np.log(3), atol=1e-10)
    assert estimate.worst_fit == pytest.approx(1)
    near = sandbox.boxes(shares, sizes, fine)
    assert near.alpha_0 == pytest.approx(0.68454, abs=1e-5)
    assert near.f.max() == pytest.approx(0.63093, abs=1e-5)
    far = sandbox.boxes(shares, sizes, 30 * np.linspace(-1, 1, 61))
    assert far.alpha.min() == pytest.approx(0.36907, abs=1e-5)
    assert far.alpha.max() == pytest.approx(1, abs=1e-5)
    np.testing.assert_allclose(graphs.cantor_tau((1, 0, 2), q), estimate.tau, atol=1e-10)


@pytest.mark.parametrize(("branches", "factor"), [(2, 0.5), (3, 0.5), (3, 1 / 3)])
def test_leaves_of_weighted_trees(branches: int, factor: float, q: Array) -> None:
    graph, leaves = graphs.tree(branches, factor, 5)
    assert leaves.size == branches**5
    mass = np.isin(np.arange(graph.shape[0]), leaves)
    estimate = sandbox.sandboxes(graph, graphs.tree_radii(factor, 5), q, leaves, mass)
    np.testing.assert_allclose(estimate.tau, -(q - 1) * np.log(branches) / np.log(factor), atol=1e-10)
    assert estimate.width == pytest.approx(0, abs=1e-9)


@pytest.mark.parametrize(("rewired", "published"), [(0.0, 1.0), (1.0, 2.83)])
def test_small_worlds(rewired: float, published: float, q: Array) -> None:
    """Published, read off a figure, for about 1001 nodes; the centre left out."""
    nodes = 1001
    graph = graphs.small_world(nodes, 4, rewired, np.random.default_rng(0))
    assert graph.nnz == 4 * nodes
    assert (degrees(graph) >= 2).all()
    radii = np.arange(1, int(dijkstra(graph).max()) + 1)
    others = sandbox.masses(graph, radii, np.arange(nodes)) - 1
    assert spectrum.neurons(others, radii, q).alpha_0 == pytest.approx(published, abs=0.02)


def test_a_few_shortcuts_are_between(q: Array) -> None:
    nodes = 1001
    graph = graphs.small_world(nodes, 4, 0.01, np.random.default_rng(0))
    moved = np.abs(np.subtract(*graph.nonzero()))
    assert (np.minimum(moved, nodes - moved) > 2).sum() / graph.nnz == pytest.approx(0.01, abs=0.007)
    radii = np.arange(1, int(dijkstra(graph).max()) + 1)
    others = sandbox.masses(graph, radii, np.arange(nodes)) - 1
    assert 1.2 < spectrum.neurons(others, radii, q).alpha_0 < 2


@pytest.mark.long
def test_controls_fit_worse(q: Array) -> None:
    """Where balls grow exponentially or at once, r² up to the diameter says that there is no power law."""
    rng, nodes = np.random.default_rng(0), 800
    for graph in (
        random_graphs.erdos_renyi(nodes, 6, rng),
        random_graphs.erdos_renyi(nodes, 20, rng),
        random_graphs.barabasi_albert(nodes, 3, rng),
    ):
        distances = dijkstra(graph)
        radii = np.arange(1, int(distances[np.isfinite(distances)].max()) + 1)
        assert sandbox.sandboxes(graph, radii, q, np.arange(nodes)).worst_fit < 0.95
    assert sandbox.sandboxes(random_graphs.complete(100), [1, 2, 3], q, np.arange(100)).worst_fit == 0
    flower, ring = graphs.flower(2, 2, 5), graphs.cycle(301)
    assert sandbox.sandboxes(flower, 2.0 ** np.arange(1, 6), q, np.arange(flower.shape[0])).worst_fit > 0.98
    assert sandbox.sandboxes(ring, np.arange(1, 151), q, np.arange(301)).worst_fit > 0.98


def test_sandboxes_of_flowers_come_nearer_with_generations(q: Array) -> None:
    """Finite flowers are too low: their dimension is that of boxes only in the limit."""
    errors = []
    for generation in (3, 4, 5, 6):
        flower = graphs.flower(2, 2, generation)
        estimate = sandbox.sandboxes(flower, 2.0 ** np.arange(1, generation), q, np.arange(flower.shape[0]))
        errors.append(graphs.flower_tau(2, 2, q)[20] - estimate.tau[20])
    assert (np.diff(np.abs(errors)) < 0).all()


def test_degrees_of_random_graphs() -> None:
    rng = np.random.default_rng(0)
    assert degrees(random_graphs.erdos_renyi(800, 6, rng)).mean() == pytest.approx(6, rel=0.1)
    preferential = degrees(random_graphs.barabasi_albert(800, 3, rng))
    assert preferential.sum() == 2 * (6 + 3 * 796)
    assert preferential.min() == 3
    assert preferential.max() > 40
    assert (degrees(random_graphs.complete(7)) == 6).all()


def test_bad_arguments_are_refused(q: Array) -> None:
    graph = graphs.cycle(9)
    with pytest.raises(MultifractalError, match=r"^masses: "):
        sandbox.sandboxes(graph, [1, 2], q, [0], np.eye(9)[5])
    with pytest.raises(MultifractalError, match=r"^radii: "):
        sandbox.sandboxes(graph, [1], q, [0])
    with pytest.raises(MultifractalError, match=r"^shares: "):
        sandbox.boxes([[0.5, 0.5], [1.0, 0.0]], [1, 2], q)
    assert np.isnan(sandbox.sandboxes(graph, [1, 2], q, []).tau).all()


@pytest.mark.parametrize("length", [-0.5, np.nan])
def test_lengths_without_shortest_paths_are_refused(length: float, q: Array) -> None:
    ring = graphs.cycle(12)
    ring.data[0] = length
    with pytest.raises(MultifractalError, match=r"^graph: .*length"):
        sandbox.sandboxes(ring, [1, 2, 3], q, np.arange(12))


@pytest.mark.parametrize("centres", [[-1], [12], [1.5], [[1, 2]], [True] * 12, 3])
def test_centres_that_are_no_nodes_are_refused(centres: Any) -> None:
    with pytest.raises(MultifractalError, match=r"^centres: .*\b0 to 11\b"):
        sandbox.masses(graphs.cycle(12), [1, 2], centres)


@pytest.mark.parametrize("mass", [np.ones(11), -np.ones(12), np.full(12, np.nan)])
def test_masses_that_are_none_are_refused(mass: Array) -> None:
    with pytest.raises(MultifractalError, match="masses"):
        sandbox.masses(graphs.cycle(12), [1, 2], [0], mass)
