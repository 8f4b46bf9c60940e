"""Signals: planted onsets, change-points and lags are found at every spacing; noise and constants have none."""

import numpy as np
import pandas as pd
import pytest
from synthetic.anatomy_tables import AT, STEPS, VARIANT, Array, measure_rows, recovering_rank, transition

from emergence.analysis.collapse import describe_collapse
from emergence.analysis.select import last_layer
from emergence.analysis.signals import SCALES, Signals, cross_correlation_lag, signals_of_run
from emergence.config.protocol import Collapse, Signal

EVERY = (1, 4, 8)  # checkpoints between those of a measure
RANK = Signal(variant=VARIANT, scale="rank")
NOTHING = pd.MultiIndex.from_arrays([[], []], names=["task", "level"])
RUN_LAYERS = [("small-s1", 1), ("small-s1", 2), ("large-s1", 1), ("large-s1", 4)]


def signals(curves: Array, every: int, collapse: Collapse, floor: float | None = None) -> Signals:
    """Curves (k, checkpoints of the trajectory), kept at every n-th checkpoint."""
    kept = np.atleast_2d(curves)[:, ::every]
    names = pd.MultiIndex.from_tuples([("COPY", str(i)) for i in range(len(kept))], names=["task", "level"])
    return Signals(names, STEPS[::every], kept, STEPS, floor, collapse)


def walk(rng: np.random.Generator, memory: float = 0.0, length: int = len(AT)) -> Array:
    """A curve whose differences are a first-order autoregression."""
    moves = rng.standard_normal(length + 50)
    for i in range(1, len(moves)):
        moves[i] += memory * moves[i - 1]
    return np.cumsum(moves[50:])


# Planted times -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("every", EVERY)
def test_a_planted_onset_is_found(every: int, collapse_settings: Collapse) -> None:
    planted = np.array([36.0, 50.0, 77.0, 101.0, 125.0])  # the last has three checkpoints of eight behind it
    of_measure = signals(np.log([recovering_rank(onset) for onset in planted]), every, collapse_settings)
    found = of_measure.onset(of_measure.values)
    assert (np.abs(found - planted) <= every).all()


@pytest.mark.parametrize("every", EVERY)
@pytest.mark.parametrize(("direction", "planted"), [(1, (49.0, 77.0, 101.0)), (-1, (85.0, 101.0, 117.0))])
def test_a_planted_change_is_found(
    every: int, direction: int, planted: tuple[float, ...], collapse_settings: Collapse
) -> None:
    """Up or down. The fall to the floor does not count; another does, once the first steps are over."""
    fall = np.interp(AT, [4, 18], [3.0, 0.0])
    noise = np.random.default_rng(0).normal(0, 0.02, (3, len(AT)))
    curves = fall + direction * (np.array(planted)[:, None] <= AT) + noise
    of_measure = signals(curves, every, collapse_settings)
    found = of_measure.change_point(of_measure.values)
    assert (np.abs(found - planted) <= every).all()


@pytest.mark.parametrize("every", EVERY)
@pytest.mark.parametrize("ahead", [16, 8, 0, -8, -16])
def test_a_planted_lag_is_found(every: int, ahead: int, collapse_settings: Collapse) -> None:
    """The curve moves as the score will, ``ahead`` checkpoints later: a lead is positive."""
    rng = np.random.default_rng(1)
    whole = walk(rng, length=len(AT) + 64)
    curve, score = whole[32 + ahead :][: len(AT)], whole[32:][: len(AT)]
    curve = curve + rng.normal(0, 0.05, len(AT))
    of_measure = signals(np.stack([curve, -curve]), every, collapse_settings)
    assert of_measure.lag(of_measure.values, score, largest=24).tolist() == [ahead, ahead], "a fall may lead as well"


def test_a_lag_beyond_the_largest_is_not_found() -> None:
    whole = walk(np.random.default_rng(2), length=len(AT) + 30)
    curve, score = whole[12 : 12 + len(AT)], whole[: len(AT)]
    assert cross_correlation_lag(curve[None], score, largest=12).tolist() == [12.0]
    assert np.isnan(cross_correlation_lag(curve[None], score, largest=11)).all()


@pytest.mark.parametrize("every", EVERY)
def test_a_lag_is_looked_for_as_far_at_every_spacing(every: int, collapse_settings: Collapse) -> None:
    whole = walk(np.random.default_rng(3), length=len(AT) + 30)
    curve, score = whole[24 : 24 + len(AT)], whole[: len(AT)]
    of_measure = signals(curve, every, collapse_settings)
    assert of_measure.lag(of_measure.values, score, largest=24).tolist() == [24.0]
    assert np.isnan(of_measure.lag(of_measure.values, score, largest=23)).all()


# Nothing planted ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("memory", [0.0, 0.5, 0.9])
def test_lags_of_unrelated_walks_are_rare(memory: float) -> None:
    """Smooth and autocorrelated both; unless pre-whitened they would agree somewhere nearly always."""
    rng = np.random.default_rng(4)
    curves = np.array([walk(rng, memory) for _ in range(400)])
    found = [np.isfinite(cross_correlation_lag(curve[None], walk(rng, 0.9), 24)[0]) for curve in curves]
    assert np.mean(found) < 0.09, "5 % but for the standard error of 400 trials"


