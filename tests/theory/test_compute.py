"""The compute envelope against the best of many widths, each by a direct sum over 5·10⁴ skills.

Where it holds: C = N·T = 10⁴ … 10⁶ (η = S = 1), widths up to 10⁴; the loss within 2 %, and its slope once the missing
skills are added. Widths are less sharp: near the minimum the loss hardly depends on them.
"""

from dataclasses import replace

import numpy as np
import pytest

from emergence.theory import compute, loss
from emergence.theory.domain import TheoryError
from emergence.theory.model import Constants, Skills

BUDGETS = np.geomspace(1e4, 1e6, 4)


@pytest.mark.parametrize("alpha", [0.3, 0.6, 0.9])
def test_envelope_against_direct_sums(multilinear: Constants, alpha: float) -> None:
    skills = Skills(alpha, 5 * 10**4)
    best = compute.envelope(skills, multilinear)
    widths = np.unique(np.geomspace(10, 1e4, 60).round())
    losses, chosen = compute.best_width(BUDGETS, widths, skills, multilinear)
    np.testing.assert_allclose(losses, best.loss.loss(BUDGETS), rtol=0.02)
    slope = np.polyfit(np.log(BUDGETS), np.log(losses + best.loss.rest), 1)[0]
    assert slope == pytest.approx(-alpha / (alpha + 2), rel=0.02)
    np.testing.assert_allclose(chosen, best.width(BUDGETS), rtol=0.15)  # a step of the widths that were tried
    assert np.polyfit(np.log(BUDGETS), np.log(chosen), 1)[0] == pytest.approx(1 / (alpha + 2), rel=0.08)


def test_exponents_and_units(multilinear: Constants) -> None:
    best = compute.envelope(Skills(0.6, 10**4), multilinear)
    assert best.loss.exponent == pytest.approx(-0.6 / 2.6)
    np.testing.assert_allclose(best.width(BUDGETS) * best.steps(BUDGETS), BUDGETS)
    assert np.log(best.width(2.0) / best.width(1.0)) == pytest.approx(np.log(2) / 2.6)
    assert np.log(best.steps(2.0) / best.steps(1.0)) == pytest.approx(np.log(2) * 1.6 / 2.6)


@pytest.mark.parametrize("initial", [1e-6, 0.01, 0.3, 0.6])
def test_no_other_progress_is_better(multilinear: Constants, initial: float) -> None:
    """The minimum over all progress, by the loss itself at the widths that belong to it."""
    skills, constants, C = Skills(0.6, 3 * 10**4), replace(multilinear, initial=initial), 1e7
    best = compute.envelope(skills, constants)
    widths = np.unique((float(best.width(C)) * np.geomspace(0.02, 8, 300)).round())
    losses = loss.of_time_and_width(C / widths, widths, skills, constants)
    assert losses.min() >= float(best.loss.loss(C)) * (1 - 3e-3)
    assert losses.min() == pytest.approx(float(best.loss.loss(C)), rel=5e-3)


def test_a_network_pays_for_its_neurons(multilinear: Constants) -> None:
    """N_c hidden units a skill make compute N_c times as dear; B² makes it cheaper."""
    skills = Skills(0.6, 1000)
    plain = compute.envelope(skills, multilinear)
    network = compute.envelope(skills, replace(multilinear, neurons=4.0, speed=0.5))
    assert network.progress == pytest.approx(plain.progress, rel=1e-6)
    np.testing.assert_allclose(network.loss.asymptote(8e3), plain.loss.asymptote(1e3))
    np.testing.assert_allclose(network.width(8e3), 4 * plain.width(1e3), rtol=1e-6)


def test_an_optimum_at_the_end_is_none(multilinear: Constants) -> None:
    skills = Skills(0.6, 1000)
    with pytest.raises(TheoryError, match=r"compute = 1e\+06: .*width.*\b2 … 5\b"):
        compute.best_width(1e6, [2, 3, 5], skills, multilinear)
    with pytest.raises(TheoryError, match="compute = 0"):
        compute.envelope(skills, multilinear).width(0.0)
