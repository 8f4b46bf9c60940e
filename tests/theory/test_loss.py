"""Total losses against sums and data sets written out."""

from dataclasses import replace

import numpy as np
import pytest

from emergence.theory import loss, strengths
from emergence.theory.constants import Constants
from emergence.theory.domain import TheoryError
from emergence.theory.skills import Skills


def test_untrained_loss(five: Skills, network: Constants) -> None:
    """Half of S² where no skill is known, whatever the objective."""
    for constants in (network, replace(network, objective="half_mse")):
        start = (constants.target - constants.initial) ** 2 / 2
        assert loss.of_time(0, five, constants) == pytest.approx(start)
        assert loss.one_shot(0, five, constants) == pytest.approx(start)
        assert loss.of_data(0, five, constants) == pytest.approx(12.5)


def test_sums_over_skills(five: Skills, network: Constants) -> None:
    p = five.frequencies
    R = strengths.of_time([1000, 5000], p, network)
    expected = [(p * (5 - row) ** 2).sum() / 2 for row in R]
    np.testing.assert_allclose(loss.of_time([1000, 5000], five, network), expected)
    assert loss.of_width(6, five, network) == pytest.approx(12.5 * (p[1] / 4 + p[2:].sum()))
    assert loss.of_data(2000, five, network) == pytest.approx(12.5 * (p[1:] * (1 - 2000 * p[1:] / 800)).sum())


def test_both_data_laws_have_one_loss(five: Skills, network: Constants) -> None:
    """½(S − R)² of the published law; the linear law's R is not all of the loss."""
    R = strengths.of_data(2000, five.frequencies, network, "published")
    assert loss.of_data(2000, five, network) == pytest.approx((five.frequencies * (5 - R) ** 2).sum() / 2)


def test_one_shot_against_drawn_data_sets(five: Skills, multilinear: Constants) -> None:
    rng = np.random.default_rng(0)
    for size in (1, 5, 30):
        seen = rng.multinomial(size, five.frequencies, 20_000) > 0
        left = (~seen * five.frequencies * 0.99**2 / 2).sum(axis=1)
        found = loss.one_shot(size, five, multilinear)
        assert found == pytest.approx(left.mean(), abs=4 * left.std() / np.sqrt(len(left)))


def test_time_and_width_together(five: Skills, network: Constants) -> None:
    """Either alone where the other is in plenty; skills without hidden units stay unlearned."""
    steps, widths = np.array([500.0, 3000.0]), np.array([4, 6, 20])
    found = loss.of_time_and_width(steps[:, None], widths, five, network)
    assert found.shape == (2, 3)
    np.testing.assert_allclose(found[:, 2], loss.of_time(steps, five, network))
    np.testing.assert_allclose(loss.of_time_and_width(1e7, widths, five, network), loss.of_width(widths, five, network))
    first = strengths.of_time(500, five.frequencies, network)[0]
    p = five.frequencies
    assert found[0, 0] == pytest.approx(p[0] * (5 - first) ** 2 / 2 + 12.5 * p[1:].sum())


def test_losses_fall(five: Skills, network: Constants) -> None:
    values = np.geomspace(1, 1e5, 40)
    for axis in (loss.of_time, loss.of_data, loss.one_shot, loss.of_width):
        found = axis(values, five, network)
        assert (np.diff(found) <= 1e-12).all()
        assert found[0] > found[-1] >= 0


def test_bad_input_is_refused(five: Skills, network: Constants) -> None:
    with pytest.raises(TheoryError, match="width = 0: a network needs at least one hidden unit"):
        loss.of_time_and_width(10, [4, 0], five, network)
    with pytest.raises(TheoryError, match="samples = -1"):
        loss.one_shot(-1, five, network)
