"""Short runs of Study 4's clock: what sets the step of the early collapse? One table for the cells of one seed."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from pathlib import Path

import pandas as pd
import torch

from emergence.config.frequencies import OptimiserName
from emergence.config.interventions import Cell
from emergence.config.short_runs import ClockSettings
from emergence.config.training import TrainSettings
from emergence.io import tables
from emergence.io.progress import Progress
from emergence.io.resumable import origin, resumable_job
from emergence.models import build
from emergence.schemas.interventions import CLOCK_RUNS
from emergence.tasks import data
from emergence.training import probe_states
from emergence.training.lockstep import TOGETHER, Row, ShortRun, in_groups, record_runs
from emergence.training.probe_states import ProbeStates
from emergence.training.schedule import checkpoint_steps
from emergence.training.short_runs import run_of_cell


def train_clock(settings: ClockSettings, table: Path, state: Path) -> None:
    """Train every cell of the clock with one seed and record what could set its collapse (table ``clock_runs``).

    A cell whose loss stops being finite ends with a row ``diverged``.

    Args:
        settings: Cells, seed and training.
        table: Written.
        state: Folder from which a stopped job is resumed, group of cells by group.

    Raises:
        StoppedError: if the job receives a stop signal; its state is saved.
    """
    groups = alike(settings.cells)
    progress = Progress(f"clock, seed {settings.seed}", len(groups), "groups of cells")

    def recorded(cells: list[Cell]) -> pd.DataFrame:
        return record_cells(cells, settings)

    with resumable_job(state, origin(settings, [__name__], [])) as job:
        tables.write(CLOCK_RUNS, job.map_resumable(CLOCK_RUNS, groups, recorded, progress), table)


def alike(cells: Sequence[Cell]) -> list[list[Cell]]:
    """Groups of cells that can train in lockstep: of one size, on the same tasks."""

    def kind(cell: Cell) -> tuple[int, int, list[str]]:
        return cell.size.layers, cell.size.width, list(cell.tasks)

    groups = [list(group) for _, group in groupby(sorted(cells, key=kind), key=kind)]
    return [part for group in groups for part in in_groups(group, TOGETHER)]


def record_cells(cells: Sequence[Cell], settings: ClockSettings) -> pd.DataFrame:
    """Rows of cells that train in lockstep, cell by cell."""
    device = build.device(settings.device)
    runs = {cell.name: run_of_cell(cell, of_cell(cell, settings), device) for cell in cells}
    recorded, frames = _record(runs, {cell.name: cell.optimiser for cell in cells}, settings), []
    for cell in cells:
        factors = {
            "cell": cell.name, "seed": settings.seed, "held_out": cell.held_out, "width": cell.size.width,
            "layers": cell.size.layers, "learning_rate": cell.learning_rate, "warmup": cell.warmup,
            "optimiser": cell.optimiser, "sigma": cell.sigma, "tasks": ".".join(cell.tasks),
        }  # fmt: skip
        frames.append(pd.DataFrame(recorded[cell.name]).assign(**factors))
    return pd.concat(frames, ignore_index=True)[CLOCK_RUNS.arrow.names].astype({"layer": "Int64", "value": "float64"})


def of_cell(cell: Cell, settings: ClockSettings) -> TrainSettings:
    """Settings of the training of a cell: its own rate and warm-up, and no decay of the rate."""
    longest = max(settings.training.steps, cell.warmup)
    own = {"learning_rate": cell.learning_rate, "warmup": cell.warmup, "steps": longest, "final_fraction": 1.0}
    training = settings.training.model_copy(update=own)
    return settings.of(cell.name, cell.size, settings.seed, training, cell.tasks)


def _record(
    runs: Mapping[str, ShortRun], optimisers: Mapping[str, OptimiserName], settings: ClockSettings
) -> dict[str, list[Row]]:
    """Quantities of the run of each cell before each recorded step, and the gradient norm of the step itself."""
    first = next(iter(runs.values())).learner
    probe = ProbeStates(data.draw(first.layout.levels, settings.probes.examples, settings.probes.seed), first.device)
    directions = {
        cell: probe.direction(run.learner.model, "gradient" if optimisers[cell] == "sgd" else "sign")
        for cell, run in runs.items()
    }
    totals, recorded = dict.fromkeys(runs, 0.0), set(checkpoint_steps(settings.records, settings.training.steps))

    def before(step: int, cell: str) -> Iterator[Row]:
        if step in recorded:
            yield from _row(step, runs[cell], probe, directions[cell], settings.epsilon)
            yield {"step": step, "quantity": "rate_sum", "value": totals[cell]}

    def after(step: int, cell: str) -> Iterator[Row]:
        totals[cell] += runs[cell].rate(runs[cell].learner.settings, step)
        if step in recorded:
            yield {"step": step, "quantity": "gradient_norm", "value": float(runs[cell].gradient_norm)}

    return record_runs(runs, settings.training.steps + 1, before, after)  # one more has the last gradient norm


def _row(step: int, run: ShortRun, probe: ProbeStates, direction: torch.Tensor, epsilon: float) -> Iterator[Row]:
    seen = probe(run.learner.model)
    norms = torch.stack([weight.detach().norm() for weight in run.learner.model.parameters()])
    values = {
        "loss": probe.loss(seen),
        "entropy": probe_states.entropy(seen),
        "weight_norm": float(norms.norm()),
        "alignment": probe_states.alignment(seen, direction),
    }
    yield from ({"step": step, "quantity": name, "value": value} for name, value in values.items())
    for layer, rank in enumerate(probe_states.ranks(seen, epsilon), start=1):
        yield {"step": step, "layer": layer, "quantity": "rank", "value": rank}
