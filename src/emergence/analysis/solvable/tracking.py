"""Does a measure of a skill move with that skill, or with the network?

Skills of one network emerge at times that differ by an order of magnitude. If the curve of each moves with its own, the
logarithm of when it does rises with slope 1 on that of T50; if a network's geometry moves as a whole, at one time for
all, with slope 0. The curve of the control, a skill that is never sampled, can only move with the network.
"""

from collections.abc import Iterator

import numpy as np
import pandas as pd

from emergence.analysis.over_runs import Mean, mean, mean_of_medians
from emergence.analysis.solvable import truth
from emergence.schemas.joint import MOVEMENTS, SKILL_LEADS, TRACKING
from emergence.settings.joint import Joint
from emergence.tasks.symbols import CONTROL

MOVES = {"onset": "onset_step", "change-point": "changepoint_step"}
"""Definitions of when a curve moves, and their columns of table ``onsets``."""


def movements(
    onsets: pd.DataFrame, times: pd.DataFrame, scores: pd.DataFrame, margins: dict[str, float]
) -> pd.DataFrame:
    """When each curve of each measure moves, beside T50 (table ``movements``); ``margins`` are of each measure."""
    first = times[times["task"] != CONTROL].groupby("run")["true_step"].min()
    of_runs = onsets.merge(times, how="left", on=["run", "task", "level"], validate="m:1")
    of_runs = of_runs.assign(first_step=of_runs["run"].map(first), margin=of_runs["measure"].map(margins))
    kinds = [of_runs.assign(definition=name, step=of_runs[column]) for name, column in MOVES.items()]
    found = pd.concat(kinds, ignore_index=True)
    for run, steps in truth.checkpoints(scores).items():
        rows = found["run"] == run
        due, moved = (truth.positions(found.loc[rows, name], steps) for name in ("true_step", "step"))
        found.loc[rows, "lead"] = due - moved
    return found.reindex(columns=MOVEMENTS.arrow.names)


def slope(step: pd.Series, true_step: pd.Series, minimum: int) -> float:
    """Slope of log movement on log T50 by least squares; NaN for fewer than ``minimum`` skills that have both.

    A curve that has moved at step 0 has no logarithm, and does not count.

    >>> times = pd.Series([100.0, 200.0, 400.0])
    >>> round(slope(times * 0.8, times, 3), 6), slope(times, times, 4)
    (1.0, nan)
    """
    both = (step > 0) & (true_step > 0)
    if both.sum() < minimum:
        return np.nan
    x, y = np.log(true_step[both].to_numpy()), np.log(step[both].to_numpy())
    away = x - x.mean()
    return float(away @ y / (away @ away)) if away @ away > 0 else np.nan


def tracking(moved: pd.DataFrame, joint: Joint, confidence: float) -> pd.DataFrame:
    """One row a measure and definition (table ``tracking``)."""
    groups = moved.groupby(["measure", "definition"], sort=False)
    rows = [
        {"measure": measure, "definition": name, **_tracking(of, joint, confidence)} for (measure, name), of in groups
    ]
    return pd.DataFrame(rows, columns=TRACKING.arrow.names)


def _tracking(of: pd.DataFrame, joint: Joint, confidence: float) -> dict[str, object]:
    taught, controls = of[(of["task"] != CONTROL) & of["true_step"].notna()], of[of["task"] == CONTROL]
    slopes = pd.Series(
        [slope(run["step"], run["true_step"], joint.minimum_skills) for _, run in taught.groupby("run", sort=False)],
        dtype=float,
    )
    fitted = mean(slopes, confidence)
    lead = mean_of_medians(taught["lead"], taught["run"], confidence)
    share = mean_of_medians(1 - taught["step"] / taught["true_step"], taught["run"], confidence)
    control = mean_of_medians(controls["step"] / controls["first_step"], controls["run"], confidence)
    margin, moved = float(of["margin"].iloc[0]), int(taught["step"].notna().sum())
    still = len(taught) > 0 and moved == 0
    return {
        **fitted.named("slope"), **lead.named("lead"), **share.named("share"), **control.named("control"),
        "skills": len(taught), "moved": moved, "slopes": fitted.runs,
        "controls": control.runs, "margin": margin, "runs": of["run"].nunique(),
        "truth": "does not" if still else verdict(fitted, lead, margin, joint),
    }  # fmt: skip


def verdict(slope: Mean, lead: Mean, margin: float, joint: Joint) -> str:
    """Whether a measure announces its own skill: it follows that, and is ahead of it by more than the margin.

    It does not if it moves at one time for all, or is surely not ahead (nor, of course, if it never moves).
    """
    if slope.high < joint.common or lead.high <= margin:
        return "does not"
    low, high = joint.own
    return "announces" if low <= slope.low and slope.high <= high and lead.low > margin else "undecided"


def by_skill(moved: pd.DataFrame, confidence: float) -> pd.DataFrame:
    """The hierarchy skill by skill (table ``skill_leads``)."""
    return pd.DataFrame(list(_by_skill(moved, confidence)), columns=SKILL_LEADS.arrow.names)


def _by_skill(moved: pd.DataFrame, confidence: float) -> Iterator[dict[str, object]]:
    taught = moved[moved["task"] != CONTROL]
    for (measure, name, level), of in taught.groupby(["measure", "definition", "level"], sort=False):
        lead = mean_of_medians(of["lead"], of["run"], confidence)
        counts = {"runs": lead.runs, "moved": int(of["step"].notna().sum())}
        yield {"measure": measure, "definition": name, "skill": level, **lead.named("lead"), **counts}
