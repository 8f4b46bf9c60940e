"""B², D_c and N_c, fitted to networks with one skill and applied unchanged to networks with five."""

from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any, get_args

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pydantic import Field

from emergence.analysis.curves import Array
from emergence.config.parity import Published
from emergence.config.parity_networks import Sweep
from emergence.config.types import Fraction, Positive, Seed, Strict
from emergence.io import tables
from emergence.schemas.parity import CONSTANTS, SWEEP
from emergence.theory import fits
from emergence.theory.domain import TheoryError
from emergence.theory.model import Constants, initial_strength
from emergence.theory.strengths import DataLaw

Fit = Callable[[NDArray[np.int64], Array, np.random.Generator], fits.FittedConstant]


class Resampling(Strict):
    """Intervals over seeds."""

    confidence: Fraction
    draws: Annotated[int, Field(ge=100)]
    seed: Seed


class ConstantSettings(Strict):
    """The sweeps with one skill and the published constants."""

    target: Positive
    """S"""
    time: Sweep
    data: Sweep
    width: Sweep
    published: Published
    resampling: Resampling


def sweep_constants(sweep: Sweep, target: float) -> Constants:
    """Constants of a sweep's training, with the fitted ones at 1.

    Raises:
        TheoryError: for the cross-entropy, which has no closed form.
    """
    if sweep.loss == "cross_entropy":
        raise TheoryError("loss = cross_entropy: the closed forms hold for squared errors; choose mse or half_mse")
    return Constants(sweep.loss, sweep.optimiser.learning_rate, target, initial_strength(sweep.sigma))


def strengths_along(axis: str, sweep: pd.DataFrame) -> tuple[NDArray[np.int64], Array]:
    """Points of an axis (points,) and R/S (seeds, points), from rows of table ``sweep`` of one skill."""
    wide = sweep.pivot(index="seed", columns=axis, values="strength").sort_index(axis=1)
    return wide.columns.to_numpy(np.int64), wide.to_numpy()


def last_step(sweep: pd.DataFrame) -> pd.DataFrame:
    """Rows of the last step."""
    return sweep[sweep["step"] == sweep["step"].max()]


def fit_each_constant(
    time: pd.DataFrame, data: pd.DataFrame, width: pd.DataFrame, settings: ConstantSettings
) -> pd.DataFrame:
    """Table ``constants`` from sweeps of networks with one skill over time, data and width."""
    target, how = settings.target, settings.resampling
    interval = fits.Interval(how.confidence, how.draws)
    of_time, of_data, of_width = (
        sweep_constants(sweep, target) for sweep in (settings.time, settings.data, settings.width)
    )
    jobs: list[tuple[str, str, float, pd.DataFrame, str, Fit]] = [
        (
            "speed", "sigmoid", settings.published.speed, time, "step",
            lambda x, strength, rng: fits.speed(x, strength * target, of_time, interval, rng),
        ),
        *(
            (
                "shots", law, settings.published.shots, last_step(data), "samples",
                lambda x, strength, rng, law=law: fits.shots(x, strength * target, of_data, law, interval, rng),
            )
            for law in get_args(DataLaw)
        ),
        (
            "neurons", "linear", settings.published.neurons, last_step(width), "width",
            lambda x, strength, rng: fits.neurons(x, strength * target, of_width, interval, rng),
        ),
    ]  # fmt: skip
    rows = [
        {"constant": name, "law": law, "published": published, **_fit(strengths_along(axis, sweep), fit, how)}
        for name, law, published, sweep, axis, fit in jobs
    ]
    return pd.DataFrame(rows, columns=CONSTANTS.arrow.names)


def _fit(points: tuple[NDArray[np.int64], Array], fit: Fit, how: Resampling) -> dict[str, Any]:
    """A fit with its interval, or the reason why there is none."""
    seeds = {"seeds": len(points[1])}
    try:
        estimate = fit(*points, np.random.default_rng(how.seed))
    except TheoryError as error:
        return {**seeds, "reason": str(error)}
    return {**vars(estimate), **seeds, "reason": None}


def fit_constants(settings: ConstantSettings, time: Path, data: Path, width: Path, table: Path) -> None:
    """Fit the constants to the sweeps with one skill (table ``constants``)."""
    over_time, over_data, over_width = (tables.read(SWEEP, path) for path in (time, data, width))
    tables.write(CONSTANTS, fit_each_constant(over_time, over_data, over_width, settings), table)
