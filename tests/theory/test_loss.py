"""Losses as direct sums, and the scaling laws that they approach."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.special import beta, gamma, zeta

from emergence.theory import loss, strengths
from emergence.theory.domain import TheoryError
from emergence.theory.loss import PowerLaw
from emergence.theory.model import Constants, Skills


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
        losses = loss.one_shot(size, five, multilinear)
        assert losses == pytest.approx(left.mean(), abs=4 * left.std() / np.sqrt(len(left)))


def test_time_and_width_together(five: Skills, network: Constants) -> None:
    """Either alone where the other is in plenty; skills without hidden units stay unlearned."""
    steps, widths = np.array([500.0, 3000.0]), np.array([4, 6, 20])
    losses = loss.of_time_and_width(steps[:, None], widths, five, network)
    assert losses.shape == (2, 3)
    np.testing.assert_allclose(losses[:, 2], loss.of_time(steps, five, network))
    np.testing.assert_allclose(loss.of_time_and_width(1e7, widths, five, network), loss.of_width(widths, five, network))
    first = strengths.of_time(500, five.frequencies, network)[0]
    p = five.frequencies
    assert losses[0, 0] == pytest.approx(p[0] * (5 - first) ** 2 / 2 + 12.5 * p[1:].sum())


def test_losses_fall(five: Skills, network: Constants) -> None:
    values = np.geomspace(1, 1e5, 40)
    for axis in (loss.of_time, loss.of_data, loss.one_shot, loss.of_width):
        losses = axis(values, five, network)
        assert (np.diff(losses) <= 1e-12).all()
        assert losses[0] > losses[-1] >= 0


def test_bad_input_is_refused(five: Skills, network: Constants) -> None:
    with pytest.raises(TheoryError, match="width = 0: "):
        loss.of_time_and_width(10, [4, 0], five, network)
    with pytest.raises(TheoryError, match="samples = -1"):
        loss.one_shot(-1, five, network)


Law = Callable[[Skills, Constants], PowerLaw]
AXES = {
    "time": (loss.law_of_time, loss.of_time, np.geomspace(1e2, 1e4, 6)),
    "one shot": (loss.law_of_one_shot, loss.one_shot, np.geomspace(1e2, 1e3, 6)),
    "width": (loss.law_of_width, loss.of_width, np.unique(np.geomspace(30, 100, 6).round())),
}
ALPHAS = (0.3, 0.6, 0.9)


def log_slope(x: np.ndarray, y: np.ndarray) -> float:
    return float(np.polyfit(np.log(x), np.log(y), 1)[0])


@pytest.mark.parametrize("axis", AXES)
@pytest.mark.parametrize("alpha", ALPHAS)
def test_laws_against_direct_sums(multilinear: Constants, axis: str, alpha: float) -> None:
    make, total, x = AXES[axis]
    skills = Skills(alpha, 10**5)
    law, direct = make(skills, multilinear), total(x, skills, multilinear)
    whole = direct + law.rest  # with the skills past the last
    assert log_slope(x, whole) == pytest.approx(law.exponent, rel=0.02)
    np.testing.assert_allclose(whole, law.asymptote(x), rtol=0.02)
    np.testing.assert_allclose(direct, law.loss(x), rtol=0.02)
    if alpha > 0.5:
        assert log_slope(x, direct) == pytest.approx(law.exponent, rel=0.02)
        np.testing.assert_allclose(direct, law.asymptote(x), rtol=0.02)


@pytest.mark.parametrize("axis", AXES)
def test_few_skills_bend_the_law_of_small_alpha(multilinear: Constants, axis: str) -> None:
    """10⁵ skills are few for α = .3: slopes are steeper by a tenth and more, as predicted to 2 %."""
    make, total, x = AXES[axis]
    skills = Skills(0.3, 10**5)
    law = make(skills, multilinear)
    step = 1.05 if axis != "width" else 1.1
    near = np.array([x[-1] / step, x[-1] * step]).round()
    slope = log_slope(near, total(near, skills, multilinear))
    assert slope < 1.1 * law.exponent
    assert slope == pytest.approx(float(law.slope(x[-1])), rel=0.02)


def law_of_data(skills: Skills, constants: Constants) -> loss.PowerLaw:
    """Of a network that needs D_c samples per skill: h(u) = ½S² max(0, 1 − u) and c = 1/D_c."""
    integral = float(beta(skills.alpha / (skills.alpha + 1), 2))
    return loss.power_law(skills, constants.target**2 / 2, 1 / constants.shots, integral)


def test_networks_scale_alike(network: Constants) -> None:
    """Exponents are those of the model; B², D_c and N_c move the prefactor."""
    skills = Skills(0.6, 10**5)
    steps, samples, widths = np.geomspace(3e4, 3e5, 4), np.geomspace(8e4, 8e5, 4), 4 * np.array([30, 50, 100])
    for law, direct in (
        (loss.law_of_time(skills, network).loss(steps), loss.of_time(steps, skills, network)),
        (law_of_data(skills, network).loss(samples), loss.of_data(samples, skills, network)),
        (loss.law_of_width(skills, network).loss(widths), loss.of_width(widths, skills, network)),
    ):
        np.testing.assert_allclose(direct, law, rtol=0.02)


@pytest.mark.parametrize("alpha", ALPHAS)
def test_published_prefactors(alpha: float) -> None:
    """A_T, A_D and A_N as printed, with ζ(α+1), for so many skills that their sum is ζ."""
    skills = Skills(alpha, 10**15)
    eta, S, r = 0.3, 2.0, 0.05
    constants = Constants("half_mse", eta, S, r)
    published = S**2 / 2 * zeta(alpha + 1) ** (-1 / (alpha + 1)) / ((alpha + 1) * (eta * S) ** (alpha / (alpha + 1)))
    integral = sum(
        quad(lambda u: u ** (-1 / (alpha + 1)) / (1 + np.exp(2 * u) / (S / r - 1)) ** 2, *ends)[0]
        for ends in ((0, 1e-6), (1e-6, 1e-2), (1e-2, 1), (1, 3), (3, 30))
    )
    assert loss.law_of_time(skills, constants).prefactor == pytest.approx(published * integral, rel=2e-4)
    data = (S - r) ** 2 / 2 * zeta(alpha + 1) ** (-1 / (alpha + 1)) * gamma(alpha / (alpha + 1)) / (alpha + 1)
    assert loss.law_of_one_shot(skills, constants).prefactor == pytest.approx(data, rel=2e-4)
    width = S**2 / (2 * alpha * zeta(alpha + 1))
    assert loss.law_of_width(skills, constants).prefactor == pytest.approx(width, rel=2e-4)
    many = Skills(alpha, 10**6)  # the factor 1 − (N/n_s)^α of the printed A_N
    printed = loss.law_of_width(many, constants).prefactor * (1 - (1e3 / 1e6) ** alpha) * 1e3**-alpha
    assert float(loss.law_of_width(many, constants).loss(1e3)) == pytest.approx(printed, rel=1e-5)


def test_rate_is_a_unit_of_time(multilinear: Constants) -> None:
    skills = Skills(0.6, 1000)
    slow, fast = (loss.law_of_time(skills, replace(multilinear, speed=speed)) for speed in (1.0, 4.0))
    np.testing.assert_allclose(fast.loss([10.0, 50.0]), slow.loss([40.0, 200.0]))


@pytest.mark.parametrize(("start", "alpha"), [(0.0, 0.1), (0.0, 0.9), (0.5, 0.3), (8.0, 0.6), (60.0, 0.6)])
def test_integral_of_the_unlearned(start: float, alpha: float) -> None:
    """Against the trapezium rule in v = u^(α/(α+1)), which has no pole."""
    power = alpha / (alpha + 1)
    v = np.linspace(start**power, 200**power, 400_001)
    values = (1 + np.exp(v ** (1 / power) - 7)) ** -2.0 / power
    assert loss.unlearned(7.0, alpha, start) == pytest.approx(np.trapezoid(values, v), rel=1e-6, abs=1e-12)


def test_past_its_reach_a_law_says_nothing(multilinear: Constants) -> None:
    law = loss.law_of_width(Skills(0.6, 100), multilinear)
    assert law.reach == pytest.approx(100, rel=0.01)
    assert np.isnan(law.loss([50, 101])).tolist() == [False, True]
    assert np.isnan(law.slope(101))
    with pytest.raises(TheoryError, match="x = 0: "):
        law.loss(0)
