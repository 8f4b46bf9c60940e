"""How well do detectors of events date an emergence whose true time is known?

They see what a benchmark would, scores on few samples at checkpoints; the truth is measured on many, between them. What
a score calls half-way need not be where the strength is: the signs of all answers may be right while most of the
strength is still to come, so that the errors of `exact_match` say how far the choice of metric moves emergence.
"""

from collections.abc import Iterator

import numpy as np
import pandas as pd

from emergence.analysis.over_runs import mean_of_medians
from emergence.analysis.solvable import truth
from emergence.analysis.validity import detections, wide
from emergence.schemas.joint import DETECTED, DETECTOR_ERROR
from emergence.settings.analysis import Events
from emergence.tasks.symbols import CONTROL

REFERENCES = {"measured": ("true_step", "error"), "closed form": ("closed_form_step", "closed_form_error")}
"""Columns of ``detected``: the time of a reference, and a detector's error against it."""


def detected(scores: pd.DataFrame, times: pd.DataFrame, settings: Events) -> pd.DataFrame:
    """Every detector on every curve, beside both true times (table ``detected``); ``times`` as from `truth.known`."""
    found = detections(list(wide(scores)), settings)
    joined = found.merge(times, how="left", on=["run", "task", "level"], validate="m:1")
    for run, steps in truth.checkpoints(scores).items():
        of_run = joined["run"] == run
        seen = truth.positions(joined.loc[of_run, "step"], steps)
        for reference, error in REFERENCES.values():
            joined.loc[of_run, error] = seen - truth.positions(joined.loc[of_run, reference], steps)
            after = joined.loc[of_run, reference] > steps[-1]
            joined.loc[of_run, reference] = joined.loc[of_run, reference].mask(after)
    return joined[DETECTED.arrow.names]


def errors(found: pd.DataFrame, confidence: float) -> pd.DataFrame:
    """Errors of detectors by metric and skill (table ``detector_error``)."""
    rows = [
        {"metric": metric, "detector": detector, "reference": reference, "skill": skill}
        | _errors(part, *REFERENCES[reference], confidence)
        for (metric, detector), curves in found.groupby(["metric", "detector"], sort=False)
        for reference in REFERENCES
        for skill, part in _skills(curves)
    ]
    return pd.DataFrame(rows, columns=DETECTOR_ERROR.arrow.names)


def _skills(curves: pd.DataFrame) -> Iterator[tuple[str, pd.DataFrame]]:
    yield "all", curves
    for (task, level), of_skill in curves.groupby(["task", "level"], sort=False):
        yield f"{level} (control)" if task == CONTROL else str(level), of_skill


def _errors(curves: pd.DataFrame, time: str, error: str, confidence: float) -> dict[str, float]:
    due, seen = curves[time].notna(), curves["step"].notna()
    relative = curves["step"] / curves[time] - 1
    kinds = {"error": curves[error].abs(), "bias": curves[error], "relative": relative}
    row: dict[str, float] = {}
    for name, values in kinds.items():
        row |= mean_of_medians(values, curves["run"], confidence).named(name)
    counts = {"events": due, "missed": due & ~seen, "quiet": ~due, "false_events": ~due & seen}
    runs = curves.loc[np.isfinite(curves[error]), "run"].nunique()
    return row | {name: int(each.sum()) for name, each in counts.items()} | {"runs": runs}
