"""Follow one measure along one trajectory: every checkpoint, one table."""

import logging
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from pydantic import ValidationError

from emergence import tables
from emergence.measures.checkpoints import read_data
from emergence.measures.parity_subject import ParitySubject
from emergence.measures.probe import Probe
from emergence.measures.subject import MeasureError, Subject, not_finite, row
from emergence.measures.task_subject import TaskSubject
from emergence.models import build
from emergence.models.mlp import TwoLayer
from emergence.progress import Progress
from emergence.schemas.trajectories import MEASURE
from emergence.settings.base import Device
from emergence.settings.learning import TrainSettings
from emergence.settings.measures import MeasureSettings
from emergence.settings.networks import NetworkSettings
from emergence.tasks import data
from emergence.training.trajectory import Trajectory, TrajectoryError

logger = logging.getLogger("emergence")


def follow(settings: MeasureSettings, trajectory: Path, probes: Path, table: Path) -> None:
    """Measure the checkpoints of a trajectory, or every n-th where the options say so, and write ``table``.

    A checkpoint whose weights are not finite has one row, of variant ``failed``, and a line in the log.

    Raises:
        TrajectoryError: if a checkpoint is damaged or foreign.
        MeasureError: if a measure means nothing for a model or its probes.
        DataError: if the probe file is damaged or lacks a task-level.
    """
    run, subject = opened(trajectory, probes, settings.device)
    steps = run.steps[:: getattr(settings.options, "every", 1)]
    progress = Progress(f"{settings.measure} {run.identity['run']}", len(steps), "checkpoints")
    frames = []
    for done, step in enumerate(steps, start=1):
        frames.append(pd.DataFrame(_rows(settings, run, subject, step)).assign(step=step))
        progress(done)
    every = pd.concat(frames).assign(measure=settings.measure, **run.identity)
    types = {"task": "str", "level": "str", "layer": "Int64", "value": "float64", "standard_error": "float64"}
    tables.write(MEASURE, every.astype(types), table)


def _rows(settings: MeasureSettings, run: Trajectory, subject: Subject[Any], step: int) -> list[dict[str, Any]]:
    """What is measured at one step."""
    weights = run.weights(step)
    if (name := not_finite(weights)) is not None:
        logger.warning("%s: %s is not finite at step %d; nothing is measured there", run.folder, name, step)
        return [row(None, "failed", 1.0)]
    subject.model.load_state_dict(weights)
    rng = np.random.default_rng([run.identity["seed"], step])
    module = import_module(f"emergence.measures.{settings.measure}")
    try:
        return module.measure(subject, rng, settings.options)
    except MeasureError as error:
        raise MeasureError(f"{run.folder} at step {step}: {error}") from None


def opened(trajectory: Path, probes: Path, device: Device) -> tuple[Trajectory, Subject[Any]]:
    """A trajectory, and its model seen through the probes; the weights are still to be loaded.

    Raises:
        TrajectoryError: if there is no trajectory of this version.
        DataError: if the probe file is damaged or lacks a task-level.
    """
    run = Trajectory.open(trajectory)
    study = run.manifest["settings"]["study"]
    if study not in SUBJECTS:
        raise TrajectoryError(f"{trajectory}: is of study {study!r}; there are {', '.join(SUBJECTS)}")
    try:
        return run, SUBJECTS[study](run.manifest["settings"], probes, device)
    except ValidationError as error:
        raise TrajectoryError(f"{trajectory}: its settings are not of this version ({error}); train again") from None


def _transformer(settings: Any, probes: Path, device: Device) -> TaskSubject:
    trained = TrainSettings.model_validate(settings)
    model = build.transformer(trained.size, trained.context).to(build.device(device))
    return TaskSubject(model, Probe(data.load(probes, trained.task_levels)))


def _network(settings: Any, probes: Path, device: Device) -> ParitySubject:
    trained = NetworkSettings.model_validate(settings)
    model = TwoLayer(trained.parity.inputs, trained.size.width).to(build.device(device))
    return ParitySubject(model, trained.parity, trained.target, read_data(probes))


SUBJECTS: dict[str, Callable[[Any, Path, Device], Subject[Any]]] = {"anatomy": _transformer, "solvable": _network}
"""From the settings of a trajectory to its model seen through the probes, by study."""
