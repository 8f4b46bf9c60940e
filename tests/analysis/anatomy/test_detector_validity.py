"""The harness holds the primary detector to its marks, and fails detectors known to be broken."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from emergence.analysis.anatomy import detector_validity as harness
from emergence.analysis.anatomy.detector_validity import (
    Binomial,
    Noise,
    SyntheticCurves,
    Transitions,
    ValiditySettings,
    White,
    assess_detectors,
    judged_rows,
    logistic_curves,
    missed_marks,
    observe_transitions,
    validate_detectors,
)
from emergence.analysis.detectors import DETECTORS, Detector
from emergence.config import loading
from emergence.config.project import settings_for
from emergence.config.protocol import Events
from emergence.io import tables
from emergence.schemas.analysis import SCORES
from emergence.schemas.anatomy import DETECTIONS, DETECTOR_VALIDITY

pytestmark = pytest.mark.long

N = 153  # checkpoints of a run of the default tier
# Quantiles 5 %, 15 % ... 95 % over the transitions of a finished run of the default tier.
SEEN = Transitions(
    widths=(6.8, 10.5, 14.5, 18.4, 25.0, 30.8, 39.2, 44.0, 52.3, 58.4),
    noises=(0.037, 0.052, 0.062, 0.067, 0.076, 0.083, 0.093, 0.104, 0.137, 0.173),
)
MIDDLE = (0.1, 0.9)  # of training, where transitions are planted
Curves = np.ndarray[tuple[int, ...], np.dtype[np.float64]]


@pytest.fixture
def settings(settings_values: dict[str, Any]) -> ValiditySettings:
    """Those of the default tier, without the cases that the marks do not need."""
    settings_values["anatomy"]["detector_validity"] |= {"trials": 2000, "noises": [0.1], "chances": [], "spacings": [1]}
    loaded = settings_for(loading.load(settings_values), "detector_validity")["settings"]
    assert isinstance(loaded, ValiditySettings)
    return loaded


def missed(settings: ValiditySettings, detector: Detector, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Marks that a detector misses in the place of the primary one."""
    name = settings.events.detector
    monkeypatch.setattr(harness, "DETECTORS", {name: detector})
    return missed_marks(assess_detectors(settings, SEEN, N), name, settings.marks)


def test_the_primary_detector_reaches_the_marks(settings: ValiditySettings, monkeypatch: pytest.MonkeyPatch) -> None:
    """At the noise, and for the widths, of the transitions of a finished run."""
    assert missed(settings, DETECTORS[settings.events.detector], monkeypatch) == []


@pytest.mark.parametrize("chance", [0.0, 0.5])
def test_the_primary_detector_reaches_the_marks_in_the_noise_of_an_evaluation_set(
    settings: ValiditySettings, chance: float
) -> None:
    """Over all configured widths together: one wide enough misses the mark of timing in any noise."""
    detector, marks = DETECTORS[settings.events.detector], settings.marks
    noise, rng = Binomial(settings.examples, chance), np.random.default_rng(8)
    rise = SyntheticCurves("transition", noise, widths=tuple(settings.validity.widths))
    curves, times = rise.draw(4000, N, MIDDLE, rng)
    positions = detector(curves, settings.events)
    assert np.isfinite(positions).mean() >= marks.recall
    assert np.nanmedian(np.abs(positions - times)) <= marks.timing
    for level in settings.validity.levels:
        curves, _ = SyntheticCurves("flat", noise, level=level).draw(2000, N, MIDDLE, rng)
        assert np.isfinite(detector(curves, settings.events)).mean() <= marks.false_positives


def altered(change: Callable[[Curves], Curves] = np.asarray, **settings: Any) -> Detector:
    """The threshold detector with other settings, or with its positions changed."""
    return lambda curves, events: change(DETECTORS["threshold"](curves, events.model_copy(update=settings)))


def blind_to_every_tenth(positions: Curves) -> Curves:
    return np.where(np.arange(len(positions)) % 10, positions, np.nan)


BROKEN = {
    "no persistence": (altered(persistence=1), "false-positive rate"),
    "a threshold too low": (altered(threshold=0.35), "false-positive rate"),
    "a threshold too high": (altered(threshold=0.7), "median timing error"),
    "two checkpoints late": (altered(lambda positions: positions + 2), "median timing error"),
    "two checkpoints early": (altered(lambda positions: positions - 2), "median timing error"),
    "blind to every tenth": (altered(blind_to_every_tenth), "recall"),
    "blind": (altered(lambda positions: np.full_like(positions, np.nan)), "recall"),
    "always half-way": (altered(lambda positions: np.full_like(positions, N / 2)), "false-positive rate"),
}


