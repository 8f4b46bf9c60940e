"""Precursors of known lead, planted into the curves of real runs, so that rules on leads can be tried on them.

A planted curve keeps what surrounds a lead in the run: the fall of the measure to its floor, its noise, its
checkpoints, and the times and shapes of the run's own transitions. From the floor on it is

    floor + noise + amplitude × score(t + lead),

with the residuals of the real curve about its running median, rotated at random. The amplitude is that of its own rise,
or ``contrast`` standard deviations of its noise if that is more, so that a measure that does not move can be tried too.
Whose score it follows is its *kind*. ``own`` is a precursor of its own task-level, with a lead over the score.
``common`` follows the first transition of the run in every task-level, the control included. ``another's`` follows a
task-level of another task, drawn at random among those of the same difficulty. Only ``own`` curves announce their
task-level.
"""

from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from emergence.analysis.curves import Array, noise, smooth
from emergence.analysis.lead_differences import RunTimes
from emergence.analysis.signals import Signals

Kind = Literal["own", "common", "another's"]
KINDS: tuple[Kind, ...] = get_args(Kind)


@dataclass(frozen=True)
class PlantedRun:
    """The curves of one measure in one run, into which leads are planted."""

    times: RunTimes
    measured: Signals
    scores: Array
    """(levels, checkpoints), of the task-levels in `times`"""
    contrast: float
    """least amplitude, in standard deviations of the noise"""

    @property
    def observed(self) -> Array:
        """When the real curves move (levels,), in checkpoints; NaN where they do not, or are not measured."""
        place = self.measured.names.get_indexer(self.times.names)
        return np.where(place >= 0, self.measured.onset(self.measured.values)[place], np.nan)

    def moved(self, kind: Kind, lead: int, trials: int, rng: np.random.Generator) -> Array:
        """When planted curves move (trials, levels), in checkpoints; NaN where they do not.

        Args:
            kind: Whose score the curves follow.
            lead: Checkpoints of the run by which they precede it.
            trials: Number of curves planted in each task-level.
            rng: Source of the draws.
        """
        moved = self.measured.onset(self.plant(kind, lead, trials, rng))
        return np.where(self.measured.names.get_indexer(self.times.names) >= 0, moved, np.nan)

    def plant(self, kind: Kind, lead: int, trials: int, rng: np.random.Generator) -> Array:
        """Planted curves (trials, levels, checkpoints of the measure), on the scale of the signal.

        Args:
            kind: Whose score the curves follow.
            lead: Checkpoints of the run by which they precede it.
            trials: Number of curves planted in each task-level.
            rng: Source of the rotations of residuals, and of the draws of `followed`.
        """
        place = self.measured.names.get_indexer(self.times.names)
        real = self.measured.values[np.maximum(place, 0)]
        shape = self.measured.shape(real)
        smoothed = smooth(real, self.measured.collapse.smoothing)
        after = np.arange(real.shape[-1]) >= shape.floor_position[:, None]
        top = np.where(after, smoothed, shape.floor[:, None]).max(axis=-1) - shape.floor
        amplitude = np.maximum(top, self.contrast * shape.noise)
        offsets = rng.integers(real.shape[-1], size=(trials, len(real), 1))
        at = (np.arange(real.shape[-1]) + offsets) % real.shape[-1]
        residuals = np.take_along_axis(np.broadcast_to(real - smoothed, (trials, *real.shape)), at, axis=-1)
        rise = self._ahead(lead)[self.followed(kind, trials, rng)]
        planted = shape.floor[:, None] + residuals + amplitude[:, None] * rise
        return np.where(after, planted, real)

    def _ahead(self, lead: int) -> Array:
        """Scores (levels, checkpoints of the measure) as they are ``lead`` checkpoints later, from 0 to 1.

        What their own noise hides is 0, so that it is not taken for a rise.
        """
        wanted = np.searchsorted(self.times.steps, self.measured.steps) + lead
        hidden = (self.measured.collapse.noise_multiple * noise(self.scores))[:, None]
        score = (smooth(self.scores, self.measured.collapse.smoothing) - hidden) / np.maximum(1 - hidden, 0.1)
        return np.clip(score, 0.0, 1.0)[:, np.minimum(wanted, self.scores.shape[-1] - 1)]

    def followed(self, kind: Kind, trials: int, rng: np.random.Generator) -> NDArray[np.intp]:
        """Task-level whose score each curve follows (trials, levels).

        Args:
            kind: Whose score the curves follow.
            trials: Number of curves of each task-level.
            rng: Source of the draws of ``another's``.

        Returns:
            Indices into the task-levels of `times`; a level's own if no other task-level is of its difficulty.
        """
        levels = len(self.times.names)
        if kind == "own":
            return np.broadcast_to(np.arange(levels), (trials, levels))
        if kind == "common":
            return np.full((trials, levels), int(self.times.event.argmin()))
        alike = self.times.alike["family"]
        drawn = np.where(alike, rng.random((trials, levels, levels)), -1.0).argmax(axis=-1)
        return np.where(alike.any(axis=-1), drawn, np.arange(levels))
