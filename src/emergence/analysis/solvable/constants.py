"""B², D_c and N_c, fitted where there is one skill, to be used unchanged where there are five."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, get_args

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from emergence import tables
from emergence.schemas.solvable import CONSTANTS, SWEEP
from emergence.settings.networks import Sweep
from emergence.settings.solvable import ConstantSettings, Resampling
from emergence.theory import fits
from emergence.theory.constants import Constants, initial_strength
from emergence.theory.domain import TheoryError
from emergence.theory.strengths import DataLaw

Array = NDArray[np.float64]
Fit = Callable[[NDArray[np.int64], Array, np.random.Generator], fits.Estimate]


def of_sweep(sweep: Sweep, target: float) -> Constants:
    """Constants that networks are trained with, those that are fitted left at 1."""
    if sweep.loss == "cross_entropy":
        raise TheoryError("loss = cross_entropy: the closed forms are those of squared errors; take mse or half_mse")
    return Constants(sweep.loss, sweep.optimiser.learning_rate, target, initial_strength(sweep.sigma))


def by(axis: str, found: pd.DataFrame) -> tuple[NDArray[np.int64], Array]:
    """Points of an axis, and R/S (seeds, points) there, of a sweep over one skill."""
    wide = found.pivot(index="seed", columns=axis, values="strength").sort_index(axis=1)
    return wide.columns.to_numpy(np.int64), wide.to_numpy()


def at_end(found: pd.DataFrame) -> pd.DataFrame:
    """Rows of the last step."""
    return found[found["step"] == found["step"].max()]


def constants(time: pd.DataFrame, data: pd.DataFrame, width: pd.DataFrame, settings: ConstantSettings) -> pd.DataFrame:
    """Table ``constants`` from sweeps over one skill."""
    target, how = settings.target, settings.resampling
    interval = fits.Interval(how.confidence, how.draws)
    of_time, of_data, of_width = (of_sweep(sweep, target) for sweep in (settings.time, settings.data, settings.width))
    jobs: list[tuple[str, str, float, pd.DataFrame, str, Fit]] = [
        (
            "speed", "sigmoid", settings.published.speed, time, "step",
            lambda x, found, rng: fits.speed(x, found * target, of_time, interval, rng),
        ),
        *(
            (
                "shots", law, settings.published.shots, at_end(data), "samples",
                lambda x, found, rng, law=law: fits.shots(x, found * target, of_data, law, interval, rng),
            )
            for law in get_args(DataLaw)
        ),
        (
            "neurons", "linear", settings.published.neurons, at_end(width), "width",
            lambda x, found, rng: fits.neurons(x, found * target, of_width, interval, rng),
        ),
    ]  # fmt: skip
    rows = [
        {"constant": name, "law": law, "published": published, **_fitted(by(axis, found), fit, how)}
        for name, law, published, found, axis, fit in jobs
    ]
    return pd.DataFrame(rows, columns=CONSTANTS.arrow.names)


def _fitted(points: tuple[NDArray[np.int64], Array], fit: Fit, how: Resampling) -> dict[str, Any]:
    """A fit with its interval, or why there is none."""
    seeds = {"seeds": len(points[1])}
    try:
        found = fit(*points, np.random.default_rng(how.seed))
    except TheoryError as error:
        return {**seeds, "reason": str(error)}
    return {**vars(found), **seeds, "reason": None}


def make(settings: ConstantSettings, time: Path, data: Path, width: Path, table: Path) -> None:
    """Fit the constants to the three sweeps over one skill."""
    over_time, over_data, over_width = (tables.read(SWEEP, path) for path in (time, data, width))
    tables.write(CONSTANTS, constants(over_time, over_data, over_width, settings), table)