@pytest.mark.parametrize(("detector", "mark"), BROKEN.values(), ids=BROKEN)
def test_a_broken_detector_misses_its_mark(
    settings: ValiditySettings, detector: Detector, mark: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = missed(settings, detector, monkeypatch)
    assert any(mark in line for line in lines), lines


def test_without_transitions_there_is_nothing_to_judge_by(settings: ValiditySettings) -> None:
    table = assess_detectors(settings, Transitions((), ()), 30)
    (line,) = missed_marks(table, "threshold", settings.marks)
    assert "no transition" in line
    assert not table["observed"].any()


def test_a_run_with_one_transition_is_judged_by_it(settings: ValiditySettings) -> None:
    table = assess_detectors(settings, Transitions((10.0,), (0.05,)), N)
    assert len(judged_rows(table, "threshold")) == 6
    assert missed_marks(table, "threshold", settings.marks) == []


def test_every_detector_is_tried_on_the_same_curves(settings: ValiditySettings) -> None:
    table = assess_detectors(settings, SEEN, 40)
    cases = table.drop_duplicates(["scenario", "width", "level", "noise", "observed", "spacing"])
    assert len(table) == 3 * len(cases) == 3 * 2 * (5 + 5) + 3
    assert [len(judged_rows(table, name)) for name in DETECTORS] == [6, 6, 6]
    moves = table["scenario"] == "transition"
    assert table.loc[moves, ["recall", "error_median"]].notna().all(axis=None)
    assert table.loc[~moves, ["width", "recall", "error_median", "bias"]].isna().all(axis=None)
    assert (table["false_positives"].notna() == ~moves).all()


def test_the_draws_are_of_the_seed(settings: ValiditySettings) -> None:
    few = settings.model_copy(update={"validity": settings.validity.model_copy(update={"trials": 50})})
    other = settings.model_copy(update={"validity": few.validity.model_copy(update={"seed": 607})})
    first = assess_detectors(few, SEEN, 60)
    pd.testing.assert_frame_equal(first, assess_detectors(few, SEEN, 60))
    assert not first.equals(assess_detectors(other, SEEN, 60))


def test_recall_and_errors_are_those_of_the_positions(
    settings: ValiditySettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A detector that is two early on even curves and silent on every fourth."""
    trials = np.arange(2000)
    offset = np.where(trials % 4 == 3, np.nan, np.where(trials % 2 == 0, -2.0, 0.0))
    monkeypatch.setattr(harness, "DETECTORS", {"threshold": lambda curves, _: curves[:, 0] + offset})
    monkeypatch.setattr(SyntheticCurves, "draw", lambda *_: (np.tile(trials[:, None] / 10, (1, 9)), trials / 10))
    row = assess_detectors(settings, SEEN, N).iloc[0]
    assert (row["recall"], row["error_median"], row["error_90"], row["bias"]) == pytest.approx((0.75, 2.0, 2.0, -2.0))
    assert row["recall_low"] < 0.74 < 0.76 < row["recall_high"], "exact interval of 1500 in 2000"


def test_planted_transitions_have_their_time_and_width() -> None:
    curves = logistic_curves(np.array([30.0, 50.0]), np.array([8.0, 20.0]), 100)
    assert curves[[0, 1], [30, 50]] == pytest.approx([0.5, 0.5])
    assert curves[[0, 1], [26, 40]] == pytest.approx([0.1, 0.1])
    assert curves[[0, 1], [34, 60]] == pytest.approx([0.9, 0.9])


@pytest.mark.parametrize("noise", [Binomial(100, 0.0), Binomial(100, 0.5), Binomial(40, 0.25), White((0.07,))])
def test_noise_has_its_level_and_no_bias(noise: Noise) -> None:
    seen = noise.on(np.full((400, 500), 0.5), np.random.default_rng(0))
    assert seen.std() == pytest.approx(noise.level, rel=0.01)
    assert seen.mean() == pytest.approx(0.5, abs=0.001)


def test_binomial_noise_doubles_where_half_is_right_by_chance() -> None:
    """At the input-independent guess: √(½·½/100) / ½ = 0.1."""
    seen = Binomial(100, 0.5).on(np.zeros((400, 500)), np.random.default_rng(0))
    assert (seen.mean(), seen.std()) == pytest.approx((0.0, 0.1), abs=0.001)


def test_each_curve_draws_its_own_noise() -> None:
    seen = White((0.01, 0.2)).on(np.zeros((400, 200)), np.random.default_rng(0)).std(axis=1)
    assert ((seen < 0.02).mean(), (seen > 0.15).mean()) == pytest.approx((0.5, 0.5), abs=0.1)


@pytest.mark.parametrize("spacing", [1, 2, 4])
def test_times_are_in_the_checkpoints_that_are_kept(spacing: int) -> None:
    case = SyntheticCurves("transition", White((1e-9,)), spacing, widths=(4.0,))
    curves, times = case.draw(300, 201, MIDDLE, np.random.default_rng(0))
    assert curves.shape == (300, -(-201 // spacing))
    np.testing.assert_allclose([np.interp(0.5, curve, np.arange(curves.shape[1])) for curve in curves], times, atol=0.2)
    assert times.min() == pytest.approx(20 / spacing, abs=2)
    assert times.max() == pytest.approx(180 / spacing, abs=2)


@pytest.mark.parametrize(("scenario", "start"), [("flat", 0.3), ("drift", 0.0)])
def test_curves_without_a_transition(scenario: Any, start: float) -> None:
    curves, times = SyntheticCurves(scenario, White((1e-9,)), level=0.3).draw(5, 50, MIDDLE, np.random.default_rng(0))
    np.testing.assert_allclose(curves, np.tile(np.linspace(start, 0.3, 50), (5, 1)), atol=1e-7)
    assert np.isnan(times).all()


def test_the_transitions_of_a_run_are_read_off_its_curves(event_settings: Events) -> None:
    rng = np.random.default_rng(4)
    widths, quiet = np.repeat([4.0, 12.0, 24.0, 36.0], 50), np.zeros((50, N))
    curves = logistic_curves(rng.uniform(40, 110, 200), widths, N)
    curves += 0.06 * rng.standard_normal(curves.shape) * ((curves > 0.02) & (curves < 0.98))
    seen = observe_transitions([curves[:100], np.concatenate([curves[100:], quiet, quiet + 1])], event_settings)
    assert len(seen.widths) == 200, "none of the curves that stay at 0 or at 1"
    assert len(seen.noises) == pytest.approx(150, abs=2), "none of the transitions too short to tell"
    assert np.median(seen.noises) == pytest.approx(0.06, rel=0.15)
    medians = np.median(np.reshape(seen.widths, (4, 50)), axis=1)
    np.testing.assert_allclose(medians, [4, 12, 24, 36], rtol=0.25)


def test_tables_follow_their_schema(settings: ValiditySettings, tmp_path: Path) -> None:
    rng = np.random.default_rng(3)
    curves = logistic_curves(rng.uniform(20, 40, 6), np.full(6, 10.0), 60)
    curves[5] = 0.0
    identity = {"study": "anatomy", "run": "r1", "size": "s", "parameters": 1000, "seed": 1, "task": "COPY"}
    rows = [
        pd.DataFrame({**identity, "level": str(i), "metric": metric, "step": 10 * np.arange(60), "score": curve})
        for i, curve in enumerate(curves)
        for metric in ("exact_match", "log_probability")
    ]
    tables.write(SCORES, pd.concat(rows, ignore_index=True).sample(frac=1, random_state=0), tmp_path / "scores.parquet")
    few = settings.model_copy(update={"validity": settings.validity.model_copy(update={"trials": 20})})
    validate_detectors(few, tmp_path / "scores.parquet", tmp_path / "validity.parquet", tmp_path / "detections.parquet")
    assert tables.read(DETECTOR_VALIDITY, tmp_path / "validity.parquet")["observed"].any()
    detections = tables.read(DETECTIONS, tmp_path / "detections.parquet")
    steps = detections.pivot_table(index=["metric", "level"], columns="detector", values="step", dropna=False)
    assert len(detections) == 3 * 2 * 6
    assert steps.isna().all(axis=1).sum() == 2
    known = steps.dropna()
    assert (known.max(axis=1) - known.min(axis=1)).max() < 15, "all see the same steps"
    assert known.min(axis=None) > 190
