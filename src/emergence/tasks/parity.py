"""Multitask sparse parity (arXiv:2303.13506, in the form of 2404.17563, section 2).

An input is a one-hot vector of control bits, which says which skill is asked for, and then skill bits, 0 or 1. Skill k
has m relevant bits; its answer is g_k = (−1)^(their sum). Skills are asked for with frequencies P_k ∝ k^−(α+1).

Skill bits are kept as the bits of one unsigned integer a sample, so that a parity is a mask and a population count.
"""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from emergence import tables, tensors
from emergence.schemas.trajectories import BASELINES
from emergence.settings.parity import Parity, ProbeSettings
from emergence.tasks.symbols import CONTROL
from emergence.theory.skills import Skills

TASK = "PARITY"
SUBSETS = 2303  # stream of the relevant bits where skills share them


@dataclass(frozen=True)
class Samples:
    """Samples (...): their skill bits, and the skill that is asked for, counted from 0."""

    words: NDArray[np.uint64]
    skills: NDArray[np.int64]

    def __getitem__(self, index: slice | NDArray[np.int64]) -> "Samples":
        return Samples(self.words[index], self.skills[index])

    def __len__(self) -> int:
        return len(self.words)


class MultitaskParity:
    """The task: draws samples, and gives their inputs and answers.

    >>> task = MultitaskParity(Parity(skills=2, bits=4, relevant=2, alpha=0.6))
    >>> one = Samples(np.array([0b0110], dtype=np.uint64), np.array([1]))
    >>> task.inputs(one).tolist(), task.answers(one).tolist()
    ([[0.0, 1.0, 0.0, 1.0, 1.0, 0.0]], [-1.0])
    """

    def __init__(self, parity: Parity) -> None:
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

    def of_skill(self, rng: np.random.Generator, skill: int, count: int) -> Samples:
        """Samples that ask for one skill."""
        return Samples(self._words(rng, count), np.full(count, skill))

    def _words(self, rng: np.random.Generator, count: int) -> NDArray[np.uint64]:
        return rng.integers(0, 2**self.parity.bits - 1, count, dtype=np.uint64, endpoint=True)

    def inputs(self, samples: Samples) -> NDArray[np.float32]:
        """Control and skill bits (samples, inputs)."""
        columns, count = self.parity.columns, len(samples)
        found = np.zeros((count, self.parity.inputs), dtype=np.float32)
        found[np.arange(count), samples.skills] = 1.0
        octets = samples.words.astype("<u8")[:, None].view(np.uint8)
        found[:, columns:] = np.unpackbits(octets, axis=1, count=self.parity.bits, bitorder="little")
        return found

    def answers(self, samples: Samples) -> NDArray[np.float32]:
        """g_k of each sample's own skill: 1 or −1 (samples,)."""
        odd = np.bitwise_count(samples.words & self.masks[samples.skills]) & 1
        return 1.0 - 2.0 * odd.astype(np.float32)


def named(parity: Parity, skill: int) -> tuple[str, str]:
    """Task and level by which tables call a skill, counted from 0; untaught ones are levels of the control.

    >>> taught = Parity(skills=2, bits=9, relevant=3, alpha=0.6, untaught=1)
    >>> [named(taught, skill) for skill in range(3)]
    [('PARITY', '1'), ('PARITY', '2'), ('CTL', '3')]
    """
    return (TASK if skill < parity.skills else CONTROL), str(skill + 1)


def make(settings: ProbeSettings, probes: Path, baselines_table: Path) -> None:
    """Write the probes, ``<skill>.inputs`` and ``<skill>.targets`` of each skill, and what a blind guess scores."""
    task, arrays = MultitaskParity(settings.parity), {}
    streams = np.random.default_rng(settings.seed).spawn(settings.parity.columns)
    for skill, rng in enumerate(streams):
        samples, name = task.of_skill(rng, skill, settings.examples), "/".join(named(settings.parity, skill))
        arrays[f"{name}.inputs"] = task.inputs(samples)
        arrays[f"{name}.targets"] = np.float32(settings.target) * task.answers(samples)
    tensors.write(probes, arrays)
    tables.write(BASELINES, baselines(settings.parity), baselines_table)


def baselines(parity: Parity) -> pd.DataFrame:
    """Exact scores of a guess that does not look at the input: columns task, level, metric, value."""
    rows = [
        (*named(parity, skill), metric, value)
        for skill in range(parity.columns)
        for metric, value in (("strength", 0.0), ("exact_match", 0.5))
    ]
    return pd.DataFrame(rows, columns=["task", "level", "metric", "value"])
