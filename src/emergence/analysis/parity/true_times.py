"""True emergence times, and the timing errors of detectors of events against them.

The true time is T50, the step at which a skill's strength R/S crosses one half. T50 is measured on far more samples and
at more steps than any detector sees, and also computed in closed form, whose only constant B² is fitted to networks
with a single skill (see `emergence.analysis.parity.constants`).

Detectors see scores on few samples at checkpoints, as in a benchmark. The half-way point of a score need not be that of
the strength: all answers may have the right sign long before the strength saturates, so the errors of `exact_match`
show how far the choice of metric shifts emergence.
"""

from collections.abc import Iterator

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from emergence.analysis.anatomy.detector_validity import date_curves, score_curves
from emergence.analysis.curves import Array, to_positions
from emergence.analysis.intervals import mean_of_medians
from emergence.analysis.parity.constants import sweep_constants
from emergence.analysis.parity.curves import theories
from emergence.analysis.parity.seed_intervals import first_crossing
from emergence.config.parity import Joint
from emergence.config.parity_networks import Sweep
from emergence.config.protocol import Events, Precursors, Statistics
from emergence.config.types import Count, Positive, Strict
from emergence.schemas.parity import DETECTION_TIMES, DETECTOR_ERROR
from emergence.tasks.symbols import CONTROL
from emergence.theory.model import Skills

HALF = 0.5
Steps = NDArray[np.int64]


class JointSettings(Strict):
    """The networks over time, and how events and leads are compared with known times."""

    target: Positive
    """S"""
    skills: Count
    alpha: Positive
    network: Sweep
    """how the runs are trained, for the closed form"""
    joint: Joint
    events: Events
    precursors: Precursors
    statistics: Statistics


def measured_times(behaviour: pd.DataFrame) -> pd.DataFrame:
    """T50 of every skill and of the control in every run: columns ``run, task, level, true_step``; NaN without one."""
    rows = []
    strengths = behaviour[behaviour["metric"] == "true_strength"]
    for (run, task, level), curve in strengths.groupby(["run", "task", "level"], sort=False):
        ordered = curve.sort_values("step", kind="stable")
        step = first_crossing(ordered["step"].to_numpy(), ordered["value"].to_numpy(), HALF)
        rows.append({"run": run, "task": task, "level": level, "true_step": float(step)})
    return pd.DataFrame(rows, columns=["run", "task", "level", "true_step"])


def closed_form_times(fitted: pd.DataFrame, settings: JointSettings) -> dict[str, float]:
    """T50 of each skill, by its level, with the fitted B²; empty without a fit."""
    skills, base = Skills(settings.alpha, settings.skills), sweep_constants(settings.network, settings.target)
    with_fit = [theory for theory in theories("step", fitted, base) if theory.source == "fitted"]
    return {
        str(skill): float(step)
        for theory in with_fit
        for skill, step in enumerate(theory.law.crossing(np.array([HALF]), skills, theory.constants)[0], start=1)
    }


def true_times(behaviour: pd.DataFrame, fitted: pd.DataFrame, settings: JointSettings) -> pd.DataFrame:
    """Both times of every skill: columns ``run, task, level, true_step, closed_form_step``.

    Args:
        behaviour: Table ``behaviour``.
        fitted: Table ``constants``.
        settings: How the networks are trained, for the closed form.

    Raises:
        TheoryError: see `sweep_constants`.
    """
    measured, expected = measured_times(behaviour), closed_form_times(fitted, settings)
    steps = measured["level"].map(expected).astype(float)
    return measured.assign(closed_form_step=steps.where(measured["task"] != CONTROL))


def positions(step: pd.Series, checkpoints: Steps) -> Array:
    """Fractional positions of steps among checkpoints; NaN where a step is NaN or after the last."""
    steps = step.to_numpy(dtype=float)
    within = np.isfinite(steps) & (steps <= checkpoints[-1])
    return np.where(within, to_positions(np.nan_to_num(steps), checkpoints), np.nan)


def checkpoints(scores: pd.DataFrame) -> dict[str, Steps]:
    """Steps of the checkpoints of each run, from table ``scores``."""
    return {str(run): np.sort(of_run["step"].unique()) for run, of_run in scores.groupby("run", sort=False)}


MEASURED = "measured"
REFERENCES = {MEASURED: ("true_step", "error"), "closed form": ("closed_form_step", "closed_form_error")}
"""Columns of table ``detection_times``: the time of a reference, and a detector's error against it."""


def date_skills(scores: pd.DataFrame, times: pd.DataFrame, settings: Events) -> pd.DataFrame:
    """Table ``detection_times``: every detector on every curve, beside both true times.

    Args:
        scores: Table ``scores``.
        times: As `true_times` gives them.
        settings: How detectors date events.
    """
    detections = date_curves(list(score_curves(scores)), settings)
    joined = detections.merge(times, how="left", on=["run", "task", "level"], validate="m:1")
    for run, steps in checkpoints(scores).items():
        of_run = joined["run"] == run
        detected = positions(joined.loc[of_run, "step"], steps)
        for reference, error in REFERENCES.values():
            joined.loc[of_run, error] = detected - positions(joined.loc[of_run, reference], steps)
            after = joined.loc[of_run, reference] > steps[-1]
            joined.loc[of_run, reference] = joined.loc[of_run, reference].mask(after)
    return joined[DETECTION_TIMES.arrow.names]


def summarise_errors(detections: pd.DataFrame, confidence: float) -> pd.DataFrame:
    """Table ``detector_error`` from table ``detection_times``, by metric and skill.

    Without a fitted constant there is no closed form, and no event is false by it: it has no rows then.
    """
    known = {name for name, (time, _) in REFERENCES.items() if name == MEASURED or detections[time].notna().any()}
    rows = [
        {"metric": metric, "detector": detector, "reference": reference, "skill": skill}
        | _errors(part, *REFERENCES[reference], confidence)
        for (metric, detector), curves in detections.groupby(["metric", "detector"], sort=False)
        for reference in REFERENCES
        if reference in known
        for skill, part in _skills(curves)
    ]
    return pd.DataFrame(rows, columns=DETECTOR_ERROR.arrow.names)


def _skills(curves: pd.DataFrame) -> Iterator[tuple[str, pd.DataFrame]]:
    yield "all", curves
    for (task, level), of_skill in curves.groupby(["task", "level"], sort=False):
        yield f"{level} (control)" if task == CONTROL else str(level), of_skill


def _errors(curves: pd.DataFrame, time: str, error: str, confidence: float) -> dict[str, float]:
    true, detected = curves[time].notna(), curves["step"].notna()
    relative = curves["step"] / curves[time] - 1
    kinds = {"error": curves[error].abs(), "bias": curves[error], "relative": relative}
    row: dict[str, float] = {}
    for name, values in kinds.items():
        row |= mean_of_medians(values, curves["run"], confidence).named(name)
    counts = {"events": true, "missed": true & ~detected, "quiet": ~true, "false_events": ~true & detected}
    runs = curves.loc[np.isfinite(curves[error]), "run"].nunique()
    return row | {name: int(each.sum()) for name, each in counts.items()} | {"runs": runs}
