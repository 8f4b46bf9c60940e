"""Emergence events: planted sigmoids are found, noise and spikes are not."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from emergence import tables
from emergence.analysis.events import events, make, scores
from emergence.schemas.analysis import EVENTS, SCORES
from emergence.schemas.trajectories import BASELINES, BEHAVIOUR
from emergence.settings.analysis import Events

STEPS = np.arange(0, 3001, 30)
IDENTITY = {"study": "anatomy", "run": "r1", "size": "s", "parameters": 1000, "seed": 1, "task": "COPY"}


def scored(curves: np.ndarray, steps: np.ndarray = STEPS) -> pd.DataFrame:
    """Scores with one curve a level."""
    frames = [
        pd.DataFrame({**IDENTITY, "level": str(i), "metric": "exact_match", "step": steps, "score": curve})
        for i, curve in enumerate(np.atleast_2d(curves))
    ]
    return pd.concat(frames, ignore_index=True)


def sigmoid(centre: float, width: float) -> np.ndarray:
    """Rises through one half at ``centre``; ``width`` is the distance between scores of 0.1 and 0.9."""
    return 1 / (1 + np.exp(-2 * np.log(9) * (STEPS - centre) / width))


def test_planted_events_are_found_within_a_checkpoint(event_settings: Events) -> None:
    rng = np.random.default_rng(0)
    centres, widths = rng.uniform(300, 2500, 200), rng.uniform(60, 400, 200)
    curves = np.array([sigmoid(centre, width) for centre, width in zip(centres, widths, strict=True)])
    found = events(scored(curves + rng.normal(0, 0.03, curves.shape)), event_settings)
    assert found["emerged"].all()
    assert (np.abs(found["step"] - centres) <= 30).mean() >= 0.95
    assert np.abs(np.median(found["step"] - centres)) < 5, "no bias to one side"


def test_planted_widths_are_recovered(event_settings: Events) -> None:
    rng = np.random.default_rng(1)
    widths = rng.uniform(200, 800, 100)
    curves = np.array([sigmoid(1500 + rng.uniform(-100, 100), width) for width in widths])
    found = events(scored(curves), event_settings)
    assert found["width"].to_numpy() == pytest.approx(widths, rel=0.02)


def test_noise_below_the_threshold_is_no_event(event_settings: Events) -> None:
    curves = np.random.default_rng(2).normal(0.3, 0.15, (400, len(STEPS)))
    assert ((curves > 0.5).any(axis=1)).mean() > 0.9, "single values must pass the threshold"
    assert events(scored(curves), event_settings)["emerged"].mean() <= 0.05


@pytest.mark.parametrize(("length", "emerged"), [(4, False), (5, True)])
def test_a_spike_must_persist(length: int, emerged: bool, event_settings: Events) -> None:
    curve = np.zeros(len(STEPS))
    curve[40 : 40 + length] = 1.0
    found = events(scored(curve), event_settings).iloc[0]
    assert bool(found["emerged"]) is emerged
    assert found["final_score"] == 0.0
    if emerged:
        assert STEPS[39] < found["step"] < STEPS[40]
    else:
        assert pd.isna(found["step"])
        assert pd.isna(found["step_before"])


def test_too_late_to_persist_is_no_event(event_settings: Events) -> None:
    curve = np.where(np.arange(len(STEPS)) >= len(STEPS) - 4, 1.0, 0.0)
    assert not events(scored(curve), event_settings)["emerged"].any()


def test_the_bracket_holds_the_step(event_settings: Events) -> None:
    rng = np.random.default_rng(3)
    steps = np.unique(np.r_[np.arange(11), np.geomspace(10, 400, 40).astype(int), np.arange(400, 3001, 40)])
    curves = 1 / (1 + np.exp(-(np.log1p(steps) - rng.uniform(2, 7.5, (50, 1))) * 6))
    found = events(scored(curves, steps), event_settings)
    assert found["emerged"].all()
    for curve, row in zip(curves, found.itertuples(), strict=True):
        first, before = int(np.argmax(curve > 0.5)), int(np.searchsorted(steps, row.step_before))
        assert row.step_before <= row.step <= row.step_after
        assert row.step_after == steps[before + 1]
        assert abs(before + 1 - first) <= 1, "the running mean of an uneven rise passes within a checkpoint"


def test_the_bracket_of_a_score_at_the_threshold(event_settings: Events) -> None:
    curve = np.where(STEPS < 300, 0.0, 1.0)
    curve[STEPS == 300] = 0.5  # not above it
    found = events(scored(curve), event_settings).iloc[0]
    assert (found["step_before"], found["step_after"]) == (300, 330)


def test_a_curve_that_starts_above_emerges_at_the_first_evaluation(event_settings: Events) -> None:
    found = events(scored(np.full(len(STEPS), 0.95)), event_settings).iloc[0]
    assert found[["step", "step_before", "step_after", "width"]].tolist() == [0, 0, 0, 0]


def test_the_chosen_detector_dates_the_event(event_settings: Events) -> None:
    """A step of the mean is dated half-way between its checkpoints, by the running mean where four fifths are above."""
    curve = np.where(STEPS < 900, -0.1, 0.7)
    found = {
        name: events(scored(curve), event_settings.model_copy(update={"detector": name})).iloc[0]
        for name in ("threshold", "changepoint", "sigmoid")
    }
    assert {name: row["step"] for name, row in found.items()} == pytest.approx(
        {"threshold": 870 + 30 * 1.75, "changepoint": 885, "sigmoid": 885}, abs=0.5
    )
    brackets = {name: (row["step_before"], row["step_after"]) for name, row in found.items()}
    assert brackets == {"threshold": (900, 930), "changepoint": (870, 900), "sigmoid": (870, 900)}


def test_the_order_of_rows_does_not_matter(event_settings: Events) -> None:
    rows = scored(np.array([sigmoid(900, 200), sigmoid(2000, 200)]))
    shuffled = events(rows.sample(frac=1, random_state=0), event_settings).sort_values("level", ignore_index=True)
    pd.testing.assert_frame_equal(shuffled, events(rows, event_settings))


BLIND = {"exact_match": 0.25, "log_probability": -3.0, "token_accuracy": 0.4, "loss": 1.0}


def behaviour(values: dict[str, float], step: int = 0) -> pd.DataFrame:
    rows = [{**IDENTITY, "level": "4", "metric": metric, "step": step, "value": v} for metric, v in values.items()]
    return pd.DataFrame(rows)


@pytest.fixture
def baselines() -> pd.DataFrame:
    rows = [{"task": "COPY", "level": "4", "metric": metric, "value": value} for metric, value in BLIND.items()]
    return pd.DataFrame(rows)


def test_scores_run_from_the_blind_guess_to_perfection(baselines: pd.DataFrame) -> None:
    perfect = {"exact_match": 1.0, "log_probability": 0.0, "token_accuracy": 1.0, "loss": 0.0}
    half = {metric: (BLIND[metric] + perfect[metric]) / 2 for metric in BLIND}
    rows = pd.concat([behaviour(values, step) for step, values in enumerate((BLIND, half, perfect))])
    found = scores(rows, baselines).pivot_table(index="step", columns="metric", values="score")
    assert list(found.columns) == ["exact_match", "log_probability"]
    np.testing.assert_allclose(found, [[0, 0], [0.5, 0.5], [1, 1]], atol=1e-12)


def test_worse_than_a_blind_guess_is_negative(baselines: pd.DataFrame) -> None:
    found = scores(behaviour({"exact_match": 0.0, "log_probability": -12.0}), baselines)
    assert found["score"].tolist() == pytest.approx([-1 / 3, -3.0])


def test_tables_follow_their_schema(event_settings: Events, baselines: pd.DataFrame, tmp_path: Path) -> None:
    curves = {"r1": np.where(STEPS < 900, 0.25, 1.0), "r2": np.full(len(STEPS), 0.25)}
    paths = []
    for run, curve in curves.items():
        rows = [behaviour({**BLIND, "exact_match": value}, step) for step, value in zip(STEPS, curve, strict=True)]
        paths.append(tmp_path / f"{run}.parquet")
        tables.write(BEHAVIOUR, pd.concat(rows).assign(run=run), paths[-1])
    tables.write(BASELINES, baselines, tmp_path / "baselines.parquet")
    make(
        event_settings, paths, tmp_path / "baselines.parquet", tmp_path / "scores.parquet", tmp_path / "events.parquet"
    )
    assert len(tables.read(SCORES, tmp_path / "scores.parquet")) == 2 * 2 * len(STEPS)
    found = tables.read(EVENTS, tmp_path / "events.parquet").set_index(["run", "metric"])["emerged"]
    assert found.to_dict() == {
        (run, m): (run, m) == ("r1", "exact_match") for run in curves for m in ("exact_match", "log_probability")
    }
