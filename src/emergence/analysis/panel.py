"""Event times and features of a measure as matrices: a row a run, a column a task-level.

Three features of a measure's curve (table ``onsets``) have a direction fixed beforehand: the earlier the onset, the
higher the value early on, the higher the floor, the earlier the event. They are turned so that the smaller is to emerge
first. A task-level that has not emerged by the end (censored) comes after all that have and ties with the others like
it; so does a curve that never departs from its floor. The control task, which cannot be learned, is left out.
"""

from collections.abc import Collection
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from emergence.analysis.curves import Array
from emergence.analysis.difficulty import CLASSES, classes
from emergence.errors import EmergenceError
from emergence.tasks.symbols import CONTROL

FEATURES = {"onset": ("onset_step", 1), "early": ("early", -1), "floor": ("floor", -1)}
"""Column of ``onsets``, and +1 if the smaller is to emerge first."""


class PanelError(EmergenceError):
    """Tables that do not cover the same runs and task-levels; the message names one that is missing."""


@dataclass(frozen=True)
class Panel:
    """When each task-level emerges in each run; matrices have the shape (runs, task-levels)."""

    runs: pd.DataFrame
    """``run, size, seed``, the smallest size first"""
    levels: pd.MultiIndex
    step: Array
    """of the event; infinite where there is none"""
    spacing: Array
    """steps between the evaluations around the event"""
    classes: dict[str, NDArray[np.object_]]
    """easy, hard or None, by family and by other seeds"""

    @property
    def sizes(self) -> dict[str, NDArray[np.intp]]:
        """Rows of each size, the smallest first."""
        return {size: np.flatnonzero(self.runs["size"] == size) for size in self.runs["size"].unique()}

    def only(self, rows: NDArray[np.bool_]) -> "Panel":
        """Some of the runs."""
        return replace(
            self,
            runs=self.runs[rows].reset_index(drop=True),
            step=self.step[rows],
            spacing=self.spacing[rows],
            classes={name: matrix[rows] for name, matrix in self.classes.items()},
        )


def panel(events: pd.DataFrame, easy: Collection[str]) -> Panel:
    """Event times and classes of all task-levels, from the events of one metric.

    Raises:
        PanelError: if a run lacks a task-level that another has.
    """
    trained = events[events["task"] != CONTROL].sort_values(["parameters", "size", "seed"], kind="stable")
    runs = trained[["run", "size", "seed"]].drop_duplicates(ignore_index=True)
    levels = pd.MultiIndex.from_frame(trained[["task", "level"]].drop_duplicates())
    times = _complete(trained, runs["run"], levels, "events")
    of_classes = _complete(classes(trained, easy), runs["run"], levels, "events")
    emerged, shape = times["emerged"].to_numpy(dtype=bool), (len(runs), len(levels))
    spacing = (times["step_after"] - times["step_before"]).to_numpy()
    return Panel(
        runs,
        levels,
        np.where(emerged, times["step"], np.inf).reshape(shape),
        np.where(emerged, spacing, 0.0).reshape(shape),
        {name: of_classes[name].to_numpy(dtype=object).reshape(shape) for name in CLASSES},
    )


def features(onsets: pd.DataFrame, of_events: Panel) -> tuple[Panel, dict[str, Array]]:
    """Features of one measure, (runs, task-levels), and the panel of the runs that have them.

    Raises:
        PanelError: if a run is not among those with events, or lacks a task-level.
    """
    trained = onsets[onsets["task"] != CONTROL]
    names = of_events.runs["run"]
    if foreign := sorted(set(trained["run"]) - set(names)):
        raise PanelError(f"onsets: run {foreign[0]!r} is not among the events; find events of the same runs")
    measured = of_events.only(names.isin(trained["run"]).to_numpy())
    found = _complete(trained, measured.runs["run"], measured.levels, f"onsets of {trained['measure'].iloc[0]}")
    shape = (len(measured.runs), len(measured.levels))
    matrices = {
        name: sign * found[column].to_numpy(dtype=float).reshape(shape) for name, (column, sign) in FEATURES.items()
    }
    return measured, {name: np.where(np.isnan(matrix), np.inf, matrix) for name, matrix in matrices.items()}


def _complete(rows: pd.DataFrame, runs: pd.Series, levels: pd.MultiIndex, source: str) -> pd.DataFrame:
    """One row for each of the runs and task-levels, in this order."""
    wanted = pd.MultiIndex.from_tuples(
        [(run, *level) for run in runs for level in levels], names=["run", *levels.names]
    )
    found = rows.set_index(["run", "task", "level"])
    if found.index.has_duplicates:
        raise PanelError(
            f"{source}: {_name(found.index[found.index.duplicated()])} is there twice; give each table once"
        )
    if len(missing := wanted.difference(found.index, sort=False)):
        raise PanelError(f"{source}: {_name(missing)} is missing; delete the table and run again")
    return found.loc[wanted]


def _name(keys: pd.MultiIndex) -> str:
    run, task, level = keys[0]
    return f"run {run!r}, task-level {task} {level}"
