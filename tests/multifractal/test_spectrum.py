"""Spectra of neurons against closed forms and identities, and the degree of emergence."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import logsumexp

from emergence.config.neuromfa import Moments
from emergence.multifractal import spectrum
from emergence.multifractal.spectrum import Array, MultifractalError

RADII = 4.0 ** np.arange(1, 6)


def plain_loop(counts: Array, radii: Array, q: Array) -> Array:
    """τ(q) as one would write it."""
    tau = []
    for moment in q:
        sums = [sum((row[k] / row[-1]) ** moment for row in counts) for k in range(len(radii))]
        tau.append(np.polyfit(np.log(radii / radii[-1]), np.log(sums), 1)[0])
    return np.array(tau)


def drawn(seed: int, nodes: int = 30, radii: int = 12) -> Array:
    """Counts that grow by one or more at each radius."""
    return 1.0 + np.random.default_rng(seed).integers(1, 9, (nodes, radii)).cumsum(axis=1)


def test_moments_are_symmetric_about_an_exact_zero() -> None:
    q = spectrum.moments(Moments(largest=3.0, step=0.1))
    assert q.size == 61
    assert q[30] == 0
    np.testing.assert_allclose(q, np.linspace(-3, 3, 61), atol=1e-12)
    with pytest.raises(ValueError, match=r"largest \(1\) .*\(0\.3\)"):
        Moments(largest=1.0, step=0.3)


def test_tau_is_that_of_a_plain_loop(q: Array) -> None:
    counts, radii = drawn(0), np.arange(2.0, 14.0)
    np.testing.assert_allclose(spectrum.neurons(counts, radii, q).tau, plain_loop(counts, radii, q), atol=1e-12)


def test_moments_need_not_be_even(q: Array) -> None:
    counts, radii = drawn(1), np.arange(2.0, 14.0)
    some = q[[0, 7, 29, 30, 31, 55]]
    whole = spectrum.neurons(counts, radii, q).tau
    np.testing.assert_allclose(spectrum.neurons(counts, radii, some).tau, whole[[0, 7, 29, 30, 31, 55]], atol=1e-12)


def test_powers_far_apart_add_up() -> None:
    """Up to where sums are no longer numbers of float64."""
    logs, exponents = np.random.default_rng(0).uniform(-400, 0, (50, 2 * spectrum.RADII + 3)), np.linspace(-3, 3, 61)
    expected = logsumexp(exponents[:, None, None] * logs, axis=1)
    np.testing.assert_allclose(spectrum.log_power_sums(logs, exponents), expected, rtol=1e-12, atol=1e-12)


def test_homogeneous_neurons_have_no_spectrum(q: Array) -> None:
    estimate = spectrum.neurons(np.tile(RADII**0.5, (7, 1)), RADII, q)
    np.testing.assert_allclose(estimate.tau, 0.5 * q, atol=1e-12)
    np.testing.assert_allclose(estimate.f, 0, atol=1e-12)
    assert estimate.width == pytest.approx(0, abs=1e-12)
    assert estimate.worst_fit == pytest.approx(1)
    assert spectrum.emergence([estimate.alpha_0] * 2, [estimate.width] * 2).tolist() == [0, 0]


@pytest.mark.parametrize("share", [0.1, 0.3, 0.5])
def test_alpha_0_of_two_kinds_is_their_mean(share: float, fine: Array) -> None:
    kinds = np.where(np.arange(10) < 10 * share, 1.0, 0.5)
    estimate = spectrum.neurons(RADII ** kinds[:, None], RADII, fine)
    assert estimate.alpha_0 == pytest.approx(share + (1 - share) / 2, abs=1e-6)


def test_identities_at_zero(q: Array, fine: Array) -> None:
    """τ(0) = 0, τ′(0) is the mean of nodes' own slopes, τ″(0) the slope of the variance of ln μ over nodes."""
    counts, radii = drawn(2), np.arange(2.0, 14.0)
    assert abs(spectrum.neurons(counts, radii, q).tau[30]) < 1e-12
    estimate = spectrum.neurons(counts, radii, fine)
    own_slopes = np.polyfit(np.log(radii), np.log(counts).T, 1)[0]
    assert estimate.alpha_0 == pytest.approx(own_slopes.mean(), rel=1e-6)
    logs = np.log(counts / counts[:, -1:])
    curvature = np.polyfit(np.log(radii), logs.var(axis=0), 1)[0]
    assert (estimate.tau[4] - 2 * estimate.tau[3] + estimate.tau[2]) / 1e-6 == pytest.approx(curvature, rel=1e-4)


