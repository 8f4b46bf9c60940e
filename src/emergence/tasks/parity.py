"""Multitask sparse parity (arXiv:2303.13506, in the form of 2404.17563, section 2).

An input is a one-hot vector of control bits, which selects the skill, followed by skill bits, 0 or 1. Skill k
has m relevant bits; its answer is g_k = (−1)^(their sum). Skills are sampled with frequencies P_k ∝ k^−(α+1).

Skill bits are the bits of one unsigned integer a sample, so that a parity is a mask and a population count.
"""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Annotated

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pydantic import Field

from emergence.config.parity_networks import ParityTask
from emergence.config.types import Positive, Seed, Strict
from emergence.io import tables, tensors
from emergence.schemas.trajectories import BASELINES
from emergence.tasks.symbols import CONTROL
from emergence.theory.model import Skills

TASK = "PARITY"
SUBSETS = 2303  # stream of the relevant bits where skills share them


class ProbeSettings(Strict):
    """The probes of geometric measures."""

    parity: ParityTask
    target: Positive
    examples: Annotated[int, Field(ge=2)]
    seed: Seed


@dataclass(frozen=True)
class Samples:
    """Samples (...): their skill bits, and the selected skill, counted from 0."""

    words: NDArray[np.uint64]
    skills: NDArray[np.int64]

    def __getitem__(self, index: slice | NDArray[np.int64]) -> "Samples":
        return Samples(self.words[index], self.skills[index])

    def __len__(self) -> int:
        return len(self.words)


class MultitaskParity:
    """The task: draws samples and computes their inputs and answers.

    >>> task = MultitaskParity(ParityTask(skills=2, bits=4, relevant=2, alpha=0.6))
    >>> one = Samples(np.array([0b0110], dtype=np.uint64), np.array([1]))
    >>> task.inputs(one).tolist(), task.answers(one).tolist()
    ([[0.0, 1.0, 0.0, 1.0, 1.0, 0.0]], [-1.0])
    """

    def __init__(self, parity: ParityTask) -> None:
        self.parity = parity
        self.skills = Skills(parity.alpha, parity.skills)

    @cached_property
    def masks(self) -> NDArray[np.uint64]:
        """Relevant bits of each skill (columns,), set in an integer."""
        m, columns = self.parity.relevant, self.parity.columns
        if self.parity.shared:
            rng = np.random.default_rng(SUBSETS)
            chosen = np.stack([rng.choice(self.parity.bits, m, replace=False) for _ in range(columns)])
        else:
            chosen = np.arange(columns * m).reshape(columns, m)
        return (np.uint64(1) << chosen.astype(np.uint64)).sum(axis=1, dtype=np.uint64)

    def draw(self, rng: np.random.Generator, count: int) -> Samples:
        """Samples whose skills have the task's frequencies."""
        ends = np.cumsum(self.skills.frequencies)[:-1]
        return Samples(self._words(rng, count), np.searchsorted(ends, rng.random(count), side="right"))

    def draw_skill(self, rng: np.random.Generator, skill: int, count: int) -> Samples:
        """Samples of one skill.

        Args:
            rng: Source of the draws.
            skill: Counted from 0.
            count: Number of samples.
        """
        return Samples(self._words(rng, count), np.full(count, skill))

    def _words(self, rng: np.random.Generator, count: int) -> NDArray[np.uint64]:
        return rng.integers(0, 2**self.parity.bits - 1, count, dtype=np.uint64, endpoint=True)

    def inputs(self, samples: Samples) -> NDArray[np.float32]:
        """Control and skill bits (samples, inputs)."""
        columns, count = self.parity.columns, len(samples)
        inputs = np.zeros((count, self.parity.inputs), dtype=np.float32)
        inputs[np.arange(count), samples.skills] = 1.0
        octets = samples.words.astype("<u8")[:, None].view(np.uint8)
        inputs[:, columns:] = np.unpackbits(octets, axis=1, count=self.parity.bits, bitorder="little")
        return inputs

    def answers(self, samples: Samples) -> NDArray[np.float32]:
        """g_k of each sample's own skill: 1 or −1 (samples,)."""
        odd = np.bitwise_count(samples.words & self.masks[samples.skills]) & 1
        return 1.0 - 2.0 * odd.astype(np.float32)


def task_level(parity: ParityTask, skill: int) -> tuple[str, str]:
    """Task and level of a skill (counted from 0) in tables; control skills are levels of the control task.

    >>> task = ParityTask(skills=2, bits=9, relevant=3, alpha=0.6, control_skills=1)
    >>> [task_level(task, skill) for skill in range(3)]
    [('PARITY', '1'), ('PARITY', '2'), ('CTL', '3')]
    """
    return (TASK if skill < parity.skills else CONTROL), str(skill + 1)


def draw_probes(settings: ProbeSettings, probes: Path, baselines_table: Path) -> None:
    """Write the probes, ``<skill>.inputs`` and ``<skill>.targets`` of each skill, and input-independent baselines.

    Args:
        settings: The task, and size, target and seed of the probes.
        probes: Where the probes are written.
        baselines_table: Where ``baselines`` is written.
    """
    task, arrays = MultitaskParity(settings.parity), {}
    streams = np.random.default_rng(settings.seed).spawn(settings.parity.columns)
    for skill, rng in enumerate(streams):
        samples, name = task.draw_skill(rng, skill, settings.examples), "/".join(task_level(settings.parity, skill))
        arrays[f"{name}.inputs"] = task.inputs(samples)
        arrays[f"{name}.targets"] = np.float32(settings.target) * task.answers(samples)
    tensors.write(probes, arrays)
    tables.write(BASELINES, baselines(settings.parity), baselines_table)


def baselines(parity: ParityTask) -> pd.DataFrame:
    """Exact input-independent baselines: columns task, level, metric, value."""
    rows = [
        (*task_level(parity, skill), metric, value)
        for skill in range(parity.columns)
        for metric, value in (("strength", 0.0), ("exact_match", 0.5))
    ]
    return pd.DataFrame(rows, columns=["task", "level", "metric", "value"])
