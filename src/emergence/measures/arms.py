"""Paired runs of Study 4: the same weights and batches with and without an intervention on the early collapse."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pandas as pd
import torch

from emergence.config.interventions import PLAIN, Arm, PairedSettings
from emergence.config.training import TrainSettings
from emergence.io import tables
from emergence.io.progress import Progress
from emergence.io.resumable import origin, resumable_job
from emergence.measures.probe_states import ProbeStates, ranks
from emergence.models import build
from emergence.schemas.interventions import ARM_RUNS
from emergence.tasks import data
from emergence.tasks.algorithmic import Tokens
from emergence.tasks.vocabulary import TaskLevel
from emergence.training.interventions import Intervention
from emergence.training.learners import TrainingError
from emergence.training.schedule import evaluation_steps
from emergence.training.short_runs import learner_of_arm
from emergence.training.task_evaluation import METRICS, Evaluation
from emergence.training.task_transformer import TaskLearner

Rows = Iterator[dict[str, Any]]


def train_arms(settings: PairedSettings, table: Path, state: Path) -> None:
    """Train all arms of every seed of one size (table ``arm_runs``).

    Args:
        settings: Size, seeds, arms and training.
        table: Written.
        state: Folder from which a stopped job is resumed, seed by seed.

    Raises:
        StoppedError: if the job receives a stop signal; its state is saved.
    """
    seeds = settings.paired.seeds
    progress = Progress(f"arms, {settings.size.name}", len(seeds), "seeds")

    def trained(seed: int) -> pd.DataFrame:
        return train_seed(seed, settings)

    with resumable_job(state, origin(settings, [__name__], [])) as job:
        tables.write(ARM_RUNS, job.map_resumable(ARM_RUNS, seeds, trained, progress), table)


def train_seed(seed: int, settings: PairedSettings) -> pd.DataFrame:
    """Rows of all arms of one seed; a matched arm is given the gradient norms of the arm that it is matched to."""
    device, run = build.device(settings.device), f"{settings.size.name}-s{seed}"
    own = settings.of(run, settings.size, seed, settings.paired.training, settings.tasks)
    drawn = data.draw(own.task_levels, settings.evaluation.examples, settings.evaluation.seed)
    norms: dict[str, dict[int, float]] = {}
    frames = []
    for name, arm in {PLAIN: None, **settings.paired.arms}.items():
        learner, term = learner_of_arm(arm, own, device, norms.get(arm.matched or "") if arm else None)
        parameters = sum(weight.numel() for weight in learner.model.parameters())
        rows = pd.DataFrame(_run(learner, term, arm, own, settings, drawn)).assign(arm=name, parameters=parameters)
        if term is not None:
            norms[name] = {step: norm for step, (_, norm) in term.applied.items()}
        frames.append(rows)
    baselines = data.baselines(drawn).query("metric == 'exact_match'")
    frames.append(
        baselines.assign(quantity="baseline", step=0, arm=PLAIN, parameters=parameters).drop(columns="metric")
    )
    every = pd.concat(frames, ignore_index=True).assign(run=run, size=settings.size.name, seed=seed)
    return every[ARM_RUNS.arrow.names].astype({"value": "float64"})


def _run(
    learner: TaskLearner,
    term: Intervention | None,
    arm: Arm | None,
    own: TrainSettings,
    settings: PairedSettings,
    drawn: Mapping[TaskLevel, Tokens],
) -> Rows:
    """Rows of one arm, from its first evaluation to the last, or to the step at which it diverged."""
    evaluate, probe = Evaluation(drawn, learner.device), ProbeStates(drawn, learner.device)
    last = own.training.steps
    evaluated = {*evaluation_steps(settings.paired.every, last), *([arm.until] if arm else [])}
    losses: list[torch.Tensor] = []
    for step in range(last + 1):
        if step in evaluated:
            yield {"step": step, "quantity": "rank", "value": ranks(probe(learner.model), settings.epsilon)[-1]}
            if losses:
                yield {"step": step, "quantity": "loss", "value": float(torch.stack(losses).mean())}
                losses.clear()
            hits = evaluate(learner.model)[:, METRICS.index("exact_match")]
            for level, share in zip(drawn, hits, strict=True):
                named = {"task": level.task, "level": level.level}
                yield {"step": step, **named, "quantity": "exact_match", "value": float(share)}
        if step == last:
            return
        try:
            losses.append(learner.step(step))
        except TrainingError:
            yield {"step": step, "quantity": "diverged", "value": None}
            return
        if term is not None and step in evaluated and step in term.applied:
            for quantity, value in zip(("penalty", "penalty_gradient"), term.applied[step], strict=True):
                yield {"step": step, "quantity": quantity, "value": value}
