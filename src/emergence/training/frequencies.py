"""Runs of Study 4 whose task-levels have power-law frequencies, in a Latin square.

In rotation r the i-th of n task-levels has the frequency of rank i + r, modulo n, so that in the whole square each
has every frequency once and its difficulty cancels. Every batch holds fixed numbers of examples; the frequency of a
task-level is its share of the answer tokens, over which the loss is a mean, like P_k in the loss of the solvable model.
"""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd

from emergence.config.frequencies import OptimiserName
from emergence.config.short_runs import FrequencySettings
from emergence.io import tables
from emergence.io.progress import Progress
from emergence.io.resumable import origin, resumable_job
from emergence.models import build
from emergence.schemas.interventions import FREQUENCY_RUNS
from emergence.tasks import data
from emergence.training.lockstep import Row, ShortRun, record_runs
from emergence.training.probe_states import ProbeStates
from emergence.training.schedule import evaluation_steps
from emergence.training.short_runs import run_of_frequencies

Key = tuple[int, OptimiserName]


def train_frequencies(settings: FrequencySettings, table: Path, state: Path) -> None:
    """Train all rotations, seeds and optimisers (table ``frequency_runs``).

    Args:
        settings: Frequencies, seeds, optimisers and training.
        table: Written.
        state: Folder from which a stopped job is resumed, rotation by rotation.

    Raises:
        StoppedError: if the job receives a stop signal; its state is saved.
    """
    rotations = range(sum(map(len, settings.tasks.values())))
    progress = Progress("frequencies", len(rotations), "rotations")

    def trained(rotation: int) -> pd.DataFrame:
        return train_rotation(rotation, settings)

    with resumable_job(state, origin(settings, [__name__], [])) as job:
        tables.write(FREQUENCY_RUNS, job.map_resumable(FREQUENCY_RUNS, rotations, trained, progress), table)


def train_rotation(rotation: int, settings: FrequencySettings) -> pd.DataFrame:
    """Rows of all runs of one rotation, which train in lockstep."""
    of, device = settings.frequencies, build.device(settings.device)
    counts = np.roll(of.counts(sum(map(len, settings.tasks.values()))), -rotation).tolist()
    runs: dict[Key, ShortRun] = {}
    for seed in of.seeds:
        for name, factor in of.optimisers.items():
            training = of.training.model_copy(update={"learning_rate": of.training.learning_rate * factor})
            own = settings.of(f"{of.size.name}-{name}-r{rotation}-s{seed}", of.size, seed, training, settings.tasks)
            runs[seed, name] = run_of_frequencies(name, counts, own, device)
    layout = next(iter(runs.values())).learner.layout
    shares = pd.DataFrame(
        [{"task": level.task, "level": level.level, "share": tokens / sum(layout.sizes)}
         for level, tokens in zip(layout.levels, layout.sizes, strict=True)]
    )  # fmt: skip
    drawn = data.draw(layout.levels, settings.evaluation.examples, settings.evaluation.seed)
    frames = [
        pd.DataFrame(rows).assign(seed=seed, optimiser=name, run=runs[seed, name].learner.run)
        for (seed, name), rows in _record(runs, ProbeStates(drawn, device), settings).items()
    ]
    baselines = data.baselines(drawn).query("metric == 'exact_match'").drop(columns="metric")
    frames.append(baselines.assign(quantity="baseline", step=0, seed=0, optimiser="", run=""))
    every = pd.concat(frames, ignore_index=True).merge(shares, on=["task", "level"], how="left")
    every = every.assign(rotation=rotation, size=of.size.name)
    return every[FREQUENCY_RUNS.arrow.names].astype({"value": "float64"})


def _record(runs: Mapping[Key, ShortRun], probe: ProbeStates, settings: FrequencySettings) -> dict[Key, list[Row]]:
    """Scores of each run at its evaluations, up to the step at which it diverged."""
    last = settings.frequencies.training.steps
    evaluated = set(evaluation_steps(settings.frequencies.every, last))

    def scores(step: int, key: Key) -> list[Row]:
        seen = probe.exact_match(probe(runs[key].learner.model)) if step in evaluated else []
        return [{"step": step, **row} for row in seen]

    return record_runs(runs, last, scores)
