"""Follow one measure along one trajectory: every checkpoint, one table."""

from importlib import import_module
from pathlib import Path

import numpy as np
import pandas as pd
from pydantic import ValidationError
from torch import Tensor

from emergence import tables
from emergence.measures.probe import Probe
from emergence.measures.subject import MeasureError, not_finite
from emergence.measures.task_subject import TaskSubject
from emergence.models import build
from emergence.progress import Progress
from emergence.schemas.trajectories import MEASURE
from emergence.settings.base import Device
from emergence.settings.learning import TrainSettings
from emergence.settings.measures import MeasureSettings
from emergence.tasks import data
from emergence.training.trajectory import Trajectory, TrajectoryError


def follow(settings: MeasureSettings, trajectory: Path, probes: Path, table: Path) -> None:
    """Measure the checkpoints of a trajectory, or every n-th where the options say so, and write ``table``.

    Raises:
        TrajectoryError: if a checkpoint is damaged or foreign, or its weights are not finite.
        MeasureError: if a measure means nothing for a model or its probes.
        DataError: if the probe file is damaged or lacks a task-level.
    """
    module = import_module(f"emergence.measures.{settings.measure}")
    run, subject = opened(trajectory, probes, settings.device)
    steps = run.steps[:: getattr(settings.options, "every", 1)]
    progress = Progress(f"{settings.measure} {run.identity['run']}", len(steps), "checkpoints")
    frames = []
    for done, step in enumerate(steps, start=1):
        subject.model.load_state_dict(finite(run, step))
        rng = np.random.default_rng([run.identity["seed"], step])
        try:
            rows = module.measure(subject, rng, settings.options)
        except MeasureError as error:
            raise MeasureError(f"{trajectory} at step {step}: {error}") from None
        frames.append(pd.DataFrame(rows).assign(step=step))
        progress(done)
    every = pd.concat(frames).assign(measure=settings.measure, **run.identity)
    tables.write(MEASURE, every.astype({"standard_error": "float64", "layer": "Int64"}), table)


def opened(trajectory: Path, probes: Path, device: Device) -> tuple[Trajectory, TaskSubject]:
    """A trajectory, and its model seen through the probes; the weights are still to be loaded.

    Raises:
        TrajectoryError: if there is no trajectory of this version.
        DataError: if the probe file is damaged or lacks a task-level.
    """
    run = Trajectory.open(trajectory)
    try:
        trained = TrainSettings.model_validate(run.manifest["settings"])
    except ValidationError as error:
        raise TrajectoryError(f"{trajectory}: its settings are not of this version ({error}); train again") from None
    model = build.transformer(trained.size, trained.context).to(build.device(device))
    return run, TaskSubject(model, Probe(data.load(probes, trained.task_levels)))


def finite(run: Trajectory, step: int) -> dict[str, Tensor]:
    """Weights at a step, which a measure can do nothing with if they are not finite."""
    weights = run.weights(step)
    if (name := not_finite(weights)) is not None:
        raise TrajectoryError(f"{run.folder}: {name} is not finite at step {step}; train this run again")
    return weights
