"""Paired runs of Study 4: the same weights and batches with and without an intervention on the early collapse."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import pandas as pd
import torch

from emergence.config.arms import PLAIN
from emergence.config.short_runs import PairedSettings
from emergence.io import tables
from emergence.io.progress import Progress
from emergence.io.resumable import origin, resumable_job
from emergence.models import build
from emergence.schemas.interventions import ARM_RUNS
from emergence.tasks import data
from emergence.training.lockstep import TOGETHER, Row, ShortRun, in_groups, record_runs
from emergence.training.probe_states import ProbeStates, ranks
from emergence.training.schedule import evaluation_steps
from emergence.training.short_runs import runs_of_arms

Key = tuple[int, str]
"""Seed and arm."""


def train_arms(settings: PairedSettings, table: Path, state: Path) -> None:
    """Train all arms of every seed of one size (table ``arm_runs``).

    Args:
        settings: Size, seeds, arms and training.
        table: Written.
        state: Folder from which a stopped job is resumed, group of seeds by group.

    Raises:
        StoppedError: if the job receives a stop signal; its state is saved.
    """
    groups = in_groups(settings.paired.seeds, max(1, TOGETHER // (1 + len(settings.paired.arms))))
    progress = Progress(f"arms, {settings.size.name}", len(groups), "groups of seeds")

    def trained(seeds: list[int]) -> pd.DataFrame:
        return train_seeds(seeds, settings)

    with resumable_job(state, origin(settings, [__name__], [])) as job:
        tables.write(ARM_RUNS, job.map_resumable(ARM_RUNS, groups, trained, progress), table)


def train_seeds(seeds: Sequence[int], settings: PairedSettings) -> pd.DataFrame:
    """Rows of all arms of some seeds, which train in lockstep."""
    size, device = settings.size, build.device(settings.device)
    runs: dict[Key, ShortRun] = {}
    for seed in seeds:
        own = settings.of(f"{size.name}-s{seed}", size, seed, settings.paired.training, settings.tasks)
        runs |= {(seed, arm): run for arm, run in runs_of_arms(settings.paired.arms, own, device).items()}
    drawn = data.draw(own.task_levels, settings.evaluation.examples, settings.evaluation.seed)
    frames = [
        pd.DataFrame(rows).assign(arm=arm, seed=seed, run=runs[seed, arm].learner.run)
        for (seed, arm), rows in _record(runs, ProbeStates(drawn, device), settings).items()
    ]
    first = runs[seeds[0], PLAIN].learner
    baselines = data.baselines(drawn).query("metric == 'exact_match'").drop(columns="metric")
    frames.append(baselines.assign(quantity="baseline", step=0, arm=PLAIN, seed=seeds[0], run=first.run))
    parameters = sum(weight.numel() for weight in first.model.parameters())
    every = pd.concat(frames, ignore_index=True).assign(size=size.name, parameters=parameters)
    return every[ARM_RUNS.arrow.names].astype({"value": "float64"})


def _record(runs: Mapping[Key, ShortRun], probe: ProbeStates, settings: PairedSettings) -> dict[Key, list[Row]]:
    """Rows of each run, from its first evaluation to the last, or to the step at which it diverged."""
    last = settings.paired.training.steps
    ends = {arm.until for arm in settings.paired.arms.values() if arm.until is not None}
    evaluated = ends.union(evaluation_steps(settings.paired.every, last))
    losses: dict[Key, list[torch.Tensor]] = {key: [] for key in runs}

    def before(step: int, key: Key) -> list[Row]:
        return _row(step, runs[key], probe, losses[key], settings.epsilon) if step in evaluated else []

    def after(step: int, key: Key) -> list[Row]:
        losses[key].append(runs[key].loss)
        applied = term.applied.get(step) if (term := runs[key].term) and step in evaluated else None
        quantities = zip(("penalty", "penalty_gradient"), applied or (), strict=False)
        return [{"step": step, "quantity": name, "value": value} for name, value in quantities]

    return record_runs(runs, last, before, after)


def _row(step: int, run: ShortRun, probe: ProbeStates, losses: list[torch.Tensor], epsilon: float) -> list[Row]:
    """Rank of the last layer, scores, and the mean of the losses since the last evaluation, which are forgotten."""
    seen = probe(run.learner.model)
    rows = [{"step": step, "quantity": "rank", "value": ranks(seen, epsilon)[-1]}]
    if losses:
        rows.append({"step": step, "quantity": "loss", "value": float(torch.stack(losses).mean())})
        losses.clear()
    return rows + [{"step": step, **row} for row in probe.exact_match(seen)]
