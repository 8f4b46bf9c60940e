"""The multilinear and the linear model under stochastic gradient descent, beside gradient flow in closed form.

They share loss, batch, learning rate, initialisation and skills with the networks over time, and have no fitted
constants (B² = D_c = 1). The closed forms hold in the limit of small learning rates, which lower rates must approach.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, get_args

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pydantic import Field

from emergence.analysis.curves import Array
from emergence.analysis.parity.constants import sweep_constants
from emergence.analysis.parity.seed_intervals import first_crossing
from emergence.config.parity_networks import Sweep
from emergence.config.parity_theory import Models
from emergence.config.types import Count, Fraction, Positive, Strict
from emergence.io import tables
from emergence.schemas.parity import MODEL_CROSSINGS, MODEL_STRENGTHS
from emergence.theory import linear, strengths
from emergence.theory.descent import Model, batches, data_set, train
from emergence.theory.domain import TheoryError
from emergence.theory.model import Constants, Skills, shares

STRENGTHS: dict[Model, Callable[[Array, Array, Constants], Array]] = {
    "multilinear": strengths.of_time,
    "linear": linear.of_time,
}
TIMES: dict[Model, Callable[[Array, Array, Constants], Array]] = {
    "multilinear": strengths.crossing_times,
    "linear": linear.crossing_times,
}


class ModelSettings(Strict):
    """The networks over time, and the models that are trained as they are."""

    target: Positive
    """S"""
    skills: Count
    alpha: Positive
    network: Sweep
    """the runs over time: their loss, batch, learning rate and start are those of the models"""
    shares: Annotated[list[Fraction], Field(min_length=1)]
    """of the final strength, whose crossings are dated"""
    models: Models


@dataclass(frozen=True)
class ModelRun:
    """One training of one model, with its strengths R/S (moments, skills)."""

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
        """Rows of the table ``model_strengths``."""
        closed = (
            STRENGTHS[self.model](self.steps.astype(np.float64), self.frequencies, self.constants)
            / self.constants.target
        )
        step, skill = np.meshgrid(self.steps, np.arange(1, self.frequencies.size + 1), indexing="ij")
        columns = {"step": step, "skill": skill, "strength": self.strength, "closed": closed}
        frame = pd.DataFrame({name: values.ravel() for name, values in columns.items()})
        seen = None if self.seen is None else self.seen[frame["skill"] - 1]
        return frame.assign(seen=seen, **self._names)

    def crossings(self, at: Array) -> pd.DataFrame:
        """Rows of the table ``model_crossings``, for shares (n,) of S."""
        closed = TIMES[self.model](at, self.frequencies, self.constants)
        crossed = np.stack([first_crossing(self.steps, self.strength.T, share) for share in at])
        share, skill = np.meshgrid(at, np.arange(1, self.frequencies.size + 1), indexing="ij")
        columns = {"share": share, "skill": skill, "step": crossed, "closed": np.where(closed < np.inf, closed, np.nan)}
        frame = pd.DataFrame({name: values.ravel() for name, values in columns.items()})
        return frame.assign(**self._names)


def moments(last: int, count: int) -> NDArray[np.int64]:
    """Step 0 and about ``count`` steps up to the last, evenly spaced on a logarithmic scale.

    >>> moments(100, 5).tolist()
    [0, 1, 3, 10, 32, 100]
    """
    return np.unique([0, *np.geomspace(1, last, count).round()]).astype(np.int64)


def runs(settings: ModelSettings) -> Iterator[ModelRun]:
    """Both models at every learning rate on fresh samples, and on every data set at the networks' rate."""
    plain = _constants(settings)
    frequencies = Skills(settings.alpha, settings.skills).frequencies
    models, batch = settings.models, settings.network.batch
    for slower in models.slower:
        last = models.steps * slower
        drawn = np.stack([batches(frequencies, batch, last, seed) for seed in models.seeds], axis=1)
        constants = replace(plain, learning_rate=plain.learning_rate / slower)
        yield from _train_both(settings, slower, None, None, drawn, constants)
    for size in models.samples:
        seen = np.stack([data_set(frequencies, size, seed) for seed in models.seeds])
        drawn = np.broadcast_to(seen / size, (models.steps, *seen.shape))
        yield from _train_both(settings, 1, size, seen, drawn, plain)


def _constants(settings: ModelSettings) -> Constants:
    """Constants of the networks."""
    optimiser = settings.network.optimiser
    if optimiser.name != "sgd" or optimiser.weight_decay or optimiser.halve_every:
        raise TheoryError(
            f"network.optimiser: {optimiser.name} with weight_decay {optimiser.weight_decay:g} and halve_every "
            f"{optimiser.halve_every}; the closed forms hold for plain gradient descent: choose sgd without either"
        )
    return sweep_constants(settings.network, settings.target)


def _train_both(
    settings: ModelSettings,
    slower: int,
    samples: int | None,
    seen: NDArray[np.int64] | None,
    drawn: Array,
    constants: Constants,
) -> Iterator[ModelRun]:
    """Both models, all seeds at once, on shares of batches (steps, seeds, skills)."""
    steps = moments(len(drawn), settings.models.points)
    fresh = Skills(settings.alpha, settings.skills).frequencies
    for model in get_args(Model):
        trained = train(model, drawn, constants, set(steps.tolist())) / constants.target
        for row, seed in enumerate(settings.models.seeds):
            own = None if seen is None else seen[row]
            frequencies = fresh if own is None else shares(own)
            yield ModelRun(model, slower, seed, samples, own, frequencies, constants, steps, trained[:, row])


def train_models(settings: ModelSettings, model_strengths_table: Path, model_crossings_table: Path) -> None:
    """Train the models and date their crossings (tables ``model_strengths`` and ``model_crossings``).

    Args:
        settings: The networks over time, and the models that are trained as they are.
        model_strengths_table: Where ``model_strengths`` is written.
        model_crossings_table: Where ``model_crossings`` is written.

    Raises:
        TheoryError: if the networks do not descend by plain SGD, or descend the cross-entropy.
    """
    trained_runs = list(runs(settings))
    kinds = {"samples": "Int64", "seen": "Int64"}
    tables.write(MODEL_STRENGTHS, pd.concat([run.rows.astype(kinds) for run in trained_runs]), model_strengths_table)
    at = np.array(settings.shares)
    crossed = [run.crossings(at).astype({"samples": "Int64"}) for run in trained_runs]
    tables.write(MODEL_CROSSINGS, pd.concat(crossed), model_crossings_table)
