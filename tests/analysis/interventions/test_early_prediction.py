"""Prediction from the first steps, where the start of a run tells its events and where only the task does."""

import numpy as np
import pandas as pd
import pytest
from synthetic.early_tables import LAST, events, ranks, scores

from emergence.analysis.interventions.early_prediction import (
    IDENTITY,
    early_features,
    predict_events,
    ridge_regression,
    summarise_accuracy,
)
from emergence.config.protocol import Statistics
from emergence.config.short_runs import EarlySettings

SETTINGS = EarlySettings(share=0.1, ridge=1.0, metric="exact_match", variant="answer/centred/sigma")


def predictions(told_by: str) -> pd.DataFrame:
    features = early_features(scores(told_by), ranks(told_by), 0.1 * LAST)
    return predict_events(events(), features, LAST, SETTINGS)


@pytest.fixture(scope="module", params=["loss", "rank", "nothing"])
def told(request: pytest.FixtureRequest, statistics: Statistics) -> tuple[str, pd.DataFrame]:
    table = summarise_accuracy(predictions(request.param), statistics)
    return request.param, table.set_index(["held_out", "predictor"])


def test_what_tells_the_events_predicts_them(told: tuple[str, pd.DataFrame]) -> None:
    by, table = told
    better = {name: table.loc["seed", name]["gain_low"] > 0 for name in ("loss", "geometry", "both")}
    assert better == {"loss": by == "loss", "geometry": by == "rank", "both": by != "nothing"}
    assert (table.loc["seed", "both"]["geometry_gain_low"] > 0) is np.bool_(by == "rank")
    assert table.loc["size", "both"]["order"] > 0.8 or by == "nothing"
    assert (table.loc["seed", IDENTITY][["gain", "order_gain"]] == 0).all()


def test_a_held_out_run_changes_no_prediction_of_itself() -> None:
    features = early_features(scores("loss"), ranks("loss"), 0.1 * LAST)
    table = events()
    moved = table.assign(step=table["step"].where(table["run"] != "a-s1", 0.9 * LAST))
    first, second = (
        predict_events(one, features, LAST, SETTINGS).query("held_out == 'seed' and run == 'a-s1'")
        for one in (table, moved)
    )
    assert first["predicted"].tolist() == second["predicted"].tolist()
    assert first["observed"].tolist() != second["observed"].tolist()


def test_nothing_after_the_cut_is_seen() -> None:
    late = scores("loss")
    late["score"] = late["score"].where(late["step"] <= 0.1 * LAST, 99.0)
    whole = early_features(scores("loss"), ranks("loss"), 0.1 * LAST)
    pd.testing.assert_frame_equal(early_features(late, ranks("loss"), 0.1 * LAST), whole)


def test_what_emerges_within_the_cut_is_no_prediction_and_what_never_does_has_the_last_step() -> None:
    table = events()
    early, never = table.index[0], table.index[1]
    table.loc[early, "step"] = 0.05 * LAST
    table.loc[never, ["emerged", "step"]] = [False, None]
    features = early_features(scores("loss"), ranks("loss"), 0.1 * LAST)
    rows = predict_events(table, features, LAST, SETTINGS).set_index(["run", "task", "level"])
    keys = [tuple(table.loc[one, ["run", "task", "level"]]) for one in (early, never)]
    assert keys[0] not in rows.index
    assert (rows.loc[[keys[1]], "observed"] == LAST).all()
    assert rows["predicted"].between(0.1 * LAST, LAST).all()


def test_the_regression_is_that_of_least_squares_with_a_penalty() -> None:
    rng = np.random.default_rng(1)
    x, y, new = rng.normal(size=(30, 2)), rng.normal(size=30), rng.normal(size=(4, 2))
    design = np.column_stack([np.ones(30), x])
    expected = np.column_stack([np.ones(4), new]) @ np.linalg.lstsq(design, y, rcond=None)[0]
    np.testing.assert_allclose(ridge_regression(x, y, new, 0.0), expected)
    np.testing.assert_allclose(ridge_regression(x, y, new, 1e9), y.mean(), rtol=1e-6)


def test_runs_without_an_order_have_none(statistics: Statistics) -> None:
    """As where nothing emerges in training."""
    features = early_features(scores("loss"), ranks("loss"), 0.1 * LAST)
    table = summarise_accuracy(
        predict_events(events().assign(emerged=False, step=None), features, LAST, SETTINGS), statistics
    )
    assert table["order"].isna().all()
    assert table["error"].max() < 1e-9
