"""Matrices of events and features: what is later than what, and tables that do not belong together."""

import numpy as np
import pandas as pd
import pytest

from emergence.analysis.event_matrix import EventMatrixError, event_matrix, feature_matrices

LEVELS = [("COPY", "4"), ("COPY", "6"), ("PAR", "3")]
RUNS = {"large-s1": ("large", 400, 1), "small-s2": ("small", 50, 2), "small-s1": ("small", 50, 1)}


def rows(**columns: object) -> pd.DataFrame:
    """A row per run and task-level, counted from 0; columns are functions of that number, or constants."""
    identity = [
        {
            "study": "anatomy",
            "run": run,
            "size": size,
            "parameters": parameters,
            "seed": seed,
            "task": t,
            "level": level,
        }
        for run, (size, parameters, seed) in RUNS.items()
        for t, level in LEVELS
    ]
    frame = pd.DataFrame(identity)
    return frame.assign(**{name: value(frame.index) if callable(value) else value for name, value in columns.items()})


@pytest.fixture
def events() -> pd.DataFrame:
    times = {
        "step": lambda i: 100.0 * (i + 1),
        "step_before": lambda i: 100.0 * i,
        "step_after": lambda i: 110.0 * (i + 1),
    }
    return rows(metric="exact_match", emerged=True, width=1.0, final_score=1.0, **times)


@pytest.fixture
def onsets() -> pd.DataFrame:
    given = {"floor": lambda i: i + 0.5, "early": lambda i: i + 0.25, "onset_step": lambda i: i * 10.0}
    return rows(measure="rankme", floor_step=1.0, changepoint_step=np.nan, **given)


def test_runs_stand_by_size_and_seed(events: pd.DataFrame) -> None:
    found = event_matrix(events, ["COPY"])
    assert found.runs["run"].tolist() == ["small-s1", "small-s2", "large-s1"]
    assert {size: index.tolist() for size, index in found.sizes.items()} == {"small": [0, 1], "large": [2]}
    assert found.step.tolist() == [[700, 800, 900], [400, 500, 600], [100, 200, 300]]
    assert found.spacing[2].tolist() == [110, 120, 130]
    assert found.classes["family"].tolist() == [["easy", "easy", "hard"]] * 3


def test_the_order_of_rows_does_not_matter(events: pd.DataFrame, onsets: pd.DataFrame) -> None:
    found, matrices = feature_matrices(onsets.sample(frac=1, random_state=1), event_matrix(events, ["COPY"]))
    expected, others = feature_matrices(onsets, event_matrix(events, ["COPY"]))
    np.testing.assert_array_equal(found.step, expected.step)
    for name, matrix in matrices.items():
        np.testing.assert_array_equal(matrix, others[name])


def test_what_has_not_emerged_is_later_than_all(events: pd.DataFrame) -> None:
    events["emerged"] = events["task"] == "COPY"  # the step of one that did not hold is no event
    events.loc[events["task"] == "PAR", ["step_before", "step_after"]] = np.nan
    found = event_matrix(events, ["COPY"])
    assert np.isinf(found.step[:, 2]).all()
    assert (found.spacing[:, 2] == 0).all()


def test_features_are_turned_so_that_the_smaller_is_to_emerge_first(events: pd.DataFrame, onsets: pd.DataFrame) -> None:
    onsets.loc[0, "onset_step"] = None
    _, found = feature_matrices(onsets, event_matrix(events, ["COPY"]))
    assert found["onset"][2].tolist() == [np.inf, 10, 20]
    assert found["early"][2].tolist() == [-0.25, -1.25, -2.25]
    assert found["floor"][2].tolist() == [-0.5, -1.5, -2.5]


def test_the_control_is_left_out(events: pd.DataFrame, onsets: pd.DataFrame) -> None:
    def controlled(frame: pd.DataFrame) -> pd.DataFrame:
        return pd.concat([frame, frame[frame["level"] == "4"].assign(task="CTL", level="COPY-4")])

    found, matrices = feature_matrices(controlled(onsets), event_matrix(controlled(events), ["COPY"]))
    assert "CTL" not in found.levels.get_level_values("task")
    assert found.step.shape == matrices["floor"].shape == (3, 3)


def test_a_run_without_the_measure_is_left_out(events: pd.DataFrame, onsets: pd.DataFrame) -> None:
    found, matrices = feature_matrices(onsets[onsets["run"] != "small-s1"], event_matrix(events, ["COPY"]))
    assert found.runs["run"].tolist() == ["small-s2", "large-s1"]
    assert found.step.tolist() == [[400, 500, 600], [100, 200, 300]]
    assert {name: matrix.shape for name, matrix in matrices.items()} == dict.fromkeys(
        ("onset", "early", "floor"), (2, 3)
    )
    assert found.sizes["large"].tolist() == [1]


def test_other_seeds_decide_even_if_their_runs_lack_the_measure(events: pd.DataFrame, onsets: pd.DataFrame) -> None:
    found, _ = feature_matrices(onsets[onsets["run"] == "small-s2"], event_matrix(events, ["COPY"]))
    assert found.classes["other_seeds"].tolist() == [["easy", "hard", "hard"]]


def test_tables_that_do_not_belong_together(events: pd.DataFrame, onsets: pd.DataFrame) -> None:
    of_events = event_matrix(events, ["COPY"])
    with pytest.raises(EventMatrixError, match=r"^onsets of rankme: .*'large-s1'.*COPY 4 .*missing"):
        feature_matrices(onsets.iloc[1:], of_events)
    with pytest.raises(EventMatrixError, match=r"^onsets of rankme: .*'small-s1'.*PAR 3 .*twice"):
        feature_matrices(pd.concat([onsets, onsets.tail(1)]), of_events)
    with pytest.raises(EventMatrixError, match=r"run 'mine' "):
        feature_matrices(onsets.assign(run="mine"), of_events)
    with pytest.raises(EventMatrixError, match=r"^events: .*'large-s1'.*COPY 6 .*missing"):
        event_matrix(events.drop(index=1), ["COPY"])
