"""Neighbourhoods by both definitions: plain loops, closed forms, invariances and what growing weights do."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import erfc

from emergence.config.neuromfa import Boxes
from emergence.multifractal import boxes, spectrum
from emergence.multifractal.interaction import Matrix, Network
from emergence.multifractal.spectrum import Array, MultifractalError

pytestmark = pytest.mark.long


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
    counts = []
    for matrix in network.matrices:
        for row in matrix.weights:
            distances = [np.inf if w == 0 else 1 / abs(w) for w in row]
            kept = [d for d in distances if settings.above < d <= settings.largest]
            if settings.integer:
                kept = [round(d) for d in kept]  # half to even
            if len(kept) > settings.edges:
                counts.append([1 + sum(d <= r for d in kept) for r in boxes.radii(settings)])
    return at_radii_that_occur(counts, settings)


def at_radii_that_occur(counts: list[list[int]], settings: Boxes) -> list[list[int]]:
    """Counts less those of radii at which no distance ends, where the settings say so."""
    columns = list(zip(*counts, strict=True))
    before = [(1,) * len(counts), *columns[:-1]]
    kept = [now for last, now in zip(before, columns, strict=True) if not settings.occurring or now != last]
    return [list(row) for row in zip(*kept, strict=True)]


def plain_paths(network: Network, settings: Boxes) -> list[list[int]]:
    """The same along paths, by trying all of them, layer after layer."""
    edges = [boxes.lengths(matrix.weights, settings) for matrix in network.matrices]
    counts = []
    for first, lengths in enumerate(edges):
        for row in lengths:
            if np.isfinite(row).sum() <= settings.edges:
                continue
            near, now = [row], row
            for further in edges[first + 1 :]:
                now = (now[:, None] + further).min(axis=0)
                near.append(now)
            counts.append([1 + int((np.concatenate(near) <= r).sum()) for r in boxes.radii(settings)])
    return at_radii_that_occur(counts, settings)


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
    settings = published.model_copy(update={"occurring": False})
    star, path = (
        boxes.neighbourhoods(chain(), settings.model_copy(update={"kind": kind})) for kind in ("star", "path")
    )
    assert path.survivors == star.survivors
    assert (path.counts >= star.counts).all()
    assert (path.counts > star.counts).any()


def test_cut_offs(published: Boxes) -> None:
    """Edges of 1 and less, and beyond 150, are left out before lengths are rounded; a node needs more than ten."""
    weights = np.array([[1.0, 0.9, 0.6, 0.4, 1 / 149.6, 1 / 150.1, 0.0, -0.25, 1 / 3.5]])
    lengths = boxes.lengths(weights, published)
    assert lengths.tolist() == [[np.inf, 1, 2, 2, 150, np.inf, np.inf, 4, 4]]
    ten = np.full((2, 11), 0.1)
    ten[:, 0] = 0, 1 / 12
    around = boxes.neighbourhoods(layer(ten), published)
    assert around.survivors == 0.5
    assert around.radii.tolist() == [10, 12]
    assert around.counts.tolist() == [[11, 12]]
    every = boxes.neighbourhoods(layer(ten), published.model_copy(update={"occurring": False}))
    assert every.radii.tolist() == list(range(1, 151))
    assert every.counts.tolist() == [[1] * 9 + [11] * 2 + [12] * 139]


def test_the_published_code(published: Boxes, q: Array) -> None:
    """As it is described: cut-offs, rounding, the distances that occur as radii, a slope for each moment."""
    network = gaussian(0.2, 40, 60, seed=5)
    nodes = []
    for row in network.matrices[0].weights:
        kept = [round(1 / abs(w)) for w in row if 1 < 1 / abs(w) <= 150]
        nodes += [kept] if len(kept) > 10 else []
    radii = sorted({d for kept in nodes for d in kept})
    mass = np.array([[1 + sum(d <= r for d in kept) for r in radii] for kept in nodes])
    sums = np.log([((mass / mass[:, -1:]) ** each).sum(axis=0) for each in q])
    tau = [np.polyfit(np.log(np.array(radii) / radii[-1]), one, 1)[0] for one in sums]
    around = boxes.neighbourhoods(network, published)
    assert around.radii.tolist() == radii
    assert radii[0] == 1
    np.testing.assert_allclose(spectrum.neurons(around.counts, around.radii, q).tau, tau, atol=1e-9)


def test_nothing_survives(published: Boxes, q: Array) -> None:
    far = layer(np.full((4, 20), 1 / 150))  # from which only the largest radius reaches anything
    for network in (layer(np.zeros((4, 20))), Network(()), far):
        for kind in ("star", "path"):
            around = boxes.neighbourhoods(network, published.model_copy(update={"kind": kind}))
            assert around.survivors == 0
            assert np.isnan(spectrum.neurons(around.counts, around.radii, q).alpha_0)


def test_bad_weights_are_refused(published: Boxes) -> None:
    for bad in (np.nan, np.inf):
        with pytest.raises(MultifractalError, match=r"^weights: "):
            boxes.neighbourhoods(layer(np.array([[0.1, bad]])), published)
    with pytest.raises(ValueError, match="two radii"):
        Boxes(kind="star", integer=True, above=1.0, largest=2.0, radius_step=1.0, occurring=False, edges=10)


def test_half_precision_weights(plain: Boxes) -> None:
    weights = gaussian(0.02).matrices[0].weights.astype(np.float16)
    half, whole = (boxes.neighbourhoods(layer(each), plain) for each in (weights, weights.astype(np.float64)))
    assert (half.counts == whole.counts).all()


@pytest.mark.parametrize("exponent", [0.7, 1.0, 2.5])
def test_star_of_growing_distances(exponent: float, q: Array) -> None:
    """With d_j = j^(1/D) and the distances as radii, r^D are within r: one exponent for all q."""
    distances = np.arange(1, 301) ** (1 / exponent)
    around = spectrum.neurons(boxes.counts(distances[None], distances, centre=0), distances, q)
    np.testing.assert_allclose(around.alpha, exponent, atol=1e-10)
    assert around.worst_fit == pytest.approx(1)


@pytest.mark.parametrize("sigma", [0.0155, 0.05])
def test_neighbours_of_gaussian_neurons(sigma: float, plain: Boxes) -> None:
    nodes, targets = 2000, 128
    around = boxes.neighbourhoods(gaussian(sigma, nodes, targets), plain)
    chance = erfc(1 / (sigma * around.radii * np.sqrt(2)))
    error = np.sqrt(targets * chance * (1 - chance) / nodes)
    assert (np.abs(around.counts.mean(axis=0) - 1 - targets * chance) < 4.5 * error + 1e-3).all()


@given(st.floats(0.2, 5), st.integers(0, 50))
def test_scaling_weights_and_cut_offs(factor: float, seed: int) -> None:
    q, network = np.linspace(-2, 2, 9), gaussian(0.03, 12, 30, seed)
    settings = Boxes(kind="star", integer=False, above=1.0, largest=150.0, radius_step=1.0, occurring=False, edges=5)
    scaled = Boxes(
        kind="star", integer=False, above=1 / factor, largest=150 / factor, radius_step=1 / factor,
        occurring=False, edges=5,
    )  # fmt: skip
    for kind in ("star", "path"):
        one = boxes.neighbourhoods(network, settings.model_copy(update={"kind": kind}))
        other = boxes.neighbourhoods(
            layer(factor * network.matrices[0].weights), scaled.model_copy(update={"kind": kind})
        )
        tau, same = (spectrum.neurons(each.counts, each.radii, q).tau for each in (one, other))
        np.testing.assert_allclose(same, tau, atol=1e-9)


@given(st.integers(0, 1000))
def test_order_of_nodes_does_not_matter(seed: int) -> None:
    """Neither of sources nor of targets, by either definition."""
    q, network, rng = np.linspace(-2, 2, 9), chain(3), np.random.default_rng(seed)
    order = {name: rng.permutation(size) for name, size in network.layers.items()}
    for kind in ("star", "path"):
        settings = Boxes(kind=kind, integer=True, above=1.0, largest=150.0, radius_step=1.0, occurring=False, edges=5)
        around = [boxes.neighbourhoods(each, settings) for each in (network, network.restricted(order))]
        tau, mixed = (spectrum.neurons(each.counts, each.radii, q).tau for each in around)
        np.testing.assert_allclose(mixed, tau, atol=1e-10)


def test_growing_weights_alone_look_like_emergence(published: Boxes, q: Array) -> None:
    """Independent Gaussian weights: σ .0155 → .02, .03, .05 gives E = .12, .23, .30, without any structure."""
    spectra = []
    for sigma in (0.0155, 0.02, 0.03, 0.05):
        around = boxes.neighbourhoods(gaussian(sigma, 1024, 48), published)
        spectra.append(spectrum.neurons(around.counts, around.radii, q))
    degree = spectrum.emergence([each.alpha_0 for each in spectra], [each.width for each in spectra])
    np.testing.assert_allclose(degree, [0, 0.12, 0.23, 0.30], atol=0.02)


def test_untrained_networks_differ_little(published: Boxes, q: Array) -> None:
    """Other weights of the same size, averaged over samples: |E| stays below a tenth of what growth gives."""
    neighbourhoods = [boxes.neighbourhoods(gaussian(0.0155, 2048, 48, seed), published) for seed in range(20)]
    spectra = [spectrum.neurons(around.counts, around.radii, q) for around in neighbourhoods]
    alpha_0, width = (np.reshape([getattr(each, name) for each in spectra], (10, 2)) for name in ("alpha_0", "width"))
    assert abs(spectrum.emergence(alpha_0, width)[1]) < 0.01
