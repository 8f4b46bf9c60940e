"""Take one measure at the checkpoints of one trajectory: one table."""

import logging
from importlib import import_module  # noqa: TID251 - a module of this package, from a table or a checked setting
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from pydantic import SerializeAsAny, ValidationError, model_validator

from emergence.checkpoints.trajectory import Trajectory, TrajectoryError
from emergence.config.measures import validated_options
from emergence.config.types import Device, Strict
from emergence.io import tables
from emergence.io.progress import Progress
from emergence.io.resumable import origin, resumable_job
from emergence.schemas.trajectories import MEASURE
from emergence.subjects import SUBJECTS
from emergence.subjects.subject import ROW_TYPES, MeasureError, NotFiniteError, TrajectorySubject, not_finite, row

logger = logging.getLogger("emergence")


class MeasureSettings(Strict):
    """One measure with its options."""

    measure: str
    options: SerializeAsAny[Strict]
    device: Device

    @model_validator(mode="before")
    @classmethod
    def _options_of_the_measure(cls, values: Any) -> Any:
        if isinstance(values, dict) and isinstance(options := values.get("options"), dict):
            return {**values, "options": validated_options(values["measure"], options)}
        return values


def measure_run(settings: MeasureSettings, trajectory: Path, probes: Path, table: Path, state: Path) -> None:
    """Measure the checkpoints of a trajectory, or every n-th where the options say so, and write ``table``.

    A checkpoint at which weights or values are not finite has one row, of variant ``failed``, and a warning in the log.

    Args:
        settings: The measure with its options, and the device.
        trajectory: Folder of the run.
        probes: Probe file of its study.
        table: Written; of schema ``measure``.
        state: Folder from which a stopped job is resumed.

    Raises:
        TrajectoryError: if a checkpoint is damaged or was not written by training.
        MeasureError: if the measure is not defined for a model or its probes.
        TensorsError: if the probe file is damaged.
        DataError: if it lacks a task-level.
        SeriesError: if the checkpoints of a language model cannot be read.
        StoppedError: if the job receives a stop signal; its state is saved.
    """
    opened = open_trajectory(trajectory, probes, settings.device)
    run = opened.run
    steps = run.steps[:: getattr(settings.options, "every", 1)]
    progress = Progress(f"{settings.measure} {run.identity['run']}", len(steps), "checkpoints")

    def measure_step(step: int) -> pd.DataFrame:
        rows = pd.DataFrame(_rows(settings, opened, step))
        return rows.assign(step=step, measure=settings.measure, **run.identity).astype(ROW_TYPES)

    modules = [__name__, opened.subject.__module__, f"emergence.measures.{settings.measure}"]
    with resumable_job(state, origin(settings, modules, [trajectory / "manifest.json", probes])) as job:
        tables.write(MEASURE, job.map_resumable(MEASURE, steps, measure_step, progress), table)


def _rows(settings: MeasureSettings, opened: TrajectorySubject, step: int) -> list[dict[str, Any]]:
    """Rows of one checkpoint."""
    run, subject = opened.run, opened.subject
    opened.load(step)
    if (name := not_finite(subject.model.state_dict())) is not None:
        logger.warning("%s: %s is not finite at step %d; not measured", run.folder, name, step)
        return [row(None, "failed", 1.0)]
    rng = np.random.default_rng([run.identity["seed"], step])
    module = import_module(f"emergence.measures.{settings.measure}")
    try:
        return module.measure(subject, rng, settings.options)
    except NotFiniteError as error:
        logger.warning("%s at step %d: %s; not measured", run.folder, step, error)
        return [row(None, "failed", 1.0)]
    except MeasureError as error:
        raise MeasureError(f"{run.folder} at step {step}: {error}") from None


def open_trajectory(trajectory: Path, probes: Path, device: Device) -> TrajectorySubject:
    """Open a trajectory and build its model with the probes; no weights are loaded yet.

    Args:
        trajectory: Folder of the run.
        probes: Probe file of its study.
        device: Where the model computes.

    Raises:
        TrajectoryError: if there is no trajectory of this version.
        TensorsError: if the probe file is damaged.
        DataError: if it lacks a task-level.
        SeriesError: if the checkpoints of a language model cannot be read.
    """
    run = Trajectory.open(trajectory)
    study = run.manifest["settings"]["study"]
    if study not in SUBJECTS:
        raise TrajectoryError(f"{trajectory}: is of study {study!r}; allowed: {', '.join(SUBJECTS)}")
    try:
        return import_module(f"emergence.subjects.{SUBJECTS[study]}").open_subject(run, probes, device)
    except ValidationError as error:
        raise TrajectoryError(f"{trajectory}: its settings are not of this version ({error}); train again") from None
