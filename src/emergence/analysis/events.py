"""Emergence events, and the difficulty of each task-level.

A detector dates the emergence of a task-level's behaviour. Behaviour is first put on a common scale:
``score = (value - baseline) / (perfect - baseline)`` is 0 at the best input-independent guess and 1 when perfect, with
the baseline of each task-level from its evaluation set. One threshold then means the same for tasks with different
chance levels.

A task-level is easy or hard in two ways that are independent of the measures. By *family*: the tasks named easy in the
configuration. By *other seeds*: whether the task-level emerges in the earlier half of all task-levels in runs of other
seeds, so that no run contributes to its own classes.
"""

from collections.abc import Collection
from pathlib import Path

import numpy as np
import pandas as pd

from emergence.analysis.curves import crossing, to_steps
from emergence.analysis.detectors import DETECTORS
from emergence.analysis.select import without_control
from emergence.config.protocol import Events
from emergence.io import tables
from emergence.io.tables import RUN
from emergence.schemas.analysis import EVENTS, SCORES
from emergence.schemas.trajectories import BASELINES, BEHAVIOUR

PERFECT = {"exact_match": 1.0, "log_probability": 0.0, "strength": 1.0, "accuracy": 1.0}
UNIT = [*RUN, "task", "level"]
CLASSES = ["family", "other_seeds"]


def score_behaviour(behaviour: pd.DataFrame, baselines: pd.DataFrame) -> pd.DataFrame:
    """Table ``scores`` from tables ``behaviour`` and ``baselines``."""
    chance = baselines.rename(columns={"value": "baseline"})
    frame = behaviour[behaviour["metric"].isin(PERFECT)].merge(chance, on=["task", "level", "metric"], validate="m:1")
    perfect = frame["metric"].map(PERFECT)
    room = perfect - frame["baseline"]  # 0 where a constant answer is always right; such a task-level scores 0
    score = ((frame["value"] - frame["baseline"]) / room.where(room > 0)).fillna(0.0)
    return frame.assign(score=score)[[*UNIT, "metric", "step", "score"]]


def find_events(scored: pd.DataFrame, settings: Events) -> pd.DataFrame:
    """Table ``events``: whether, when and how fast each score curve emerges."""
    rows = []
    for key, curve in scored.groupby([*UNIT, "metric"], sort=False):
        ordered = curve.sort_values("step", kind="stable")
        rows.append(dict(zip([*UNIT, "metric"], key, strict=True)) | _event(ordered, settings))
    return pd.DataFrame(rows)


def _event(curve: pd.DataFrame, settings: Events) -> dict[str, object]:
    steps, values = curve["step"].to_numpy(), curve["score"].to_numpy()
    position = DETECTORS[settings.detector](values, settings)
    rise, top = crossing(np.tile(values, (2, 1)), np.array(settings.width), settings.persistence)
    emerged = bool(np.isfinite(position))
    before = np.floor(position)
    at_once = emerged and values[0] > settings.threshold and position == 0
    bracket = to_steps(np.array([before, before + (not at_once)]), steps) if emerged else (None, None)
    return {
        "emerged": emerged,
        "step": to_steps(position, steps) if emerged else None,
        "step_before": bracket[0],
        "step_after": bracket[1],
        "width": to_steps(top, steps) - to_steps(rise, steps) if np.isfinite(top) else None,
        "final_score": values[-1],
    }


def detect_events(
    settings: Events, behaviour: list[Path], baselines: Path, scores_table: Path, events_table: Path
) -> None:
    """Score the behaviour of all runs and detect their events (tables ``scores`` and ``events``).

    Args:
        settings: Detector, its threshold and persistence, and the scores between which a width is measured.
        behaviour: Tables ``behaviour``, one of each run.
        baselines: Table ``baselines``.
        scores_table: Where ``scores`` is written.
        events_table: Where ``events`` is written.
    """
    scored = score_behaviour(tables.read(BEHAVIOUR, *behaviour), tables.read(BASELINES, baselines))
    tables.write(SCORES, scored, scores_table)
    tables.write(EVENTS, find_events(scored, settings), events_table)


def classify_difficulty(events: pd.DataFrame, easy: Collection[str]) -> pd.DataFrame:
    """Classify each task-level in each run.

    Args:
        events: Table ``events`` of one metric.
        easy: Tasks that are easy by family.

    Returns:
        Columns ``run, task, level, family, other_seeds``, without the control, which has no class. By other seeds a
        task-level is easy if the median of its emergence steps over all runs of other seeds, of any size, is below the
        median of these medians over task-levels; a task-level that does not emerge comes last. Null without other
        seeds.
    """
    trained = without_control(events)
    steps = trained.assign(step=trained["step"].where(trained["emerged"], np.inf))
    table = steps[["run", "seed", "task", "level"]].copy()
    table["family"] = np.where(table["task"].isin(easy), "easy", "hard")
    table["other_seeds"] = None
    for seed in steps["seed"].unique():
        medians = steps[steps["seed"] != seed].groupby(["task", "level"], sort=False)["step"].median()
        of_level = dict(zip(medians.index, np.where(medians < medians.median(), "easy", "hard"), strict=True))
        own = table["seed"] == seed
        keys = zip(table.loc[own, "task"], table.loc[own, "level"], strict=True)
        table.loc[own, "other_seeds"] = [of_level.get(key) for key in keys]
    return table[["run", "task", "level", *CLASSES]]