def test_alpha_0_is_the_central_difference(q: Array) -> None:
    estimate = spectrum.neurons(drawn(3), np.arange(2.0, 14.0), q)
    assert estimate.alpha_0 == pytest.approx((estimate.tau[31] - estimate.tau[29]) / 0.2)
    assert estimate.width == pytest.approx((np.diff(estimate.tau)[0] - np.diff(estimate.tau)[-1]) / 0.1)


@given(st.integers(0, 1000), st.integers(0, 1000), st.floats(0.1, 10))
def test_neither_order_nor_unit_matters(seed: int, order: int, unit: float) -> None:
    q, radii, counts = np.linspace(-2, 2, 9), np.arange(2.0, 14.0), drawn(seed)
    mixed = np.random.default_rng(order).permutation(counts)
    estimate, other = spectrum.neurons(counts, radii, q), spectrum.neurons(mixed, unit * radii, q)
    np.testing.assert_allclose(other.tau, estimate.tau, atol=1e-10)
    np.testing.assert_allclose(other.r_squared, estimate.r_squared, atol=1e-8)


@given(st.integers(0, 1000))
def test_alpha_falls_and_f_is_largest_at_zero(seed: int) -> None:
    """Only where nodes that are the same at L differ more at small radii, as in drawn counts."""
    q, radii = np.linspace(-2, 2, 41), np.arange(2.0, 14.0)
    estimate = spectrum.neurons(drawn(seed), radii, q)
    assert estimate.width >= 0
    assert abs(estimate.f[20]) < 1e-9


def test_fit_says_where_there_is_no_power_law(q: Array) -> None:
    radii = np.arange(1.0, 11.0)
    assert spectrum.neurons(np.exp(radii)[None], radii, q).worst_fit < 0.95
    nothing = spectrum.neurons(np.ones((5, 10)), radii, q)
    assert nothing.worst_fit == 0
    assert nothing.alpha_0 == pytest.approx(0)
    assert np.isnan(nothing.r_squared[30])


def test_no_node_is_an_empty_spectrum(q: Array) -> None:
    estimate = spectrum.neurons(np.empty((0, 5)), RADII, q)
    assert np.isnan([estimate.alpha_0, estimate.width, estimate.worst_fit]).all()
    assert np.isnan(estimate.tau).all()
    assert estimate.f.shape == q.shape


def test_bad_arguments_are_refused(q: Array) -> None:
    counts = np.ones((3, 5))
    for radii in ([1.0], [2.0, 1.0], [0.0, 1.0], [np.nan, 1.0]):
        with pytest.raises(MultifractalError, match=r"^radii: "):
            spectrum.neurons(np.ones((3, len(radii))), radii, q)
    with pytest.raises(MultifractalError, match=r"^counts \(3, 5\): .*4 columns"):
        spectrum.neurons(counts, RADII[:4], q)
    for bad in (0.0, np.nan):
        with pytest.raises(MultifractalError, match=r"^counts: "):
            spectrum.neurons(np.where(np.eye(3, 5) > 0, bad, counts), RADII, q)
    for moments in (q[31:], q[:31], q[::-1], np.array([-0.5, 0.5])):
        with pytest.raises(MultifractalError, match=r"^moments q: "):
            spectrum.neurons(counts, RADII, moments)


def test_emergence() -> None:
    assert spectrum.emergence([1.6, 0.8], [0.5, 0.5]).tolist() == pytest.approx([0, np.log(2)])
    assert spectrum.emergence([1.6, 0.8], [0.5, 1.0])[1] == pytest.approx(2 * np.log(2))
    assert spectrum.emergence([1.6, 3.2], [0.5, 0.5])[1] == pytest.approx(-np.log(2))


def test_samples_are_averaged_before_they_are_compared() -> None:
    alpha_0, width = np.array([[1.0, 0.5], [3.0, 1.5]]), np.array([[0.1, 0.4], [0.3, 0.4]])
    expected = 2 * np.log(2)
    assert spectrum.emergence(alpha_0, width)[1] == pytest.approx(expected)
    each = [spectrum.emergence(*pair)[1] for pair in zip(alpha_0, width, strict=True)]
    assert np.mean(each) != pytest.approx(expected)


def test_emergence_where_it_is_not_defined() -> None:
    assert spectrum.emergence([1, 0.5], [0, 0]).tolist() == [0, 0]
    assert spectrum.emergence([1, 0.5], [0.5, 0]).tolist() == [0, 0]
    assert np.isnan(spectrum.emergence([1, 0.5], [0, 0.5])[1])
    assert np.isnan(spectrum.emergence([1, 0], [0.5, 0.5])[1])
    assert np.isnan(spectrum.emergence([0, 1], [0.5, 0.5])[1])
    assert np.isnan(spectrum.emergence([[1, 0.5], [np.nan, np.nan]], [[0.1, 0.1], [np.nan, np.nan]])).all()
