"""Detectors of events: exact on clean curves, equal to slow references, and silent where nothing happens."""

import numpy as np
import pytest
from scipy.optimize import curve_fit
from scipy.special import expit

from emergence.analysis.curves import crossing
from emergence.analysis.detectors import DETECTORS, changepoint, sigmoid, threshold
from emergence.config.protocol import Events

N = 120
TIME = np.arange(N)
Curves = np.ndarray[tuple[int, ...], np.dtype[np.float64]]


def rises(centres: Curves, scale: float, base: float = 0.0, height: float = 1.0) -> Curves:
    return base + height * expit((TIME - centres[:, None]) / scale)


@pytest.fixture
def noisy() -> Curves:
    """Transitions of many times and widths, some hidden in noise, and curves without one."""
    rng = np.random.default_rng(5)
    curves = np.concatenate([rises(rng.uniform(5, 115, 20), scale) for scale in (0.3, 2.0, 8.0)] + [np.zeros((20, N))])
    return curves + rng.choice([0.0, 0.05, 0.3], 80)[:, None] * rng.standard_normal(curves.shape)


def test_the_primary_one_is_the_passage_that_lasts(noisy: Curves, event_settings: Events) -> None:
    found, lasting = threshold(noisy, event_settings), crossing(noisy, 0.5, 5)
    np.testing.assert_array_equal(np.isnan(found), np.isnan(lasting))
    assert np.isfinite(found).any()
    assert np.nanmax(found - lasting) <= 2, "the running mean reaches two checkpoints to either side"


def test_a_passage_is_dated_by_the_running_mean_without_bias(event_settings: Events) -> None:
    centres = np.random.default_rng(5).uniform(40, 80, 2000)
    noise = np.random.default_rng(6).normal(0, 0.1, (2000, N))
    curves = rises(centres, 7.0) + noise
    late = {name: found - centres for name, found in (
        ("mean", threshold(curves, event_settings)), ("raw", crossing(curves, 0.5, 5)))}  # fmt: skip
    assert abs(np.nanmean(late["mean"])) < 0.2
    assert np.nanmean(late["raw"]) > 0.5, "the first lasting passage alone is late"
    assert np.nanmedian(np.abs(late["mean"])) < 0.7 * np.nanmedian(np.abs(late["raw"]))


@pytest.mark.parametrize("name", DETECTORS)
def test_a_step_is_dated_between_its_checkpoints(name: str, event_settings: Events) -> None:
    places = np.arange(5, N - 5)
    curves = np.where(places[:, None] <= TIME, 1.0, 0.0)
    np.testing.assert_allclose(DETECTORS[name](curves, event_settings), places - 0.5, atol=0.01)


@pytest.mark.parametrize("name", DETECTORS)
def test_the_half_way_point_of_a_clean_sigmoid(name: str, event_settings: Events) -> None:
    centres = np.linspace(40, 80, 21)
    found = DETECTORS[name](rises(centres, 2.0), event_settings)
    np.testing.assert_allclose(found, centres, atol={"threshold": 0.01, "changepoint": 0.51, "sigmoid": 0.01}[name])


@pytest.mark.parametrize("name", DETECTORS)
def test_curves_are_looked_at_one_by_one(name: str, noisy: Curves, event_settings: Events) -> None:
    detector = DETECTORS[name]
    whole = detector(noisy.reshape(4, 20, N), event_settings)
    assert whole.shape == (4, 20)
    np.testing.assert_allclose(whole.ravel(), [detector(curve, event_settings) for curve in noisy], rtol=1e-9)


@pytest.mark.parametrize("name", DETECTORS)
@pytest.mark.parametrize("n", [1, 2, 3, 4, 12])
def test_short_curves(name: str, n: int, event_settings: Events) -> None:
    found = DETECTORS[name](np.linspace(0, 1, n) * np.ones((2, 1)), event_settings)
    assert found.shape == (2,)
    assert np.isfinite(found).all() == (n == 12), "five checkpoints must be above"


