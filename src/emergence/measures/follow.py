"""Follow one measure along one trajectory: every checkpoint, one table."""

import logging
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from pydantic import ValidationError

from emergence import tables
from emergence.measures.followed import Followed
from emergence.measures.subject import MeasureError, not_finite, row
from emergence.progress import Progress
from emergence.schemas.trajectories import MEASURE
from emergence.settings.base import Device
from emergence.settings.measures import MeasureSettings
from emergence.training.trajectory import Trajectory, TrajectoryError
from emergence.work import origin, unfinished

logger = logging.getLogger("emergence")

SUBJECTS = {"anatomy": "task_subject", "solvable": "parity_subject", "language": "language_subject"}
"""Module whose ``opened(run, probes, device)`` gives a model of each study seen through probes; by name, so that a job
loads and depends on its own alone."""

TYPES = {"task": "str", "level": "str", "layer": "Int64", "value": "float64", "standard_error": "float64"}
"""of columns that may be all null at a checkpoint"""


def follow(settings: MeasureSettings, trajectory: Path, probes: Path, table: Path, state: Path) -> None:
    """Measure the checkpoints of a trajectory, or every n-th where the options say so, and write ``table``.

    A checkpoint whose weights are not finite has one row, of variant ``failed``, and a line in the log. What was
    measured before the job was stopped is taken from ``state``.

    Raises:
        TrajectoryError: if a checkpoint is damaged or foreign.
        MeasureError: if a measure means nothing for a model or its probes.
        TensorsError: if the probe file is damaged.
        DataError: if it lacks a task-level.
        SeriesError: if the checkpoints of a language model cannot be read.
        StoppedError: if the job is told to stop.
    """
    followed = opened(trajectory, probes, settings.device)
    run = followed.run
    steps = run.steps[:: getattr(settings.options, "every", 1)]
    progress = Progress(f"{settings.measure} {run.identity['run']}", len(steps), "checkpoints")

    def at(step: int) -> pd.DataFrame:
        found = pd.DataFrame(_rows(settings, followed, step))
        return found.assign(step=step, measure=settings.measure, **run.identity).astype(TYPES)

    of = [__name__, followed.subject.__module__, f"emergence.measures.{settings.measure}"]
    with unfinished(state, origin(settings, of, [trajectory / "manifest.json", probes])) as work:
        tables.write(MEASURE, work.gather(MEASURE, steps, at, progress), table)


def _rows(settings: MeasureSettings, followed: Followed, step: int) -> list[dict[str, Any]]:
    """What is measured at one step."""
    run, subject = followed.run, followed.subject
    followed.load(step)
    if (name := not_finite(subject.model.state_dict())) is not None:
        logger.warning("%s: %s is not finite at step %d; nothing is measured there", run.folder, name, step)
        return [row(None, "failed", 1.0)]
    rng = np.random.default_rng([run.identity["seed"], step])
    module = import_module(f"emergence.measures.{settings.measure}")
    try:
        return module.measure(subject, rng, settings.options)
    except MeasureError as error:
        raise MeasureError(f"{run.folder} at step {step}: {error}") from None


def opened(trajectory: Path, probes: Path, device: Device) -> Followed:
    """A trajectory, and its model seen through the probes; the weights are still to be loaded.

    Raises:
        TrajectoryError: if there is no trajectory of this version.
        TensorsError: if the probe file is damaged.
        DataError: if it lacks a task-level.
        SeriesError: if the checkpoints of a language model cannot be read.
    """
    run = Trajectory.open(trajectory)
    study = run.manifest["settings"]["study"]
    if study not in SUBJECTS:
        raise TrajectoryError(f"{trajectory}: is of study {study!r}; there are {', '.join(SUBJECTS)}")
    try:
        return import_module(f"emergence.measures.{SUBJECTS[study]}").opened(run, probes, device)
    except ValidationError as error:
        raise TrajectoryError(f"{trajectory}: its settings are not of this version ({error}); train again") from None
