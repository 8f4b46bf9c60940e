"""Neighbourhoods by both definitions: plain loops, closed forms, invariances and what growing weights do."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import erfc

from emergence.multifractal import boxes, partition
from emergence.multifractal.interaction import Matrix, Network
from emergence.multifractal.spectrum import Array, MultifractalError
from emergence.settings.multifractal import Boxes


def layer(weights: Array) -> Network:
    return Network((Matrix("sources", "targets", weights),))


def gaussian(sigma: float, nodes: int = 64, targets: int = 64, seed: int = 0) -> Network:
    return layer(sigma * np.random.default_rng(seed).standard_normal((nodes, targets)))


def chain(seed: int = 0, sizes: tuple[int, ...] = (12, 20, 16, 9), sigma: float = 0.03) -> Network:
    rng = np.random.default_rng(seed)
    return Network(
        tuple(Matrix(f"n{i}", f"n{i + 1}", sigma * rng.standard_normal(p)) for i, p in enumerate(pairwise(sizes)))
    )


def plain_star(network: Network, settings: Boxes) -> list[list[int]]:
    """Counts of surviving nodes as one would write them."""
    found = []
    for matrix in network.matrices:
        for row in matrix.weights:
            distances = [np.inf if w == 0 else 1 / abs(w) for w in row]
            if settings.integer:
                distances = [d if np.isinf(d) else int(d) for d in distances]
            kept = [d for d in distances if settings.above < d <= settings.largest]
            if len(kept) > settings.edges:
                found.append([1 + sum(d <= r for d in kept) for r in boxes.radii(settings)])
    return reached(found, settings)


def reached(found: list[list[int]], settings: Boxes) -> list[list[int]]:
    """Counts less those of radii that reach nothing from any node, where the settings say so."""
    columns = [column for column in zip(*found, strict=True) if not settings.from_shortest or max(column) > 1]
    return [list(row) for row in zip(*columns, strict=True)]


def plain_paths(network: Network, settings: Boxes) -> list[list[int]]:
    """The same along paths, by trying all of them, layer after layer."""
    edges = [boxes.lengths(matrix.weights, settings) for matrix in network.matrices]
    found = []
    for first, lengths in enumerate(edges):
        for row in lengths:
            if np.isfinite(row).sum() <= settings.edges:
                continue
            near, now = [row], row
            for further in edges[first + 1 :]:
                now = (now[:, None] + further).min(axis=0)
                near.append(now)
            found.append([1 + int((np.concatenate(near) <= r).sum()) for r in boxes.radii(settings)])
    return reached(found, settings)


def test_star_is_a_plain_loop(published: Boxes, plain: Boxes) -> None:
    network = chain()
    for settings in (published, plain):
        assert boxes.neighbourhoods(network, settings).counts.tolist() == plain_star(network, settings)


@pytest.mark.parametrize("integer", [True, False])
def test_paths_are_a_plain_loop(integer: bool, published: Boxes) -> None:
    settings = published.model_copy(update={"kind": "path", "integer": integer, "edges": 3})
    network = chain()
    assert boxes.neighbourhoods(network, settings).counts.tolist() == plain_paths(network, settings)


def test_paths_in_parts_are_the_same(published: Boxes, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = published.model_copy(update={"kind": "path"})
    whole = boxes.neighbourhoods(chain(), settings).counts
    monkeypatch.setattr(boxes, "ENTRIES", 100)
    assert (boxes.neighbourhoods(chain(), settings).counts == whole).all()


def test_paths_reach_no_less_than_edges(published: Boxes) -> None:
    settings = published.model_copy(update={"from_shortest": False})
    star, path = (
        boxes.neighbourhoods(chain(), settings.model_copy(update={"kind": kind})) for kind in ("star", "path")
    )
    assert path.survivors == star.survivors
    assert (path.counts >= star.counts).all()
    assert (path.counts > star.counts).any()


def test_cut_offs(published: Boxes) -> None:
    """At 1 and beyond 150 edges are left out, at 150 they are not; a node needs more than ten."""
    weights = np.array([[0.51, 0.5, 1 / 150.9, 1 / 151.1, 0.0, -0.25]])
    lengths = boxes.lengths(weights, published)
    assert lengths.tolist() == [[np.inf, 2, 150, np.inf, np.inf, 4]]
    ten = np.full((2, 11), 0.1)
    ten[0, 0] = 0
    found = boxes.neighbourhoods(layer(ten), published)
    assert found.survivors == 0.5
    assert found.radii.tolist() == list(range(10, 151))
    assert found.counts.tolist() == [[12] * 141]
    every = boxes.neighbourhoods(layer(ten), published.model_copy(update={"from_shortest": False}))
    assert every.radii.tolist() == list(range(2, 151))
    assert every.counts.tolist() == [[1] * 8 + [12] * 141]


def test_nothing_survives(published: Boxes, q: Array) -> None:
    far = layer(np.full((4, 20), 1 / 150))  # from which only the largest radius reaches anything
    for network in (layer(np.zeros((4, 20))), Network(()), far):
        for kind in ("star", "path"):
            found = boxes.neighbourhoods(network, published.model_copy(update={"kind": kind}))
            assert found.survivors == 0
            assert np.isnan(partition.neurons(found.counts, found.radii, q).alpha_0)


def test_bad_weights_are_refused(published: Boxes) -> None:
    for bad in (np.nan, np.inf):
        with pytest.raises(MultifractalError, match="not finite"):
            boxes.neighbourhoods(layer(np.array([[0.1, bad]])), published)
    with pytest.raises(ValueError, match="two radii"):
        Boxes(kind="star", integer=True, above=1.0, largest=2.0, radius_step=1.0, from_shortest=False, edges=10)


def test_half_precision_weights(plain: Boxes) -> None:
    weights = gaussian(0.02).matrices[0].weights.astype(np.float16)
    half, whole = (boxes.neighbourhoods(layer(each), plain) for each in (weights, weights.astype(np.float64)))
    assert (half.counts == whole.counts).all()


@pytest.mark.parametrize("exponent", [0.7, 1.0, 2.5])
def test_star_of_growing_distances(exponent: float, q: Array) -> None:
    """With d_j = j^(1/D) and the distances as radii, r^D are within r: one exponent for all q."""
    distances = np.arange(1, 301) ** (1 / exponent)
    found = partition.neurons(boxes.counts(distances[None], distances, centre=0), distances, q)
    np.testing.assert_allclose(found.alpha, exponent, atol=1e-10)
    assert found.worst_fit == pytest.approx(1)


@pytest.mark.parametrize("sigma", [0.0155, 0.05])
def test_neighbours_of_gaussian_neurons(sigma: float, plain: Boxes) -> None:
    nodes, targets = 2000, 128
    found = boxes.neighbourhoods(gaussian(sigma, nodes, targets), plain)
    chance = erfc(1 / (sigma * found.radii * np.sqrt(2)))
    error = np.sqrt(targets * chance * (1 - chance) / nodes)
    assert (np.abs(found.counts.mean(axis=0) - 1 - targets * chance) < 4.5 * error + 1e-3).all()


@given(st.floats(0.2, 5), st.integers(0, 50))
def test_scaling_weights_and_cut_offs(factor: float, seed: int) -> None:
    q, network = np.linspace(-2, 2, 9), gaussian(0.03, 12, 30, seed)
    settings = Boxes(
        kind="star", integer=False, above=1.0, largest=150.0, radius_step=1.0, from_shortest=False, edges=5
    )
    scaled = Boxes(
        kind="star",
        integer=False,
        above=1 / factor,
        largest=150 / factor,
        radius_step=1 / factor,
        from_shortest=False,
        edges=5,
    )
    for kind in ("star", "path"):
        one = boxes.neighbourhoods(network, settings.model_copy(update={"kind": kind}))
        other = boxes.neighbourhoods(
            layer(factor * network.matrices[0].weights), scaled.model_copy(update={"kind": kind})
        )
        tau, same = (partition.neurons(each.counts, each.radii, q).tau for each in (one, other))
        np.testing.assert_allclose(same, tau, atol=1e-9)


@given(st.integers(0, 1000))
def test_order_of_nodes_does_not_matter(seed: int) -> None:
    """Neither of sources nor of targets, by either definition."""
    q, network, rng = np.linspace(-2, 2, 9), chain(3), np.random.default_rng(seed)
    order = {name: rng.permutation(size) for name, size in network.layers.items()}
    for kind in ("star", "path"):
        settings = Boxes(
            kind=kind, integer=True, above=1.0, largest=150.0, radius_step=1.0, from_shortest=False, edges=5
        )
        found = [boxes.neighbourhoods(each, settings) for each in (network, network.restricted(order))]
        tau, mixed = (partition.neurons(each.counts, each.radii, q).tau for each in found)
        np.testing.assert_allclose(mixed, tau, atol=1e-10)


def test_growing_weights_alone_look_like_emergence(published: Boxes, q: Array) -> None:
    """Independent Gaussian weights: σ .0155 → .02, .03, .05 gives E = .11, .26, .36."""
    found = []
    for sigma in (0.0155, 0.02, 0.03, 0.05):
        around = boxes.neighbourhoods(gaussian(sigma, 1024, 48), published)
        found.append(partition.neurons(around.counts, around.radii, q))
    degree = partition.emergence([each.alpha_0 for each in found], [each.width for each in found])
    np.testing.assert_allclose(degree, [0, 0.11, 0.26, 0.36], atol=0.02)


def test_untrained_networks_differ_little(published: Boxes, q: Array) -> None:
    """Other weights of the same size, averaged over samples: |E| stays below a tenth of what growth gives."""
    found = [boxes.neighbourhoods(gaussian(0.0155, 2048, 48, seed), published) for seed in range(20)]
    spectra = [partition.neurons(around.counts, around.radii, q) for around in found]
    alpha_0, width = (np.reshape([getattr(each, name) for each in spectra], (10, 2)) for name in ("alpha_0", "width"))
    assert abs(partition.emergence(alpha_0, width)[1]) < 0.01
