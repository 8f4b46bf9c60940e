"""Detectors and measures of the anatomy study on trajectories with known emergence times.

Skills of one network emerge at times that differ by an order of magnitude. If each skill's curve of a measure moves
with the skill, the slope of the log of its time on log T50 is 1; if the network's geometry moves as a whole, at one
time for all, the slope is 0. The curve of the control, a skill that is never sampled, can only move with the network.
"""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd

from emergence.analysis.intervals import MeanInterval, mean_of_medians, student_mean
from emergence.analysis.lead_differences import MOVES, margins_of
from emergence.analysis.parity import true_times
from emergence.analysis.parity.true_times import JointSettings
from emergence.analysis.select import select, without_control
from emergence.config.parity import Joint
from emergence.io import tables
from emergence.schemas.analysis import LEADS, ONSETS, SCORES
from emergence.schemas.parity import (
    CONSTANTS,
    DETECTION_TIMES,
    DETECTOR_ERROR,
    MEASURE_TRACKING,
    SIGNAL_TIMES,
    SKILL_LEADS,
)
from emergence.schemas.trajectories import BEHAVIOUR
from emergence.tasks.symbols import CONTROL


def signal_times(
    onsets: pd.DataFrame, times: pd.DataFrame, scores: pd.DataFrame, margins: dict[str, float]
) -> pd.DataFrame:
    """Table ``signal_times``: when each curve moves, beside T50.

    Args:
        onsets: Table ``onsets``.
        times: As `true_times.true_times` gives them.
        scores: Table ``scores``, for the checkpoints of each run.
        margins: Lead of each measure that counts, in checkpoints.
    """
    first = without_control(times).groupby("run")["true_step"].min()
    of_runs = onsets.merge(times, how="left", on=["run", "task", "level"], validate="m:1")
    of_runs = of_runs.assign(first_step=of_runs["run"].map(first), margin=of_runs["measure"].map(margins))
    kinds = [of_runs.assign(definition=name, step=of_runs[column]) for name, column in MOVES.items()]
    rows = pd.concat(kinds, ignore_index=True)
    for run, steps in true_times.checkpoints(scores).items():
        of_run = rows["run"] == run
        true, moved = (true_times.positions(rows.loc[of_run, name], steps) for name in ("true_step", "step"))
        rows.loc[of_run, "lead"] = true - moved
    return rows.reindex(columns=SIGNAL_TIMES.arrow.names)


def slope(step: pd.Series, true_step: pd.Series, minimum: int) -> float:
    """Least-squares slope of the log of signal times on log T50; NaN for fewer than ``minimum`` skills with both.

    Curves that move at step 0 have no logarithm and do not count.

    Args:
        step: Step at which the curve of each skill moves; NaN if it does not.
        true_step: T50 of each skill, in steps.
        minimum: Number of skills with both times that a slope takes.

    >>> times = pd.Series([100.0, 200.0, 400.0])
    >>> round(slope(times * 0.8, times, 3), 6), slope(times, times, 4)
    (1.0, nan)
    """
    both = (step > 0) & (true_step > 0)
    if both.sum() < minimum:
        return np.nan
    x, y = np.log(true_step[both].to_numpy()), np.log(step[both].to_numpy())
    centred = x - x.mean()
    return float(centred @ y / (centred @ centred)) if centred @ centred > 0 else np.nan


def track_skills(moved: pd.DataFrame, joint: Joint, confidence: float) -> pd.DataFrame:
    """Table ``measure_tracking``: one row per measure and definition.

    Args:
        moved: Table ``signal_times``.
        joint: Criteria of the verdict, and the number of skills that a slope takes.
        confidence: Coverage of the intervals, such as 0.95.
    """
    groups = moved.groupby(["measure", "definition"], sort=False)
    rows = [
        {"measure": measure, "definition": name, **_tracking(of, joint, confidence)} for (measure, name), of in groups
    ]
    return pd.DataFrame(rows, columns=MEASURE_TRACKING.arrow.names)


