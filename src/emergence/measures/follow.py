"""Follow one measure along one trajectory: every checkpoint, one table."""

from importlib import import_module
from pathlib import Path

import numpy as np
import pandas as pd
from pydantic import ValidationError

from emergence import tables
from emergence.measures.probe import Probe
from emergence.models import build
from emergence.progress import Progress
from emergence.schemas.trajectories import MEASURE
from emergence.settings.learning import TrainSettings
from emergence.settings.measures import MeasureSettings
from emergence.tasks import data
from emergence.training.trajectory import Trajectory, TrajectoryError


def follow(settings: MeasureSettings, trajectory: Path, probes: Path, table: Path) -> None:
    """Measure the checkpoints of a trajectory, or every n-th where the options say so, and write ``table``.

    Raises:
        TrajectoryError: if a checkpoint is damaged or foreign.
        DataError: if the probe file is damaged or lacks a task-level.
    """
    run = Trajectory.open(trajectory)
    try:
        trained = TrainSettings.model_validate(run.manifest["settings"])
    except ValidationError as error:
        raise TrajectoryError(f"{trajectory}: its settings are not of this version ({error}); train again") from None
    device = build.device(settings.device)
    module = import_module(f"emergence.measures.{settings.measure}")
    model = build.transformer(trained.size, trained.context).to(device)
    probe = Probe(data.load(probes, trained.task_levels))
    steps = run.steps[:: getattr(settings.options, "every", 1)]
    progress = Progress(f"{settings.measure} {trained.run}", len(steps), "checkpoints")
    frames = []
    for done, step in enumerate(steps, start=1):
        model.load_state_dict(run.weights(step))
        rng = np.random.default_rng([trained.seed, step])
        frames.append(pd.DataFrame(module.measure(model, probe, rng, settings.options)).assign(step=step))
        progress(done)
    rows = pd.concat(frames).assign(measure=settings.measure, **run.identity)
    rows = rows.astype({"standard_error": "float64", "layer": "Int64"})
    tables.write(MEASURE, rows, table)
