"""Crossings: the numbers of the published figures, ratios between skills, inverses of the strengths."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from emergence.theory import crossings, strengths
from emergence.theory.constants import Constants
from emergence.theory.domain import TheoryError
from emergence.theory.skills import Skills
from emergence.theory.strengths import DataLaw

CROSSINGS = [
    [850, 1123, 1396],
    [2576, 3404, 4232],
    [4928, 6513, 8097],
    [7808, 10319, 12830],
    [11159, 14747, 18336],
]  # steps at which skills reach .05, .5 and .95


def test_published_times(five: Skills, network: Constants) -> None:
    found = crossings.times([0.05, 0.5, 0.95], five.frequencies, network)
    assert found.T.round().tolist() == CROSSINGS
    assert crossings.times([0.05, 0.5, 0.95], 1.0, network)[:, 0].round().tolist() == [504, 666, 827]


def test_ratios_of_times(five: Skills, network: Constants) -> None:
    """k^(α+1), at every strength."""
    for share in (0.05, 0.5, 0.95):
        found = crossings.times(share, five.frequencies, network)
        assert found / found[0] == pytest.approx([1, 3.03, 5.80, 9.19, 13.1], rel=3e-3)


def test_the_text_gives_other_times(five: Skills, network: Constants) -> None:
    """Half the rate with ½·MSE: the published curves are those of plain MSE."""
    text = crossings.times(0.5, five.frequencies, replace(network, objective="half_mse"))
    np.testing.assert_allclose(text, 2 * crossings.times(0.5, five.frequencies, network))


def test_published_data_sizes(five: Skills, network: Constants) -> None:
    published = crossings.samples(0.5, five.frequencies, network, "published")
    assert published.round().tolist() == [1012, 3069, 5871, 9303, 13295]
    linear = crossings.samples(0.5, five.frequencies, network, "linear")
    np.testing.assert_allclose(linear, published * 0.5 / 0.75)


def test_published_widths(network: Constants) -> None:
    assert crossings.widths(1.0, 5, network).tolist() == [4, 8, 12, 16, 20]


def test_saturation_takes_from_a_share_to_its_complement(five: Skills, network: Constants) -> None:
    begun, saturated = crossings.times([0.05, 0.95], five.frequencies, network)
    duration = crossings.durations(0.05, five.frequencies, network)
    np.testing.assert_allclose(duration, saturated - begun)
    text = replace(network, objective="half_mse", speed=1.0)  # ln(1/ε − 1)/(ηP_kS), as published
    expected = np.log(19) / (0.02 * five.frequencies * 5)
    np.testing.assert_allclose(crossings.durations(0.05, five.frequencies, text), expected)


@given(st.floats(1e-3, 0.999), st.floats(0.1, 2), st.floats(1e-9, 9e-4))
def test_times_invert_strengths(share: float, alpha: float, start: float) -> None:
    constants, skills = Constants("mse", 0.1, 2.0, 2 * start, speed=0.3), Skills(alpha, 4)
    times = crossings.times(share, skills.frequencies, constants)
    assert (times > 0).all()
    found = strengths.of_time(times, skills.frequencies, constants)
    np.testing.assert_allclose(np.diag(found), 2 * share, rtol=1e-9)


@given(st.floats(1e-3, 1), st.floats(0.1, 2), st.sampled_from(["published", "linear"]))
def test_samples_invert_strengths(share: float, alpha: float, law: DataLaw) -> None:
    constants, skills = Constants("mse", 0.1, 2.0, 1e-3, shots=37.0), Skills(alpha, 4)
    sizes = crossings.samples(share, skills.frequencies, constants, law)
    np.testing.assert_allclose(
        np.diag(strengths.of_data(sizes, skills.frequencies, constants, law)), 2 * share, rtol=1e-7
    )


@given(st.floats(1e-3, 1), st.floats(0.1, 30))
def test_widths_invert_strengths(share: float, neurons: float) -> None:
    constants = Constants("mse", 0.1, 2.0, 1e-3, neurons=neurons)
    widths = crossings.widths(share, 4, constants)
    np.testing.assert_allclose(np.diag(strengths.of_width(widths, 4, constants)), 2 * share, rtol=1e-9)


def test_a_skill_that_is_never_sampled_never_emerges(network: Constants) -> None:
    assert crossings.times(0.5, [1.0, 0.0], network)[1] == np.inf
    assert crossings.samples([0.5, 1.0], [1.0, 0.0], network, "linear")[:, 1].tolist() == [np.inf, np.inf]


def test_shares_that_are_never_crossed(network: Constants) -> None:
    for share in (0.0, 1.0, 1.2, np.nan):
        with pytest.raises(TheoryError, match="share = "):
            crossings.times(share, 1.0, network)
    with pytest.raises(TheoryError, match=r"share = 1e-06: skills start at 5\.5.*e-06 of the target"):
        crossings.times([0.5, 1e-6], 1.0, network)
    with pytest.raises(TheoryError, match=r"share = 0\.5: a rise from ε"):
        crossings.durations(0.5, 1.0, network)
    with pytest.raises(TheoryError, match="share = 0: "):
        crossings.widths(0.0, 5, network)
    with pytest.raises(TheoryError, match=r"share = 1\.01: "):
        crossings.samples(1.01, 1.0, network, "published")