@pytest.mark.parametrize("name", DETECTORS)
@pytest.mark.parametrize(
    "curve",
    [
        np.zeros(N),
        np.full(N, 0.4),
        np.linspace(0, 0.45, N),
        np.where(TIME >= N - 4, 1.0, 0.0),
        np.where((TIME >= 50) & (TIME < 54), 1.0, 0.0),
        0.45 * expit(TIME - 60.0),
    ],
    ids=["zero", "flat", "drift", "too late to last", "spike", "small rise"],
)
def test_what_is_no_event(name: str, curve: Curves, event_settings: Events) -> None:
    assert np.isnan(DETECTORS[name](curve, event_settings))


@pytest.mark.parametrize("name", DETECTORS)
@pytest.mark.parametrize(("low", "high", "event"), [(0, 0.503, True), (0, 0.497, False), (0.497, 1, True)])
def test_a_step_must_pass_the_threshold(
    name: str, low: float, high: float, event: bool, event_settings: Events
) -> None:
    curves = np.where(np.array([10, 60, 110])[:, None] <= TIME, high, low)
    assert (np.isfinite(DETECTORS[name](curves, event_settings)) == event).all()


@pytest.mark.parametrize("name", ["changepoint", "sigmoid"])
def test_a_step_from_above_the_threshold_is_no_event(name: str, event_settings: Events) -> None:
    curves = np.where(np.array([10, 60, 110])[:, None] <= TIME, 1.0, 0.503)
    assert np.isnan(DETECTORS[name](curves, event_settings)).all()


@pytest.mark.parametrize("name", ["changepoint", "sigmoid"])
def test_a_fall_is_no_event(name: str, event_settings: Events) -> None:
    falls = np.stack([np.linspace(1, 0, N), np.where(TIME < 60, 1.0, 0.0), np.ones(N)])
    assert np.isnan(DETECTORS[name](falls, event_settings)).all()
    np.testing.assert_array_equal(threshold(falls, event_settings), [0, 0, 0])  # above from the start, by definition


@pytest.mark.parametrize("name", ["changepoint", "sigmoid"])
def test_a_fit_must_beat_noise(name: str, event_settings: Events) -> None:
    curves = np.random.default_rng(1).normal(0.49, 0.2, (400, N))
    strict = DETECTORS[name](curves, event_settings)
    lenient = DETECTORS[name](curves, event_settings.model_copy(update={"penalty": 1e-9}))
    assert np.isfinite(lenient).mean() > 0.25, "without the penalty noise has to deceive"
    assert np.isfinite(strict).mean() < 0.02


def slow_changepoint(curve: Curves) -> float:
    squares = [
        ((curve[:k] - curve[:k].mean()) ** 2).sum() + ((curve[k:] - curve[k:].mean()) ** 2).sum() for k in TIME[1:]
    ]
    return int(np.argmin(squares)) + 0.5


def test_changepoint_is_the_best_of_all_splits(noisy: Curves, event_settings: Events) -> None:
    found = changepoint(noisy, event_settings)
    seen = np.isfinite(found)
    assert 40 < seen.sum() < 65
    np.testing.assert_array_equal(found[seen], [slow_changepoint(curve) for curve in noisy[seen]])


def test_sigmoid_is_the_least_squares_fit(event_settings: Events) -> None:
    rng = np.random.default_rng(2)
    centres = rng.uniform(30, 90, 25)
    for scale in (1.0, 4.0):
        curves = rises(centres, scale, base=0.1, height=0.8) + rng.normal(0, 0.08, (25, N))
        fits = [
            curve_fit(lambda t, c, s, a, b: a + b * expit((t - c) / s), TIME, curve, [centre, scale, 0.1, 0.8])[0][0]
            for curve, centre in zip(curves, centres, strict=True)
        ]
        np.testing.assert_allclose(sigmoid(curves, event_settings), fits, atol=0.15)


def test_sigmoid_needs_no_start_and_no_scale(event_settings: Events) -> None:
    """Half-way between a curve's own levels, wherever these lie on either side of the threshold."""
    centres = np.array([20.3, 61.7, 99.1])
    np.testing.assert_allclose(sigmoid(rises(centres, 3.0, base=0.3, height=0.3), event_settings), centres, atol=0.15)
    np.testing.assert_allclose(sigmoid(rises(centres, 3.0, base=-2.0, height=3.0), event_settings), centres, atol=0.15)
