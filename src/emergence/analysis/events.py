"""Emergence events: when the chosen detector sees a task-level's behaviour emerge.

Behaviour is first put on one scale. A score is 0 at the best guess that does not look at the input and 1 when perfect:
``(value - baseline) / (perfect - baseline)``, with the baseline of each task-level from the evaluation set. So one
threshold means the same for a task that is right half of the time by chance and for one that never is.
"""

from pathlib import Path

import numpy as np
import pandas as pd

from emergence import tables
from emergence.analysis.curves import crossing, to_steps
from emergence.analysis.detectors import DETECTORS
from emergence.schemas.analysis import EVENTS, SCORES
from emergence.schemas.trajectories import BASELINES, BEHAVIOUR
from emergence.settings.analysis import Events
from emergence.tables import RUN

PERFECT = {"exact_match": 1.0, "log_probability": 0.0, "strength": 1.0, "accuracy": 1.0}
UNIT = [*RUN, "task", "level"]


def scores(behaviour: pd.DataFrame, baselines: pd.DataFrame) -> pd.DataFrame:
    """Behaviour of the scored metrics on one scale (table ``scores``)."""
    chance = baselines.rename(columns={"value": "baseline"})
    frame = behaviour[behaviour["metric"].isin(PERFECT)].merge(chance, on=["task", "level", "metric"], validate="m:1")
    perfect = frame["metric"].map(PERFECT)
    room = perfect - frame["baseline"]  # none where one answer is always right: such a level is as good as guessed
    score = ((frame["value"] - frame["baseline"]) / room.where(room > 0)).fillna(0.0)
    return frame.assign(score=score)[[*UNIT, "metric", "step", "score"]]


def events(scored: pd.DataFrame, settings: Events) -> pd.DataFrame:
    """One row a run, task-level and metric: whether, when and how fast it emerged (table ``events``)."""
    rows = []
    for key, curve in scored.groupby([*UNIT, "metric"], sort=False):
        ordered = curve.sort_values("step")
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


def make(settings: Events, behaviour: list[Path], baselines: Path, scores_table: Path, events_table: Path) -> None:
    """Score all runs and find their events."""
    scored = scores(tables.read(BEHAVIOUR, *behaviour), tables.read(BASELINES, baselines))
    tables.write(SCORES, scored, scores_table)
    tables.write(EVENTS, events(scored, settings), events_table)
