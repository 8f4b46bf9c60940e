"""Null networks keep what they should and lose the rest."""

import numpy as np
import pytest

from emergence.config.neuromfa import Boxes
from emergence.multifractal import boxes, nulls, spectrum
from emergence.multifractal.interaction import Matrix, Network
from emergence.multifractal.spectrum import Array


@pytest.fixture
def network() -> Network:
    """Rows of very different size, and a mean that is not zero."""
    rng = np.random.default_rng(0)
    scales = np.geomspace(0.01, 0.1, 300)[:, None]
    first = scales * (1 + rng.standard_normal((300, 60)))
    return Network((Matrix("a", "b", first.astype(np.float32)), Matrix("b", "c", 0.02 * rng.standard_normal((60, 40)))))


def rng() -> np.random.Generator:
    return np.random.default_rng(1)


def test_shuffled_weights_are_the_same_in_other_places(network: Network) -> None:
    for old, new in zip(network.matrices, nulls.shuffled(network, rng()).matrices, strict=True):
        assert (old.source, old.target, old.weights.shape) == (new.source, new.target, new.weights.shape)
        assert (np.sort(old.weights, axis=None) == np.sort(new.weights, axis=None)).all()
        assert (old.weights != new.weights).mean() > 0.9
    rows = np.abs(nulls.shuffled(network, rng()).matrices[0].weights).mean(axis=1)
    assert rows.std() / rows.mean() < 0.3 < np.abs(network.matrices[0].weights).mean(axis=1).std() / rows.mean()


def test_gaussian_weights_have_the_same_size(network: Network) -> None:
    null = nulls.gaussian(network, rng())
    np.testing.assert_allclose(nulls.sizes(null), nulls.sizes(network), rtol=0.05)
    weights = null.matrices[0].weights
    assert (weights**4).mean() / (weights**2).mean() ** 2 == pytest.approx(3, rel=0.1)
    assert nulls.sizes(network)[0] == pytest.approx(float(np.sqrt((network.matrices[0].weights ** 2).mean())), rel=1e-5)


def test_draws_are_those_of_the_generator(network: Network) -> None:
    for null in (nulls.shuffled, nulls.gaussian):
        one, same, other = (null(network, np.random.default_rng(seed)).matrices[0].weights for seed in (3, 3, 4))
        assert (one == same).all()
        assert (one != other).any()


def test_rescaled_networks_do_not_grow(network: Network, published: Boxes, q: Array) -> None:
    start = nulls.sizes(network)
    grown = Network(tuple(Matrix(m.source, m.target, 3 * m.weights) for m in network.matrices))
    np.testing.assert_allclose(nulls.sizes(nulls.rescaled(grown, 1)), 1)
    networks = [network, grown, nulls.rescaled(grown, start)]
    around = [boxes.neighbourhoods(each, published.model_copy(update={"integer": False})) for each in networks]
    before, after, back = (spectrum.neurons(each.counts, each.radii, q).alpha_0 for each in around)
    assert after < 0.8 * before
    assert back == pytest.approx(before, rel=1e-3)  # float32 weights


def test_without_weights() -> None:
    nothing = Network((Matrix("a", "b", np.zeros((2, 3))),))
    assert (nulls.rescaled(nothing, 1).matrices[0].weights == 0).all()
    assert (nulls.gaussian(nothing, rng()).matrices[0].weights == 0).all()
    assert np.isnan([nulls.mean_weight(Network(())), nulls.weighted_degree(Network(()))]).all()


def test_rival_explanations() -> None:
    first, second = np.array([[1.0, -2.0, 3.0], [0.0, 0.0, -6.0]]), np.array([[-4.0], [0.0], [0.0]])
    network = Network((Matrix("a", "b", first), Matrix("b", "c", second)))
    assert nulls.mean_weight(network) == pytest.approx(16 / 9)
    assert nulls.weighted_degree(network) == pytest.approx(16 / 5)