def _tracking(of: pd.DataFrame, joint: Joint, confidence: float) -> dict[str, object]:
    skills, controls = without_control(of).dropna(subset=["true_step"]), select(of, task=CONTROL)
    slopes = pd.Series(
        [slope(run["step"], run["true_step"], joint.minimum_skills) for _, run in skills.groupby("run", sort=False)],
        dtype=float,
    )
    fitted = student_mean(slopes, confidence)
    lead = mean_of_medians(skills["lead"], skills["run"], confidence)
    share = mean_of_medians(1 - skills["step"] / skills["true_step"], skills["run"], confidence)
    control = mean_of_medians(controls["step"] / controls["first_step"], controls["run"], confidence)
    margin, moved = float(of["margin"].iloc[0]), int(skills["step"].notna().sum())
    never_moves = len(skills) > 0 and moved == 0
    return {
        **fitted.named("slope"), **lead.named("lead"), **share.named("share"), **control.named("control"),
        "skills": len(skills), "moved": moved, "slopes": fitted.runs,
        "controls": control.runs, "margin": margin, "runs": of["run"].nunique(),
        "truth": "does not" if never_moves else verdict(fitted, lead, margin, joint),
    }  # fmt: skip


def verdict(slope: MeanInterval, lead: MeanInterval, margin: float, joint: Joint) -> str:
    """Whether a measure announces its own skill: it tracks the skill, and leads it by more than the margin.

    It does not if all curves move at one time, or if the interval of the lead excludes more than the margin.

    Args:
        slope: Mean slope of the log of signal times on log T50.
        lead: Mean lead, in checkpoints.
        margin: Lead that counts, in checkpoints.
        joint: Slopes between which a measure follows each skill, and below which it moves at one time for all.

    Returns:
        ``announces``, ``does not`` or ``undecided``.
    """
    if slope.high < joint.common or lead.high <= margin:
        return "does not"
    low, high = joint.own
    return "announces" if low <= slope.low and slope.high <= high and lead.low > margin else "undecided"


def leads_by_skill(moved: pd.DataFrame, confidence: float) -> pd.DataFrame:
    """Table ``skill_leads`` from table ``signal_times``."""
    return pd.DataFrame(list(_by_skill(moved, confidence)), columns=SKILL_LEADS.arrow.names)


def _by_skill(moved: pd.DataFrame, confidence: float) -> Iterator[dict[str, object]]:
    skills = without_control(moved)
    for (measure, name, level), of in skills.groupby(["measure", "definition", "level"], sort=False):
        lead = mean_of_medians(of["lead"], of["run"], confidence)
        counts = {"runs": lead.runs, "moved": int(of["step"].notna().sum())}
        yield {"measure": measure, "definition": name, "skill": level, **lead.named("lead"), **counts}


def compare_with_true_times(
    settings: JointSettings,
    behaviour: list[Path],
    constants: Path,
    scores: Path,
    onsets: list[Path],
    leads: list[Path],
    detection_times_table: Path,
    detector_error_table: Path,
    signal_times_table: Path,
    measure_tracking_table: Path,
    skill_leads_table: Path,
) -> None:
    """Compare detectors and measures with the true times (one table for each).

    Args:
        settings: How the runs are trained, and how events and leads are compared with known times.
        behaviour: Tables ``behaviour``, one of each run.
        constants: Table ``constants``.
        scores: Table ``scores``.
        onsets: Tables ``onsets``, one of each signal.
        leads: Tables ``leads``, for the margins alone.
        detection_times_table: Where ``detection_times`` is written.
        detector_error_table: Where ``detector_error`` is written.
        signal_times_table: Where ``signal_times`` is written.
        measure_tracking_table: Where ``measure_tracking`` is written.
        skill_leads_table: Where ``skill_leads`` is written.

    Raises:
        TheoryError: see `sweep_constants`.
    """
    confidence, scored = settings.statistics.confidence, tables.read(SCORES, scores)
    times = true_times.true_times(tables.read(BEHAVIOUR, *behaviour), tables.read(CONSTANTS, constants), settings)
    detections = true_times.date_skills(scored, times, settings.events)
    tables.write(DETECTION_TIMES, detections, detection_times_table)
    tables.write(DETECTOR_ERROR, true_times.summarise_errors(detections, confidence), detector_error_table)
    curves = tables.read(ONSETS, *onsets)
    least = margins_of(tables.read(LEADS, *leads), list(curves["measure"].unique()), settings.precursors.margin)
    moved = signal_times(curves, times, scored, least)
    tables.write(SIGNAL_TIMES, moved, signal_times_table)
    tracked = track_skills(moved, settings.joint, confidence)
    tables.write(MEASURE_TRACKING, tracked, measure_tracking_table)
    tables.write(SKILL_LEADS, leads_by_skill(moved, confidence), skill_leads_table)