def test_the_level_of_the_lags_test_is_its_name() -> None:
    """For white series, 5 % over all lags together: shorter overlaps and Bonferroni's bound cost a little."""
    rng = np.random.default_rng(5)
    found = [np.isfinite(cross_correlation_lag(walk(rng)[None], walk(rng), 24)[0]) for _ in range(800)]
    assert 0.01 < np.mean(found) < 0.07


def test_lags_of_stationary_noise_are_rare() -> None:
    """First-order noise about a level has differences that no first-order model whitens quite."""
    rng = np.random.default_rng(6)
    found = [
        np.isfinite(cross_correlation_lag(np.diff(walk(rng, 0.8))[None], np.diff(walk(rng, 0.8)), 24)[0])
        for _ in range(400)
    ]
    assert np.mean(found) < 0.09


@pytest.mark.parametrize("every", EVERY)
def test_noise_has_no_change_and_rarely_an_onset(every: int, collapse_settings: Collapse) -> None:
    curves = 2.0 + np.random.default_rng(7).normal(0, 0.1, (200, len(AT)))
    of_measure = signals(curves, every, collapse_settings)
    assert np.isfinite(of_measure.change_point(of_measure.values)).mean() <= 0.01
    assert np.isfinite(of_measure.onset(of_measure.values)).mean() <= 0.1


@pytest.mark.parametrize("level", [0.0, 0.3, 0.1 + 0.2, 1.0, -7.7])
def test_a_constant_curve_never_moves(level: float, collapse_settings: Collapse) -> None:
    of_measure = signals(np.full((1, len(AT)), level), 1, collapse_settings)
    for time in (of_measure.onset, of_measure.change_point):
        assert np.isnan(time(of_measure.values)).all()
    assert np.isnan(of_measure.lag(of_measure.values, transition(80.0), 24)).all()


def test_a_score_that_never_moves_has_no_lag() -> None:
    assert np.isnan(cross_correlation_lag(walk(np.random.default_rng(8))[None], np.zeros(len(AT)), 24)).all()


