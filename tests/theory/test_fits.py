"""Fits of B², D_c and N_c: planted values come back, and intervals cover them as often as they say."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from emergence.theory import fits, strengths
from emergence.theory.domain import TheoryError
from emergence.theory.fits import FittedConstant, Interval
from emergence.theory.model import Constants
from emergence.theory.strengths import DataLaw

pytestmark = pytest.mark.long

INTERVAL = Interval(confidence=0.95, draws=60)
STEPS, SIZES, WIDTHS = np.arange(0, 2001, 50), np.geomspace(50, 2000, 16).round(), np.arange(1, 21)
PLANTED = {"B²": 1 / 22, "D_c": 800.0, "N_c": 4.0}


def curve(name: str, value: float, constants: Constants, law: DataLaw = "published") -> np.ndarray:
    """Strengths of one skill."""
    if name == "B²":
        return strengths.of_time(STEPS, 1.0, replace(constants, speed=value))[:, 0]
    if name == "D_c":
        return strengths.of_data(SIZES, 1.0, replace(constants, shots=value), law)[:, 0]
    return strengths.of_width(WIDTHS, 1, replace(constants, neurons=value))[:, 0]


def fit(
    name: str, measured: np.ndarray, constants: Constants, seed: int = 0, law: DataLaw = "published", draws: int = 60
) -> FittedConstant:
    rng, interval = np.random.default_rng(seed), replace(INTERVAL, draws=draws)
    if name == "B²":
        return fits.speed(STEPS, measured, constants, interval, rng)
    if name == "D_c":
        return fits.shots(SIZES, measured, constants, law, interval, rng)
    return fits.neurons(WIDTHS, measured, constants, interval, rng)


@pytest.mark.parametrize("name", PLANTED)
@pytest.mark.parametrize("factor", [0.6, 1.0, 1.7])
def test_exact_curves_give_the_planted_value(network: Constants, name: str, factor: float) -> None:
    """Whatever the constants themselves say about it."""
    value = factor * PLANTED[name]
    found = fit(name, np.tile(curve(name, value, network), (3, 1)), replace(network, speed=9.0, shots=9.0, neurons=9.0))
    assert found.value == pytest.approx(value, rel=1e-4)
    assert found.low == pytest.approx(value, rel=1e-3)
    assert found.high == pytest.approx(value, rel=1e-3)
    assert found.residual < 1e-3


def test_each_data_law_finds_its_own(network: Constants) -> None:
    measured = curve("D_c", 800, network, "linear")[None]
    assert fit("D_c", measured, network, law="linear").value == pytest.approx(800, rel=1e-4)
    assert fit("D_c", measured, network, law="published").value < 700
    assert fit("D_c", measured, network, law="published").residual > 0.03


@pytest.mark.parametrize("name", PLANTED)
def test_coverage(network: Constants, name: str) -> None:
    """Seeds differ by a tenth in their constant, and points by noise: nominal 95 %, within what 100 trials tell."""
    rng, seeds, covered, widths = np.random.default_rng(1), 8, 0, []
    for trial in range(100):
        values = PLANTED[name] * np.exp(0.1 * rng.standard_normal(seeds))
        measured = np.stack([curve(name, value, network) for value in values])
        measured += 0.15 * rng.standard_normal(measured.shape)
        found = fit(name, measured, network, seed=trial, draws=25)
        covered += found.low <= PLANTED[name] <= found.high
        widths.append(found.high / found.low)
    assert 88 <= covered <= 99
    assert 1.05 < np.median(widths) < 1.5


def test_seeds_are_drawn_whole(network: Constants) -> None:
    """Twice the points on the same curves tell no more about seeds that differ."""
    rng = np.random.default_rng(2)
    values = np.exp(0.2 * rng.standard_normal(10)) / 22
    dense = np.linspace(0, 3000, 201)
    ratios = []
    for steps in (dense, dense[::4]):
        measured = np.stack([strengths.of_time(steps, 1.0, replace(network, speed=v))[:, 0] for v in values])
        found = fits.speed(steps, measured, network, replace(INTERVAL, draws=200), np.random.default_rng(0))
        ratios.append(np.log(found.high / found.low))
    assert ratios[0] == pytest.approx(ratios[1], rel=0.1)
    expected = 2 * 2.262 * np.log(values).std(ddof=1) / np.sqrt(10)
    assert ratios[0] == pytest.approx(expected, rel=0.3)


def test_one_seed_has_no_interval(network: Constants) -> None:
    found = fit("B²", curve("B²", 0.05, network)[None], network)
    assert found.value == pytest.approx(0.05, rel=1e-4)
    assert np.isnan([found.low, found.high]).all()


def test_order_of_seeds_does_not_matter_to_the_value(network: Constants) -> None:
    measured = np.stack([curve("N_c", value, network) for value in (3.0, 4.0, 6.0)])
    assert fit("N_c", measured, network).value == pytest.approx(fit("N_c", measured[::-1], network).value, rel=1e-9)


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("B²", lambda r: 0 * r),  # nothing learned
        ("B²", lambda r: 0 * r + 5),  # learned before the first measurement
        ("D_c", lambda r: 0 * r),
        ("D_c", lambda r: 0 * r + 5),
        ("N_c", lambda r: 0 * r + 5),
    ],
)
def test_no_rise_within_the_range(network: Constants, name: str, change: Callable[[np.ndarray], np.ndarray]) -> None:
    measured = change(np.tile(curve(name, PLANTED[name], network), (3, 1)))
    with pytest.raises(TheoryError, match=rf"^{name}: no best value"):
        fit(name, measured, network)


def test_bad_input_is_refused(network: Constants) -> None:
    measured = np.tile(curve("B²", 0.05, network), (3, 1))
    broken = measured.copy()
    broken[1, 4] = np.nan
    with pytest.raises(TheoryError, match=r"^strengths of seed 1: "):
        fit("B²", broken, network)
    for wrong in (measured[:, 1:], measured[0], measured[:0]):
        with pytest.raises(TheoryError, match=r"^strengths .*41 columns"):
            fit("B²", wrong, network)
    with pytest.raises(TheoryError, match=r"^measured range: "):
        fits.speed([0], [[0.0]], network, INTERVAL, np.random.default_rng(0))
    with pytest.raises(TheoryError, match=r"^N_c: .*\b5 and 5\b"):
        fits.neurons([5], [[4.0]], network, INTERVAL, np.random.default_rng(0))
    with pytest.raises(TheoryError, match="width = 0: "):
        fits.neurons([0, 4], [[0.0, 5.0]], network, INTERVAL, np.random.default_rng(0))
    with pytest.raises(TheoryError, match="initial = 3: "):
        fit("B²", measured, replace(network, initial=3.0))
