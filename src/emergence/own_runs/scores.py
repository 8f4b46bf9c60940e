"""Scores of a run's groups, checked and on one scale: 0 is an input-independent guess, 1 is perfect.

**Which steps count.** Scores are the trajectory. Events are dated, and leads counted, in evaluations: the steps at
which every group has a score (`on_common_steps`). Measures keep their own checkpoints, at whatever steps these are. A
time between two evaluations is placed in proportion to steps; no score is interpolated. A time before the first
evaluation counts as the first, so that its lead is a lower bound.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from emergence.own_runs.score_formats import ScoreError, listed, read_logged, step_number

__all__ = ["ScoreError", "ScoreFile", "on_common_steps", "read_scores", "require_match"]


@dataclass(frozen=True)
class ScoreFile:
    """Scores that a file holds."""

    scores: pd.DataFrame
    """columns ``step``, ``task`` and ``score``, in the order of steps"""
    notes: list[str]
    """columns that were left out, each with the reason, and what is assumed of the others"""
    source: str = "scores"
    """the file, for messages"""


def read_scores(path: Path, baselines: Mapping[str, float] | None = None) -> ScoreFile:
    """Scores of one run.

    Args:
        path: CSV, ``trainer_state.json``, history of W&B, or results of lm-eval, as in
            `emergence.own_runs.score_formats`.
        baselines: Value of an input-independent guess of a task, where the file does not state it, such as 0.25 for the
            accuracy among four choices. A score is (value - baseline) / (perfect - baseline), with 1 as perfect.

    Raises:
        ScoreError: in one line, if there is no such file, or a step or value cannot be used.
    """
    logged = read_logged(path)
    rows = pd.DataFrame([_row(row, path) for row in logged.rows])
    given = dict(baselines or {})
    if unknown := sorted(given.keys() - set(rows["task"])):
        raise ScoreError(
            f"{path}: baseline of {unknown[0]!r}, which is not a task; tasks: {listed(rows['task'].unique())}"
        )
    rows["baseline"] = rows["task"].map(given).fillna(rows["baseline"])
    notes = list(logged.notes)
    if assumed := list(rows.loc[rows["baseline"].isna(), "task"].unique()):
        notes.append(f"no baseline given for {listed(assumed)}: 0 counts as an input-independent guess")
    rows = rows.fillna({"baseline": 0.0})
    return ScoreFile(_scaled(_without_repeats(rows, path), path), notes, str(path))


def on_common_steps(scores: pd.DataFrame) -> pd.DataFrame:
    """Rows at the steps at which every task-level of a run has a score.

    Args:
        scores: Columns ``run``, ``step``, ``task`` and ``level``, among others.

    Raises:
        ScoreError: if a run has no such step.
    """
    names = scores["task"] + "/" + scores["level"]
    every = names.groupby(scores["run"]).transform("nunique")
    common = scores[names.groupby([scores["run"], scores["step"]]).transform("nunique") == every]
    if without := sorted(set(scores["run"]) - set(common["run"])):
        groups = sorted(set(scores.loc[scores["run"] == without[0], "task"]))
        raise ScoreError(
            f"scores of {without[0]}: no step has all of {listed(groups)}; leave out those scored elsewhere"
        )
    return common


def require_match(scores: pd.DataFrame, steps: Collection[int], groups: Collection[str], source: str) -> None:
    """Refuse scores of another run, before anything is measured.

    Args:
        scores: Columns ``step`` and ``task``.
        steps: Of the checkpoints.
        groups: That are measured; empty if measures are of the whole model.
        source: Named in the message.

    Raises:
        ScoreError: if fewer than two evaluations lie among the checkpoints, or no task is a group.
    """
    evaluated, taken = np.unique(scores["step"]), np.unique(list(steps))
    among = (evaluated >= taken.min()) & (evaluated <= taken.max())
    covered = (taken >= evaluated.min()) & (taken <= evaluated.max())
    if min(among.sum(), covered.sum()) < min(2, len(taken), len(evaluated)):
        raise ScoreError(
            f"{source}: its steps ({evaluated.min()} to {evaluated.max()}) are not those of the checkpoints "
            f"({taken.min()} to {taken.max()}); give optimiser steps of the same run"
        )
    if groups and not set(scores["task"]) & set(groups):
        raise ScoreError(
            f"{source}: none of its tasks ({listed(sorted(set(scores['task'])))}) is a group that is measured "
            f"({listed(sorted(groups))}); give both the same names"
        )


def _row(row: Mapping[str, Any], path: Path) -> dict[str, Any]:
    """A row with numbers; baseline is NaN where the file has none."""
    where = f"{path}: {row['task']} at step {row['step']}"
    number = {name: _number(row.get(name), f"{where}: {name}") for name in ("value", "baseline", "perfect")}
    if np.isnan(number["value"]):
        raise ScoreError(f"{where}: has no score ({row['value'] or 'empty'}); leave out the row")
    perfect = 1.0 if np.isnan(number["perfect"]) else number["perfect"]
    return {"step": step_number(row["step"], path), "task": str(row["task"]), **number, "perfect": perfect}


def _number(value: Any, where: str) -> float:
    """A number, NaN where there is none."""
    try:
        return float(value) if value not in (None, "") else np.nan
    except (TypeError, ValueError):
        raise ScoreError(f"{where}: {value!r} is not a number") from None


def _without_repeats(rows: pd.DataFrame, path: Path) -> pd.DataFrame:
    """Each step and task once; the same value twice does no harm."""
    once = rows.drop_duplicates()
    repeated = once[once.duplicated(["step", "task"], keep=False)]
    if len(repeated):
        first = repeated.iloc[0]
        values = repeated.loc[(repeated["step"] == first["step"]) & (repeated["task"] == first["task"]), "value"]
        raise ScoreError(
            f"{path}: two scores of {first['task']} at step {first['step']} "
            f"({' and '.join(f'{value:g}' for value in values[:2])}); keep one"
        )
    return once


def _scaled(rows: pd.DataFrame, path: Path) -> pd.DataFrame:
    """Scores from values; a value below its baseline is a score below 0."""
    score = (rows["value"] - rows["baseline"]) / (rows["perfect"] - rows["baseline"])
    unscaled = (rows["baseline"] == 0) & (rows["perfect"] == 1)
    wrong = rows[(score > 1) | ~np.isfinite(score) | ((score < 0) & unscaled)]
    if len(wrong):
        row = wrong.iloc[0]
        raise ScoreError(
            f"{path}: {row['value']:g} for {row['task']} at step {row['step']} lies outside {row['baseline']:g} to "
            f"{row['perfect']:g}; give columns baseline and perfect, with the values of an input-independent "
            "guess and of no error"
        )
    return rows.assign(score=score)[["step", "task", "score"]].sort_values(["step", "task"], ignore_index=True)