@pytest.mark.parametrize("length", [1, 2, 3, 4])
def test_a_few_checkpoints_tell_nothing(length: int, collapse_settings: Collapse) -> None:
    curves = np.random.default_rng(9).standard_normal((3, length))
    names = pd.MultiIndex.from_product([["COPY"], ["1", "2", "3"]], names=["task", "level"])
    of_measure = Signals(names, STEPS[:: 152 // max(1, length - 1)][:length], curves, STEPS, None, collapse_settings)
    assert np.isnan(of_measure.lag(curves, transition(80.0), 24)).all()
    assert of_measure.change_point(curves).shape == of_measure.onset(curves).shape == (3,)


# Spacing -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("checkpoints", [25, 26, 100, 153])
@pytest.mark.parametrize("every", [1, 2, 7, 8, 24])
def test_spacing_is_that_of_the_measure(checkpoints: int, every: int, collapse_settings: Collapse) -> None:
    """Whatever is left over at the end of a run."""
    steps = STEPS[:checkpoints]
    of_measure = Signals(NOTHING, steps[::every], np.empty((0, 1)), steps, None, collapse_settings)
    assert of_measure.spacing == every


def test_checkpoints_that_failed_do_not_widen_the_spacing(collapse_settings: Collapse) -> None:
    steps = np.delete(STEPS[::4], [1, 5, 6])
    assert Signals(NOTHING, steps, np.empty((0, len(steps))), STEPS, None, collapse_settings).spacing == 4
    rows = measure_rows({"small-s1": [recovering_rank(60.0)]})
    kept = rows[~rows["step"].isin(STEPS[[30, 31, 100]])]
    found = signals_of_run(kept, STEPS, RANK, collapse_settings)
    assert found.spacing == 1
    assert found.onset(found.values) == pytest.approx(60)


def test_a_measure_at_the_first_checkpoint_alone_has_a_spacing(collapse_settings: Collapse) -> None:
    assert Signals(NOTHING, STEPS[:1], np.empty((0, 1)), STEPS, None, collapse_settings).spacing


@pytest.mark.parametrize(
    ("every", "smoothing", "persistence"), [(1, 5, 5), (2, 1, 3), (4, 1, 2), (8, 1, 2), (1000, 1, 2)]
)
def test_spans_keep_their_length(every: int, smoothing: int, persistence: int, collapse_settings: Collapse) -> None:
    found = collapse_settings.at_spacing(every)
    assert (found.smoothing, found.persistence) == (smoothing, persistence)
    changed = {"smoothing", "persistence"}
    assert found.model_dump(exclude=changed) == collapse_settings.model_dump(exclude=changed)


@pytest.mark.parametrize("window", [1, 3, 9, 21])
def test_windows_stay_odd(window: int, collapse_settings: Collapse) -> None:
    for every in range(1, 30):
        found = collapse_settings.model_copy(update={"smoothing": window, "persistence": 1}).at_spacing(every)
        assert found.smoothing % 2 == 1
        assert abs(found.smoothing - max(1.0, window / every)) <= 1.5
        assert found.persistence == 1


def test_the_floor_is_looked_for_up_to_the_same_step(collapse_settings: Collapse) -> None:
    for every in EVERY:
        of_measure = signals(np.zeros((1, len(AT))), every, collapse_settings)
        assert of_measure.steps[of_measure.early - 1] <= 400 < of_measure.steps[of_measure.early]


# From rows ---------------------------------------------------------------------------------------------------------


def test_rows_become_curves_by_name(collapse_settings: Collapse) -> None:
    curves = [recovering_rank(onset) for onset in (30.0, 60.0, 90.0)]
    found = signals_of_run(
        measure_rows({"small-s1": curves}).sample(frac=1, random_state=0), STEPS, RANK, collapse_settings
    )
    for task, curve in zip(("COPY", "REV", "CMP"), curves, strict=True):
        np.testing.assert_allclose(found.values[found.names.get_loc((task, "1"))], np.log(curve))
    np.testing.assert_array_equal(found.steps, STEPS)


def test_where_an_estimator_failed_the_curve_goes_straight_on(collapse_settings: Collapse) -> None:
    line = np.linspace(2.0, 5.0, len(AT))
    gaps = line.copy()
    gaps[[0, 1, 40, 41, 42, 90, -1]] = np.nan
    ends = line.copy()
    ends[:2], ends[-1] = line[2], line[-2]
    nothing = np.full(len(AT), np.nan)
    rows = measure_rows({"small-s1": [gaps, nothing, line]})
    found = signals_of_run(rows, STEPS, Signal(variant=VARIANT, scale="linear"), collapse_settings)
    assert found.names.tolist() == [("CMP", "1"), ("COPY", "1")], "without any value there is no curve"
    np.testing.assert_allclose(found.values, [line, ends])


def test_an_estimator_that_always_failed_leaves_no_curves(collapse_settings: Collapse) -> None:
    rows = measure_rows({"small-s1": [np.full(len(AT), np.nan)] * 3})
    for scale in SCALES:
        found = signals_of_run(rows, STEPS, RANK.model_copy(update={"scale": scale}), collapse_settings)
        assert len(found.names) == 0
        assert found.onset(found.values).shape == found.change_point(found.values).shape == (0,)
        assert found.lag(found.values, transition(80.0), 24).shape == (0,)


def test_values_of_the_whole_model_are_no_curve(collapse_settings: Collapse) -> None:
    rows = measure_rows({"small-s1": [recovering_rank(40.0)]}, layer=None)
    whole = rows.assign(task=None, level=None, value=1.0)
    found = signals_of_run(pd.concat([whole, rows], ignore_index=True), STEPS, RANK, collapse_settings)
    assert found.names.tolist() == [("COPY", "1")]


def test_the_last_layer_is_that_of_each_run() -> None:
    rows = pd.concat([measure_rows({run: [recovering_rank(40.0)]}, layer=layer) for run, layer in RUN_LAYERS])
    kept = last_layer(rows).drop_duplicates(["run", "layer"])[["run", "layer"]].to_numpy().tolist()
    assert kept == [["small-s1", 2], ["large-s1", 4]]
    without = measure_rows({"small-s1": [recovering_rank(40.0)]}, layer=None)
    pd.testing.assert_frame_equal(last_layer(without), without)


@pytest.mark.parametrize(
    ("scale", "expected"),
    [("rank", [0.0, 0.0, np.log(2.0)]), ("asinh", np.arcsinh([-3.0, 0.5, 2.0])), ("linear", [-3.0, 0.5, 2.0])],
)
def test_scales(scale: str, expected: list[float]) -> None:
    np.testing.assert_allclose(SCALES[scale](np.array([-3.0, 0.5, 2.0])), expected)


def test_a_known_floor_is_where_a_curve_leaves_from(collapse_settings: Collapse) -> None:
    """As of the own loss: a curve that starts below passes 0 later than it leaves its own lowest value."""
    rising = np.interp(AT, [20, 60, 100], [-1.0, 0.0, 1.0])
    known, unknown = (signals(rising, 1, collapse_settings, floor) for floor in (0.0, None))
    assert known.onset(known.values) == pytest.approx(60, abs=1)
    assert unknown.onset(unknown.values) == pytest.approx(20, abs=1)
    assert known.shape(known.values).floor.tolist() == [0.0]


def test_shapes_are_those_of_the_collapse_table(collapse_settings: Collapse) -> None:
    """At spacing one, with the floor in the same first steps."""
    curves = np.log([recovering_rank(40.0), recovering_rank(70.0)])
    of_measure = signals(curves, 1, collapse_settings)
    expected = describe_collapse(curves, int((STEPS <= 400).sum()), collapse_settings)
    np.testing.assert_array_equal(of_measure.onset(curves), expected.onset_position)
