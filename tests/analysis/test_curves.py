"""Crossings against a slow reference in plain Python; positions and steps as inverses."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from emergence.analysis.curves import Array, crossing, mean_shift, noise, smooth, to_positions, to_steps

# Few distinct values, so that ties with the threshold and plateaus are frequent.
LEVELS = st.lists(st.sampled_from([-1.0, 0.0, 0.25, 0.5, 0.75, 1.0, 2.0]), min_size=1, max_size=14)


def slow_crossing(values: list[float], threshold: float, persistence: int, after: int) -> float:
    for i in range(after, len(values) - persistence + 1):
        if all(value > threshold for value in values[i : i + persistence]):
            if i == 0:
                return 0.0
            low, high = values[i - 1], values[i]
            return i - 1 + (threshold - low) / (high - low)
    return math.nan


@pytest.mark.long
@settings(max_examples=300, deadline=None, derandomize=True)
@given(LEVELS, st.sampled_from([0.0, 0.4, 0.5, 3.0]), st.integers(1, 5))
def test_crossing_equals_the_slow_reference(values: list[float], threshold: float, persistence: int) -> None:
    found = crossing(np.array(values), threshold, persistence)
    np.testing.assert_allclose(found, slow_crossing(values, threshold, persistence, after=0), rtol=1e-12)


@pytest.mark.long
@settings(max_examples=300, deadline=None, derandomize=True)
@given(LEVELS, st.integers(1, 5), st.data())
def test_crossing_after_a_floor_equals_the_slow_reference(
    values: list[float], persistence: int, data: st.DataObject
) -> None:
    """As used for recoveries: the search starts at a checkpoint that is not above the threshold."""
    after = data.draw(st.integers(0, len(values) - 1))
    threshold = values[after] + data.draw(st.sampled_from([0.0, 0.1, 0.6]))
    found = crossing(np.array(values), threshold, persistence, after=after)
    np.testing.assert_allclose(found, slow_crossing(values, threshold, persistence, after), rtol=1e-12)
    assert np.isnan(found) or found >= after


@settings(max_examples=50, deadline=None, derandomize=True)
@given(st.integers(0, 2**32 - 1), st.integers(1, 4))
def test_many_curves_are_searched_one_by_one(seed: int, persistence: int) -> None:
    rng = np.random.default_rng(seed)
    values, threshold = rng.standard_normal((2, 3, 12)), rng.standard_normal((2, 3))
    found = crossing(values, threshold, persistence)
    for i, j in np.ndindex(2, 3):
        expected = slow_crossing(values[i, j].tolist(), threshold[i, j], persistence, after=0)
        np.testing.assert_allclose(found[i, j], expected, rtol=1e-12)


def test_a_passage_is_not_before_where_the_search_starts() -> None:
    assert not crossing(np.array([0.0, 0.9, 0.8, 0.9, 1.0]), 0.5, 2, after=3) < 3


def test_crossing_is_interpolated_between_checkpoints() -> None:
    assert crossing(np.array([0.0, 0.2, 0.6, 1.0]), 0.5, persistence=1) == pytest.approx(1.75)


def test_a_curve_that_starts_above_crosses_at_once() -> None:
    assert crossing(np.array([0.6, 0.7, 0.9]), 0.5, persistence=3) == 0.0


def test_a_visit_above_must_last() -> None:
    values = np.array([0.0, 1.0, 1.0, 0.0, 0.0, 1.0, 1.0, 1.0])
    assert crossing(values, 0.5, persistence=2) == 0.5
    assert crossing(values, 0.5, persistence=3) == 4.5
    assert np.isnan(crossing(values, 0.5, persistence=4))


@pytest.mark.parametrize("values", [[0.0, 0.5, 0.5, 0.5], [1.0, 0.0, 0.0, 0.0], [1.0, 1.0]])
def test_a_curve_that_is_never_above_for_long_does_not_cross(values: list[float]) -> None:
    assert np.isnan(crossing(np.array(values), 0.5, persistence=3))


@settings(max_examples=100, deadline=None, derandomize=True)
@given(st.lists(st.integers(0, 10_000), min_size=2, max_size=30, unique=True), st.floats(0, 1))
def test_steps_and_positions_are_inverse(unsorted: list[int], share: float) -> None:
    steps = np.array(sorted(unsorted))
    position = np.array(share * (len(steps) - 1))
    assert to_positions(to_steps(position, steps), steps) == pytest.approx(position, abs=1e-6)
    np.testing.assert_array_equal(to_steps(np.arange(len(steps)).astype(float), steps), steps)


def test_no_position_is_no_step() -> None:
    np.testing.assert_array_equal(to_steps(np.array([np.nan, 1.0]), np.array([0, 10, 30])), [np.nan, 10.0])


def test_smoothing_is_a_running_median_along_checkpoints() -> None:
    values = np.random.default_rng(0).standard_normal((3, 20))
    found = smooth(values, 5)
    for i in range(2, 18):
        np.testing.assert_array_equal(found[:, i], np.median(values[:, i - 2 : i + 3], axis=1))
    np.testing.assert_array_equal(found[:, 0], np.median(values[:, [0, 0, 0, 1, 2]], axis=1))
    np.testing.assert_array_equal(smooth(values, 1), values)


def slow_shift(values: list[float], after: int) -> tuple[float, float]:
    """Every split, by its residual sum of squares."""
    best, found = math.inf, (math.nan, math.nan)
    for split in range(after + 1, len(values)):
        left, right = np.array(values[after:split]), np.array(values[split:])
        residual = ((left - left.mean()) ** 2).sum() + ((right - right.mean()) ** 2).sum()
        if residual < best - 1e-9:
            best, found = residual, (split - 0.5, right.mean() - left.mean())
    return found


@settings(max_examples=200, deadline=None, derandomize=True)
@given(st.integers(0, 2**32 - 1), st.integers(2, 12), st.data())
def test_a_change_of_mean_is_the_best_of_all_splits(seed: int, length: int, data: st.DataObject) -> None:
    after = np.array([data.draw(st.integers(0, length - 1)) for _ in range(3)])
    values = np.random.default_rng(seed).standard_normal((3, length)) + 5
    position, size = mean_shift(values, after)
    expected = [slow_shift(row.tolist(), start) for row, start in zip(values, after, strict=True)]
    np.testing.assert_allclose(np.stack([position, size], axis=1), expected, rtol=1e-9)


@pytest.mark.parametrize("height", [1.0, -1.0, 1e-6])
def test_a_planted_change_of_mean(height: float) -> None:
    values: Array = 0.3 + height * (np.arange(40) >= 13).astype(float)
    for after in (0, 5):
        found = np.stack(mean_shift(values, after))
        assert found.tolist() == pytest.approx([12.5, height]), "positions count from the first checkpoint"
    assert mean_shift(values, 13)[1] == pytest.approx(0.0), "what came before does not count"


@pytest.mark.parametrize("level", [0.0, 0.1, 0.3, -1e6 / 3])
def test_a_constant_has_a_change_of_nothing(level: float) -> None:
    """Exactly: its noise is 0, so that rounding would exceed any multiple of it."""
    values = np.full(50, level)
    assert mean_shift(values)[1] == 0.0
    values[:20] += 1.0
    assert mean_shift(values, 20)[1] == 0.0


@pytest.mark.parametrize("length", [0, 1])
def test_one_checkpoint_has_no_change(length: int) -> None:
    assert np.isnan(mean_shift(np.ones((2, length)))).all()
    assert np.isnan(mean_shift(np.ones((2, 5)), 4)).all(), "nor has the last"


def test_noise_is_that_of_what_is_left_of_a_trend() -> None:
    rng = np.random.default_rng(3)
    trend = 3 * np.sin(np.arange(2000) / 200)
    for deviation in (0.01, 0.1):
        assert noise(trend + rng.normal(0, deviation, 2000)) == pytest.approx(deviation, rel=0.1)
    assert noise(np.ones((4, 2))).tolist() == [0.0] * 4
