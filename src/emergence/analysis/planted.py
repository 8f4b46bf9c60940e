"""Curves whose transition is known, or that have none: what the detectors are tried on."""

from dataclasses import dataclass
from typing import ClassVar, Literal, Protocol

import numpy as np
from scipy.special import expit

from emergence.analysis.curves import Array

SPAN = 2 * np.log(9)  # from a tenth to nine tenths of a logistic curve, in units of its scale


class Noise(Protocol):
    """A kind of noise on scores (curves, checkpoints)."""

    @property
    def kind(self) -> str:
        """Its name in tables."""

    @property
    def level(self) -> float:
        """Standard deviation of a score of one half."""

    def on(self, scores: Array, rng: np.random.Generator) -> Array:
        """Scores as they would be observed."""


@dataclass(frozen=True)
class Binomial:
    """That of an evaluation set, drawn anew each time, of a task that a blind guess gets right at rate ``chance``."""

    examples: int
    chance: float
    kind: ClassVar[str] = "binomial"

    @property
    def level(self) -> float:
        """Standard deviation of a score of one half.

        >>> Binomial(100, chance=0.0).level
        0.05
        """
        rate = (1 + self.chance) / 2
        return float(np.sqrt(rate * (1 - rate) / self.examples) / (1 - self.chance))

    def on(self, scores: Array, rng: np.random.Generator) -> Array:
        """Scores of the examples answered right."""
        right = rng.binomial(self.examples, self.chance + (1 - self.chance) * scores)
        return (right / self.examples - self.chance) / (1 - self.chance)


@dataclass(frozen=True)
class White:
    """Normal and independent; each curve draws its standard deviation from ``levels``."""

    levels: tuple[float, ...]
    kind: ClassVar[str] = "white"

    @property
    def level(self) -> float:
        """Median standard deviation."""
        return float(np.median(self.levels))

    def on(self, scores: Array, rng: np.random.Generator) -> Array:
        """Scores with noise added."""
        return scores + rng.choice(self.levels, len(scores))[:, None] * rng.standard_normal(scores.shape)


Scenario = Literal["transition", "flat", "drift"]


@dataclass(frozen=True)
class Case:
    """A kind of curve: its shape, its noise, and how many checkpoints apart it is seen.

    A transition draws its width from ``widths`` (checkpoints); the others stay at ``level`` or drift to it.
    """

    scenario: Scenario
    noise: Noise
    spacing: int = 1
    widths: tuple[float, ...] = ()
    level: float = 0.0

    def draw(self, trials: int, n: int, times: tuple[float, float], rng: np.random.Generator) -> tuple[Array, Array]:
        """Curves (trials, n / spacing) and the times of their transitions (trials,), NaN where there is none.

        ``n`` is in checkpoints of the run, ``times`` (the earliest and the latest) in shares of it; the times returned
        are in the checkpoints that are kept.
        """
        centres = rng.uniform(*times, trials) * (n - 1)
        if self.scenario == "transition":
            scores = transitions(centres, rng.choice(self.widths, trials), n)
        else:
            centres = np.full(trials, np.nan)
            scores = np.tile(np.linspace(0 if self.scenario == "drift" else self.level, self.level, n), (trials, 1))
        return self.noise.on(scores[:, :: self.spacing], rng), centres / self.spacing


def transitions(centres: Array, widths: Array, n: int) -> Array:
    """Logistic curves (curves, n) from 0 to 1; widths are from a tenth to nine tenths, checkpoints."""
    return expit(SPAN * (np.arange(n) - centres[:, None]) / widths[:, None])
