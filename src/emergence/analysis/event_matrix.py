"""Event times and features of a measure as matrices: a row per run, a column per task-level.

Three features of a measure's curve (table ``onsets``) predict the order of emergence, in a direction fixed beforehand:
an earlier onset, a higher early value and a higher floor each predict an earlier event. Their signs are chosen so that
the smaller value predicts the earlier event. Task-levels that do not emerge by the end (censored) come last and tie
with each other; so do curves without an onset. The control task, which cannot be learned, is left out.
"""

from collections.abc import Collection
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from emergence.analysis.curves import Array
from emergence.analysis.events import CLASSES, classify_difficulty
from emergence.analysis.select import without_control
from emergence.errors import EmergenceError

FEATURES = {"onset": ("onset_step", 1), "early": ("early", -1), "floor": ("floor", -1)}
"""Column of table ``onsets``, and +1 if the smaller value predicts the earlier event."""


class EventMatrixError(EmergenceError):
    """Tables that do not cover the same runs and task-levels; the message names what is missing."""


@dataclass(frozen=True)
class EventMatrix:
    """Event time of each task-level in each run, in matrices (runs, task-levels)."""

    runs: pd.DataFrame
    """``run, size, seed``, the smallest size first"""
    levels: pd.MultiIndex
    step: Array
    """step of the event; infinite where there is none"""
    spacing: Array
    """steps between the evaluations around the event"""
    classes: dict[str, NDArray[np.object_]]
    """easy, hard or None, by family and by other seeds"""

    @property
    def sizes(self) -> dict[str, NDArray[np.intp]]:
        """Rows of each size, the smallest first."""
        return {size: np.flatnonzero(self.runs["size"] == size) for size in self.runs["size"].unique()}

    def only(self, rows: NDArray[np.bool_]) -> "EventMatrix":
        """The matrix of some of the runs."""
        return replace(
            self,
            runs=self.runs[rows].reset_index(drop=True),
            step=self.step[rows],
            spacing=self.spacing[rows],
            classes={name: matrix[rows] for name, matrix in self.classes.items()},
        )


def event_matrix(events: pd.DataFrame, easy: Collection[str]) -> EventMatrix:
    """Event times and classes of all task-levels.

    Args:
        events: Table ``events`` of one metric.
        easy: Tasks that are easy by family.

    Raises:
        EventMatrixError: if a run lacks a task-level that another has.
    """
    trained = without_control(events).sort_values(["parameters", "size", "seed"], kind="stable")
    runs = trained[["run", "size", "seed"]].drop_duplicates(ignore_index=True)
    levels = pd.MultiIndex.from_frame(trained[["task", "level"]].drop_duplicates())
    times = _complete(trained, runs["run"], levels, "events")
    difficulty = _complete(classify_difficulty(trained, easy), runs["run"], levels, "events")
    emerged, shape = times["emerged"].to_numpy(dtype=bool), (len(runs), len(levels))
    spacing = (times["step_after"] - times["step_before"]).to_numpy()
    return EventMatrix(
        runs,
        levels,
        np.where(emerged, times["step"], np.inf).reshape(shape),
        np.where(emerged, spacing, 0.0).reshape(shape),
        {name: difficulty[name].to_numpy(dtype=object).reshape(shape) for name in CLASSES},
    )


def feature_matrices(onsets: pd.DataFrame, events: EventMatrix) -> tuple[EventMatrix, dict[str, Array]]:
    """Features of one measure as matrices (runs, task-levels), and the event times of the same runs.

    Raises:
        EventMatrixError: if a run is not among those with events, or lacks a task-level.
    """
    trained = without_control(onsets)
    names = events.runs["run"]
    if foreign := sorted(set(trained["run"]) - set(names)):
        raise EventMatrixError(
            f"onsets: run {foreign[0]!r} is not among the events; detect the events of the same runs"
        )
    measured = events.only(names.isin(trained["run"]).to_numpy())
    curves = _complete(trained, measured.runs["run"], measured.levels, f"onsets of {trained['measure'].iloc[0]}")
    shape = (len(measured.runs), len(measured.levels))
    matrices = {
        name: sign * curves[column].to_numpy(dtype=float).reshape(shape) for name, (column, sign) in FEATURES.items()
    }
    return measured, {name: np.where(np.isnan(matrix), np.inf, matrix) for name, matrix in matrices.items()}


def onsets_of_events(events: pd.DataFrame, onsets: pd.DataFrame) -> pd.DataFrame:
    """Each event with the onset of one measure's curve of the same run and task-level, where that has one.

    Args:
        events: Rows of table ``events``.
        onsets: Rows of table ``onsets`` of one measure.

    Returns:
        The columns of ``events`` and ``onset_step``.
    """
    keys = ["run", "task", "level"]
    return events.merge(onsets.dropna(subset=["onset_step"])[[*keys, "onset_step"]], on=keys)


def _complete(rows: pd.DataFrame, runs: pd.Series, levels: pd.MultiIndex, source: str) -> pd.DataFrame:
    """One row for each run and task-level, in this order."""
    wanted = pd.MultiIndex.from_tuples(
        [(run, *level) for run in runs for level in levels], names=["run", *levels.names]
    )
    indexed = rows.set_index(["run", "task", "level"])
    if indexed.index.has_duplicates:
        raise EventMatrixError(
            f"{source}: {_name(indexed.index[indexed.index.duplicated()])} appears twice; give each table once"
        )
    if len(missing := wanted.difference(indexed.index, sort=False)):
        raise EventMatrixError(f"{source}: {_name(missing)} is missing; delete the table and run again")
    return indexed.loc[wanted]


def _name(keys: pd.MultiIndex) -> str:
    run, task, level = keys[0]
    return f"run {run!r}, task-level {task} {level}"
