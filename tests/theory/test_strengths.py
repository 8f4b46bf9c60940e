"""Strengths against gradient flow and published values, and their inverses."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.integrate import solve_ivp

from emergence.theory import loss, strengths
from emergence.theory.domain import TheoryError
from emergence.theory.model import Constants, Objective, Skills, shares
from emergence.theory.strengths import DataLaw


@pytest.mark.parametrize("objective", ["half_mse", "mse"])
def test_time_against_gradient_flow(five: Skills, network: Constants, objective: Objective) -> None:
    """a and b of each skill, descended from a = b = √R(0), on ½·MSE or twice that."""
    constants = replace(network, objective=objective, speed=1.0)
    weight = {"half_mse": 0.5, "mse": 1.0}[objective]
    p, S = five.frequencies, constants.target

    def flow(_: float, parameters: np.ndarray) -> np.ndarray:
        a, b = parameters.reshape(2, -1)
        slope = -2 * weight * p * (S - a * b)  # of weight·P(S − ab)² in ab
        return -constants.learning_rate * np.concatenate([slope * b, slope * a])

    steps = np.linspace(0, 2000, 41)
    start = np.full(10, np.sqrt(constants.initial))
    solved = solve_ivp(flow, (0, 2000), start, t_eval=steps, rtol=1e-10, atol=1e-14).y
    strength = (solved[:5] * solved[5:]).T
    assert strength[0] == pytest.approx(constants.initial)
    assert strength[-1, 0] == pytest.approx(S)
    computed = strengths.of_time(steps, p, constants)
    np.testing.assert_allclose(computed, strength, rtol=1e-6, atol=1e-9)


def test_speed_stretches_time(five: Skills, network: Constants) -> None:
    slow = strengths.of_time([220.0], five.frequencies, network)
    np.testing.assert_allclose(slow, strengths.of_time([10.0], five.frequencies, replace(network, speed=1.0)))


def test_data_against_projections(multilinear: Constants) -> None:
    """Minimum-norm fits of a target of D_c parameters on d Gaussian samples: R/S is d/D_c, the loss S²/2 (1 − d/D_c).

    So the linear law is that of R, and the square root what R would be if nothing but the target were fitted.
    """
    rng, size, trials = np.random.default_rng(0), 64, 400
    target = np.eye(size)[0]
    for d in (16, 32, 48):
        draws = rng.standard_normal((trials, d, size))
        fitted = np.stack([np.linalg.lstsq(x, x @ target, rcond=None)[0] for x in draws])
        R, left = fitted[:, 0], ((fitted - target) ** 2).sum(axis=1) / 2
        known = replace(multilinear, shots=size)
        error = 4 * R.std() / np.sqrt(trials)
        linear, published = (strengths.of_data(d, 1.0, known, law)[0] for law in ("linear", "published"))
        assert R.mean() == pytest.approx(linear, abs=error)
        assert (1 - np.sqrt(2 * left.mean())) == pytest.approx(published, abs=error)
        assert left.mean() == pytest.approx(float(loss.of_data(d, Skills(0.6, 1), known)), abs=error)
        assert linear - published > 2 * error


def test_width_fills_skills_in_turn(network: Constants) -> None:
    computed = strengths.of_width([1, 4, 6, 20, 100], 5, network) / network.target
    expected = [[0.25, 0, 0, 0, 0], [1, 0, 0, 0, 0], [1, 0.5, 0, 0, 0], [1, 1, 1, 1, 1], [1, 1, 1, 1, 1]]
    np.testing.assert_allclose(computed, expected)


def test_a_skill_that_is_never_sampled_stays(network: Constants) -> None:
    share = shares([700, 300, 0])
    assert strengths.of_time(1e6, share, network)[2] == pytest.approx(network.initial)
    assert strengths.of_data(1e6, share, network, "published").tolist() == [5, 5, 0]


@given(
    st.lists(st.floats(0, 1e5), min_size=2, max_size=20),
    st.floats(0.05, 2),
    st.floats(1e-8, 0.4),
    st.sampled_from(["time", "published", "linear", "width"]),
)
def test_strengths_rise_within_bounds(values: list[float], alpha: float, initial: float, axis: str) -> None:
    """Along each axis up to S; and no skill is ahead of a more frequent one."""
    constants, skills = Constants("mse", 0.02, 1.0, initial, shots=30, neurons=3), Skills(alpha, 6)
    ordered = np.sort(values)
    computed = {
        "time": lambda: strengths.of_time(ordered, skills.frequencies, constants),
        "published": lambda: strengths.of_data(ordered, skills.frequencies, constants, "published"),
        "linear": lambda: strengths.of_data(ordered, skills.frequencies, constants, "linear"),
        "width": lambda: strengths.of_width(ordered + 1, skills.count, constants),
    }[axis]()
    assert computed.shape == (len(values), 6)
    assert (computed >= (initial * (1 - 1e-9) if axis == "time" else 0)).all()
    assert (computed <= 1).all()
    assert (np.diff(computed, axis=0) >= -1e-15).all()
    assert (np.diff(computed, axis=1) <= 1e-15).all()


def test_the_linear_law_is_ahead(five: Skills, network: Constants) -> None:
    """1 − √(1 − x) < x between 0 and 1, and both are 0 and 1 together."""
    sizes = np.linspace(0, 20_000, 50)
    published, linear = (strengths.of_data(sizes, five.frequencies, network, law) for law in ("published", "linear"))
    partly = (linear > 0) & (linear < network.target)
    assert (linear[partly] > published[partly]).all()
    np.testing.assert_array_equal(linear[~partly], published[~partly])


@pytest.mark.parametrize("width", [0, -1, np.nan, [4, 0]])
def test_a_width_of_zero_is_refused(network: Constants, width: float) -> None:
    with pytest.raises(TheoryError, match=rf"^width = {np.ravel(width)[-1]:g}: "):
        strengths.of_width(width, 5, network)


def test_other_bad_input_is_refused(network: Constants) -> None:
    with pytest.raises(TheoryError, match="steps = -1: "):
        strengths.of_time([0, -1], 1.0, network)
    with pytest.raises(TheoryError, match=r"frequency = 1\.5"):
        strengths.of_time(1, [0.5, 1.5], network)
    with pytest.raises(TheoryError, match="samples = inf: "):
        strengths.of_data(np.inf, 1.0, network, "linear")


CROSSINGS = [
    [850, 1123, 1396],
    [2576, 3404, 4232],
    [4928, 6513, 8097],
    [7808, 10319, 12830],
    [11159, 14747, 18336],
]  # steps at which skills reach .05, .5 and .95


def test_published_times(five: Skills, network: Constants) -> None:
    times = strengths.crossing_times([0.05, 0.5, 0.95], five.frequencies, network)
    assert times.T.round().tolist() == CROSSINGS
    assert strengths.crossing_times([0.05, 0.5, 0.95], 1.0, network)[:, 0].round().tolist() == [504, 666, 827]


def test_ratios_of_times(five: Skills, network: Constants) -> None:
    """k^(α+1), at every strength."""
    for share in (0.05, 0.5, 0.95):
        times = strengths.crossing_times(share, five.frequencies, network)
        assert times / times[0] == pytest.approx([1, 3.03, 5.80, 9.19, 13.1], rel=3e-3)


def test_the_text_gives_other_times(five: Skills, network: Constants) -> None:
    """Half the rate with ½·MSE: the published curves are those of plain MSE."""
    text = strengths.crossing_times(0.5, five.frequencies, replace(network, objective="half_mse"))
    np.testing.assert_allclose(text, 2 * strengths.crossing_times(0.5, five.frequencies, network))


def test_published_data_sizes(five: Skills, network: Constants) -> None:
    published = strengths.crossing_samples(0.5, five.frequencies, network, "published")
    assert published.round().tolist() == [1012, 3069, 5871, 9303, 13295]
    linear = strengths.crossing_samples(0.5, five.frequencies, network, "linear")
    np.testing.assert_allclose(linear, published * 0.5 / 0.75)


def test_published_widths(network: Constants) -> None:
    assert strengths.crossing_widths(1.0, 5, network).tolist() == [4, 8, 12, 16, 20]


def test_saturation_takes_the_published_time(five: Skills, network: Constants) -> None:
    """2 ln(1/ε − 1)/(ηP_kS) from a share ε to its complement."""
    text = replace(network, objective="half_mse", speed=1.0)
    begun, saturated = strengths.crossing_times([0.05, 0.95], five.frequencies, text)
    np.testing.assert_allclose(saturated - begun, np.log(19) / (0.02 * five.frequencies * 5))


@given(st.floats(1e-3, 0.999), st.floats(0.1, 2), st.floats(1e-9, 9e-4))
def test_times_invert_strengths(share: float, alpha: float, start: float) -> None:
    constants, skills = Constants("mse", 0.1, 2.0, 2 * start, speed=0.3), Skills(alpha, 4)
    times = strengths.crossing_times(share, skills.frequencies, constants)
    assert (times > 0).all()
    computed = strengths.of_time(times, skills.frequencies, constants)
    np.testing.assert_allclose(np.diag(computed), 2 * share, rtol=1e-9)


@given(st.floats(1e-3, 1), st.floats(0.1, 2), st.sampled_from(["published", "linear"]))
def test_samples_invert_strengths(share: float, alpha: float, law: DataLaw) -> None:
    constants, skills = Constants("mse", 0.1, 2.0, 1e-3, shots=37.0), Skills(alpha, 4)
    sizes = strengths.crossing_samples(share, skills.frequencies, constants, law)
    np.testing.assert_allclose(
        np.diag(strengths.of_data(sizes, skills.frequencies, constants, law)), 2 * share, rtol=1e-7
    )


@given(st.floats(1e-3, 1), st.floats(0.1, 30))
def test_widths_invert_strengths(share: float, neurons: float) -> None:
    constants = Constants("mse", 0.1, 2.0, 1e-3, neurons=neurons)
    widths = strengths.crossing_widths(share, 4, constants)
    np.testing.assert_allclose(np.diag(strengths.of_width(widths, 4, constants)), 2 * share, rtol=1e-9)


def test_a_skill_that_is_never_sampled_never_emerges(network: Constants) -> None:
    assert strengths.crossing_times(0.5, [1.0, 0.0], network)[1] == np.inf
    assert strengths.crossing_samples([0.5, 1.0], [1.0, 0.0], network, "linear")[:, 1].tolist() == [np.inf, np.inf]


def test_shares_that_are_never_crossed(network: Constants) -> None:
    for share in (0.0, 1.0, 1.2, np.nan):
        with pytest.raises(TheoryError, match="share = "):
            strengths.crossing_times(share, 1.0, network)
    with pytest.raises(TheoryError, match=r"share = 1e-06: .*\b5\.5\S*e-06\b"):
        strengths.crossing_times([0.5, 1e-6], 1.0, network)
    with pytest.raises(TheoryError, match="share = 0: "):
        strengths.crossing_widths(0.0, 5, network)
    with pytest.raises(TheoryError, match=r"share = 1\.01: "):
        strengths.crossing_samples(1.01, 1.0, network, "published")
