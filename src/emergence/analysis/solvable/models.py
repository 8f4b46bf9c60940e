"""The multilinear and the linear model trained by stochastic gradient descent, beside gradient flow in closed form.

They have the loss, batch, learning rate, start and skills of the networks over time, and no constant to be fitted
(B² = D_c = 1). Closed forms are those of an infinitely small learning rate, so that a lower one must come nearer.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import get_args

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from emergence import tables
from emergence.analysis.solvable.constants import of_sweep
from emergence.analysis.solvable.curves import passage
from emergence.schemas.scaling import MODELS, PASSAGES
from emergence.settings.scaling import ModelSettings
from emergence.theory import crossings, linear, strengths
from emergence.theory.constants import Constants
from emergence.theory.descent import Model, batches, data_set, trained
from emergence.theory.domain import TheoryError
from emergence.theory.skills import Skills, shares

Array = NDArray[np.float64]

STRENGTHS: dict[Model, Callable[[Array, Array, Constants], Array]] = {
    "multilinear": strengths.of_time,
    "linear": linear.strengths,
}
TIMES: dict[Model, Callable[[Array, Array, Constants], Array]] = {
    "multilinear": crossings.times,
    "linear": linear.times,
}


@dataclass(frozen=True)
class Run:
    """One training of one model: what it was given, and its strengths R/S (moments, skills)."""

    model: Model
    slower: int
    seed: int
    samples: int | None
    seen: NDArray[np.int64] | None
    """samples of each skill (skills,) in the data set"""
    frequencies: Array
    """(skills,), those of the data set if there is one"""
    constants: Constants
    steps: NDArray[np.int64]
    strength: Array

    @property
    def _names(self) -> dict[str, object]:
        return {"model": self.model, "slower": self.slower, "seed": self.seed, "samples": self.samples}

    @property
    def rows(self) -> pd.DataFrame:
        """Rows of the table ``models``."""
        closed = (
            STRENGTHS[self.model](self.steps.astype(np.float64), self.frequencies, self.constants)
            / self.constants.target
        )
        step, skill = np.meshgrid(self.steps, np.arange(1, self.frequencies.size + 1), indexing="ij")
        columns = {"step": step, "skill": skill, "strength": self.strength, "closed": closed}
        frame = pd.DataFrame({name: values.ravel() for name, values in columns.items()})
        seen = None if self.seen is None else self.seen[frame["skill"] - 1]
        return frame.assign(seen=seen, **self._names)

    def passages(self, at: Array) -> pd.DataFrame:
        """Rows of the table ``passages``, for shares (n,) of S."""
        closed = TIMES[self.model](at, self.frequencies, self.constants)
        found = np.stack([passage(self.steps, self.strength.T, share) for share in at])
        share, skill = np.meshgrid(at, np.arange(1, self.frequencies.size + 1), indexing="ij")
        columns = {"share": share, "skill": skill, "step": found, "closed": np.where(closed < np.inf, closed, np.nan)}
        frame = pd.DataFrame({name: values.ravel() for name, values in columns.items()})
        return frame.assign(**self._names)


def moments(last: int, count: int) -> NDArray[np.int64]:
    """The start and about ``count`` steps up to the last, evenly on a logarithmic scale.

    >>> moments(100, 5).tolist()
    [0, 1, 3, 10, 32, 100]
    """
    return np.unique([0, *np.geomspace(1, last, count).round()]).astype(np.int64)


def runs(settings: ModelSettings) -> Iterator[Run]:
    """Both models at every learning rate on fresh samples, and on every data set at the networks' own."""
    plain = _constants(settings)
    frequencies = Skills(settings.alpha, settings.skills).frequencies
    models, batch = settings.models, settings.network.batch
    for slower in models.slower:
        last = models.steps * slower
        drawn = np.stack([batches(frequencies, batch, last, seed) for seed in models.seeds], axis=1)
        constants = replace(plain, learning_rate=plain.learning_rate / slower)
        yield from _trained(settings, slower, None, None, drawn, constants)
    for size in models.samples:
        seen = np.stack([data_set(frequencies, size, seed) for seed in models.seeds])
        drawn = np.broadcast_to(seen / size, (models.steps, *seen.shape))
        yield from _trained(settings, 1, size, seen, drawn, plain)


def _constants(settings: ModelSettings) -> Constants:
    """Constants of the networks."""
    optimiser = settings.network.optimiser
    if optimiser.name != "sgd" or optimiser.weight_decay or optimiser.halve_every:
        raise TheoryError(
            f"network.optimiser: {optimiser.name} with weight_decay {optimiser.weight_decay:g} and halve_every "
            f"{optimiser.halve_every}; the models are solved for plain gradient descent: take sgd without either"
        )
    return of_sweep(settings.network, settings.target)


def _trained(
    settings: ModelSettings,
    slower: int,
    samples: int | None,
    seen: NDArray[np.int64] | None,
    drawn: Array,
    constants: Constants,
) -> Iterator[Run]:
    """Both models, all seeds side by side, on shares of batches (steps, seeds, skills)."""
    steps = moments(len(drawn), settings.models.points)
    fresh = Skills(settings.alpha, settings.skills).frequencies
    for model in get_args(Model):
        found = trained(model, drawn, constants, set(steps.tolist())) / constants.target
        for row, seed in enumerate(settings.models.seeds):
            own = None if seen is None else seen[row]
            frequencies = fresh if own is None else shares(own)
            yield Run(model, slower, seed, samples, own, frequencies, constants, steps, found[:, row])


def make(settings: ModelSettings, models_table: Path, passages_table: Path) -> None:
    """Train the models, and date where their skills pass the shares."""
    found = list(runs(settings))
    kinds = {"samples": "Int64", "seen": "Int64"}
    tables.write(MODELS, pd.concat([run.rows.astype(kinds) for run in found]), models_table)
    at = np.array(settings.shares)
    passages = [run.passages(at).astype({"samples": "Int64"}) for run in found]
    tables.write(PASSAGES, pd.concat(passages), passages_table)
