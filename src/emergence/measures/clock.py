"""Short runs of Study 4's clock: what sets the step of the early collapse? One table for the cells of one seed."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import torch

from emergence.config.interventions import Cell, ClockSettings
from emergence.config.training import TrainSettings
from emergence.io import tables
from emergence.io.progress import Progress
from emergence.io.resumable import origin, resumable_job
from emergence.measures import probe_states
from emergence.measures.probe_states import ProbeStates
from emergence.models import build
from emergence.schemas.interventions import CLOCK_RUNS
from emergence.tasks import data
from emergence.training.learners import TrainingError
from emergence.training.schedule import checkpoint_steps, learning_rate
from emergence.training.short_runs import learner_of_cell
from emergence.training.task_transformer import TaskLearner


def train_clock(settings: ClockSettings, table: Path, state: Path) -> None:
    """Train every cell of the clock with one seed and record what could set its collapse (table ``clock_runs``).

    A cell whose loss stops being finite ends with a row ``diverged``.

    Args:
        settings: Cells, seed and training.
        table: Written.
        state: Folder from which a stopped job is resumed, cell by cell.

    Raises:
        StoppedError: if the job receives a stop signal; its state is saved.
    """
    progress = Progress(f"clock, seed {settings.seed}", len(settings.cells), "cells")

    def recorded(cell: Cell) -> pd.DataFrame:
        return record_cell(cell, settings)

    with resumable_job(state, origin(settings, [__name__], [])) as job:
        tables.write(CLOCK_RUNS, job.map_resumable(CLOCK_RUNS, settings.cells, recorded, progress), table)


def record_cell(cell: Cell, settings: ClockSettings) -> pd.DataFrame:
    """Rows of one cell."""
    device = build.device(settings.device)
    learner = learner_of_cell(cell, of_cell(cell, settings), device)
    factors = {
        "cell": cell.name, "seed": settings.seed, "held_out": cell.held_out, "width": cell.size.width,
        "layers": cell.size.layers, "learning_rate": cell.learning_rate, "warmup": cell.warmup,
        "optimiser": cell.optimiser, "sigma": cell.sigma, "tasks": ".".join(cell.tasks),
    }  # fmt: skip
    rows = pd.DataFrame(_recorded(cell, learner, settings)).assign(**factors)
    return rows[CLOCK_RUNS.arrow.names].astype({"layer": "Int64", "value": "float64"})


def of_cell(cell: Cell, settings: ClockSettings) -> TrainSettings:
    """Settings of the training of a cell: its own rate and warm-up, and no decay of the rate."""
    longest = max(settings.training.steps, cell.warmup)
    own = {"learning_rate": cell.learning_rate, "warmup": cell.warmup, "steps": longest, "final_fraction": 1.0}
    training = settings.training.model_copy(update=own)
    return settings.of(cell.name, cell.size, settings.seed, training, cell.tasks)


def _recorded(cell: Cell, learner: TaskLearner, settings: ClockSettings) -> Iterator[dict[str, Any]]:
    """Quantities before each recorded step, and the gradient norm of the step itself."""
    levels = learner.layout.levels
    probe = ProbeStates(data.draw(levels, settings.probes.examples, settings.probes.seed), learner.device)
    direction = probe.direction(learner.model, "gradient" if cell.optimiser == "sgd" else "sign")
    recorded, total = set(checkpoint_steps(settings.records, settings.training.steps)), 0.0
    for step in range(settings.training.steps + 1):
        if step in recorded:
            yield from _row(step, learner, probe, direction, settings.epsilon)
            yield {"step": step, "quantity": "rate_sum", "value": total}
        try:
            learner.step(step)
        except TrainingError:
            yield {"step": step, "quantity": "diverged", "value": None}
            return
        total += learning_rate(learner.settings, step)
        if step in recorded:
            yield {"step": step, "quantity": "gradient_norm", "value": float(learner.gradient_norm)}  # type: ignore[arg-type]


def _row(
    step: int, learner: TaskLearner, probe: ProbeStates, direction: torch.Tensor, epsilon: float
) -> Iterator[dict[str, Any]]:
    seen = probe(learner.model)
    norms = torch.stack([weight.detach().norm() for weight in learner.model.parameters()])
    values = {
        "loss": probe.loss(seen),
        "entropy": probe_states.entropy(seen),
        "weight_norm": float(norms.norm()),
        "alignment": probe_states.alignment(seen, direction),
    }
    yield from ({"step": step, "quantity": name, "value": value} for name, value in values.items())
    for layer, rank in enumerate(probe_states.ranks(seen, epsilon), start=1):
        yield {"step": step, "layer": layer, "quantity": "rank", "value": rank}
