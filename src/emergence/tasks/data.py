"""Evaluation and probe sets: fixed examples of every task-level, in safetensors files, one array a task-level."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from emergence.config.training import Sample, Taught
from emergence.errors import EmergenceError
from emergence.io import tables, tensors
from emergence.schemas.trajectories import BASELINES
from emergence.tasks.algorithmic import Tokens
from emergence.tasks.vocabulary import TaskLevel


class TaskSettings(Taught):
    """Task-levels and the sizes of their evaluation and probe sets."""

    evaluation: Sample
    probes: Sample


class DataError(EmergenceError):
    """A data file with missing content; the message names it and the remedy."""


def draw(levels: Sequence[TaskLevel], examples: int, seed: int) -> dict[TaskLevel, Tokens]:
    """Draw ``examples`` sequences of each task-level from one seed; each level has a stream of its own.

    Args:
        levels: The task-levels.
        examples: Number of sequences of each.
        seed: Of all streams.

    Returns:
        Token ids (examples, length) of each task-level.

    Raises:
        TaskError: if a task draws tokens that the vocabulary does not allow.
    """
    streams = np.random.default_rng(seed).spawn(len(levels))
    return {level: level.sequences(rng, examples) for level, rng in zip(levels, streams, strict=True)}


def save(sequences: dict[TaskLevel, Tokens], path: Path) -> None:
    """Write sequences as uint8 arrays named ``TASK-level``."""
    tensors.write(path, {level.key: tokens.astype(np.uint8) for level, tokens in sequences.items()})


def load(path: Path, levels: Sequence[TaskLevel]) -> dict[TaskLevel, Tokens]:
    """Read the sequences of ``levels``.

    Raises:
        TensorsError: if the file is damaged.
        DataError: if it lacks a level.
    """
    arrays, _ = tensors.read(path)
    if absent := [level.key for level in levels if level.key not in arrays]:
        raise DataError(f"{path}: lacks task-level {absent[0]}; delete it and run again")
    return {level: arrays[level.key].astype(np.int64) for level in levels}


def baselines(sequences: Mapping[TaskLevel, Tokens]) -> pd.DataFrame:
    """Input-independent baselines: columns task, level, metric, value.

    Exact match: the most frequent answer. The others: the marginal distribution of each answer position.
    """
    rows = []
    for level, tokens in sequences.items():
        answers = tokens[:, level.prompt_length :]
        _, counts = np.unique(answers, axis=0, return_counts=True)
        shares = [np.unique(column, return_counts=True)[1] / len(answers) for column in answers.T]
        entropies = [-(share * np.log(share)).sum() for share in shares]
        values = {
            "exact_match": counts.max() / len(answers),
            "token_accuracy": np.mean([share.max() for share in shares]),
            "log_probability": -np.sum(entropies),
            "loss": np.mean(entropies),
        }
        rows += [(level.task, level.level, metric, float(value)) for metric, value in values.items()]
    return pd.DataFrame(rows, columns=["task", "level", "metric", "value"])


def draw_task_data(settings: TaskSettings, evaluation: Path, probes: Path, baselines_table: Path) -> None:
    """Draw and write the evaluation set, its baselines and the probes.

    Args:
        settings: Task-levels, and sizes and seeds of both sets.
        evaluation: Where the evaluation set is written.
        probes: Where the probes are written.
        baselines_table: Where ``baselines`` is written.

    Raises:
        TaskError: if a task draws tokens that the vocabulary does not allow.
    """
    drawn = draw(settings.task_levels, settings.evaluation.examples, settings.evaluation.seed)
    save(drawn, evaluation)
    save(draw(settings.task_levels, settings.probes.examples, settings.probes.seed), probes)
    tables.write(BASELINES, baselines(drawn), baselines_table)
