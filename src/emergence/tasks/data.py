"""Evaluation and probe sets: fixed examples of every task-level, in safetensors files, one array a task-level."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import safetensors.numpy
from safetensors import SafetensorError

from emergence.files import replacing
from emergence.tasks.algorithmic import Tokens
from emergence.tasks.levels import TaskLevel


class DataError(ValueError):
    """A data file that is damaged or does not hold what it should; the message names it and the remedy."""


def draw(levels: Sequence[TaskLevel], examples: int, seed: int) -> dict[TaskLevel, Tokens]:
    """Draw ``examples`` sequences of each task-level from one seed; each level has a stream of its own."""
    streams = np.random.default_rng(seed).spawn(len(levels))
    return {level: level.sequences(rng, examples) for level, rng in zip(levels, streams, strict=True)}


def save(sequences: dict[TaskLevel, Tokens], path: Path) -> None:
    """Write sequences as uint8 arrays named ``TASK-level``."""
    arrays = {level.key: tokens.astype(np.uint8) for level, tokens in sequences.items()}
    with replacing(path) as temporary:
        temporary.write_bytes(safetensors.numpy.save(arrays))


def load(path: Path, levels: Sequence[TaskLevel]) -> dict[TaskLevel, Tokens]:
    """Read the sequences of ``levels``.

    Raises:
        DataError: if the file is damaged or lacks a level.
    """
    try:
        arrays = safetensors.numpy.load(path.read_bytes())
        return {level: arrays[level.key].astype(np.int64) for level in levels}
    except (OSError, SafetensorError, KeyError) as error:
        raise DataError(f"{path}: damaged, or lacks a task-level ({error}); delete it and run again") from None
