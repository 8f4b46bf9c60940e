"""B², D_c and N_c, fitted to networks with one skill and applied unchanged to networks with five.

B² is fitted at the published strength of the start, R_k(0) = σ²/3.6, which is not that of any one network, and again
with the start free (law `FREE`). D_c is fitted again to networks of other widths and starts (table ``shots``).
"""

from collections.abc import Callable
from functools import partial
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
from emergence.schemas.parity import CONSTANTS, SHOTS, SWEEP
from emergence.theory import fits
from emergence.theory.domain import TheoryError
from emergence.theory.model import Constants, initial_strength
from emergence.theory.strengths import DataLaw

FREE = "free-start sigmoid"
"""The law of time with R_k(0) fitted as well; ``start`` is then R_k(0)/S."""
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
    """Table ``constants`` from sweeps of networks with one skill over time, data and width.

    Args:
        time: Table ``sweep`` over time.
        data: Table ``sweep`` over the size of the data set, of which the last step counts.
        width: Table ``sweep`` over width, of which the last step counts.
        settings: How the sweeps are trained, the published constants, and intervals over seeds.

    Raises:
        TheoryError: see `sweep_constants`.
    """
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
                partial(_fit_shots, law=law, constants=of_data, interval=interval),
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
    rows += _free_start(strengths_along("step", time), of_time, interval, settings.published.speed)
    return pd.DataFrame(rows, columns=CONSTANTS.arrow.names)


def _free_start(
    points: tuple[NDArray[np.int64], Array], constants: Constants, interval: fits.Interval, published: float
) -> list[dict[str, Any]]:
    """Rows of B² and R_k(0)/S, fitted together."""
    steps, strength = points
    theirs = {"speed": published, "start": constants.initial / constants.target}
    rows: list[dict[str, Any]] = [
        {"constant": name, "law": FREE, "published": value, "seeds": len(strength)} for name, value in theirs.items()
    ]
    try:
        both = fits.speed_and_start(steps, strength * constants.target, constants, interval)
    except TheoryError as error:
        return [{**row, "reason": str(error)} for row in rows]
    return [{**row, **vars(one), "reason": None} for row, one in zip(rows, both, strict=True)]


def _fit(points: tuple[NDArray[np.int64], Array], fit: Fit, how: Resampling) -> dict[str, Any]:
    """A fit with its interval, or the reason why there is none."""
    seeds = {"seeds": len(points[1])}
    try:
        estimate = fit(*points, np.random.default_rng(how.seed))
    except TheoryError as error:
        return {**seeds, "reason": str(error)}
    return {**vars(estimate), **seeds, "reason": None}


class ShotSettings(Strict):
    """The sweeps of one skill over data: as configured, and with one setting changed."""

    target: Positive
    sweeps: dict[str, Sweep]
    resampling: Resampling


def _fit_shots(
    samples: NDArray[np.int64],
    shares: Array,
    rng: np.random.Generator,
    law: DataLaw,
    constants: Constants,
    interval: fits.Interval,
) -> fits.FittedConstant:
    return fits.shots(samples, shares * constants.target, constants, law, interval, rng)


def fit_shots(settings: ShotSettings, sweeps: list[Path], table: Path) -> None:
    """Fit D_c to each sweep by either law (table ``shots``).

    Args:
        settings: How each sweep is trained, S, and intervals over seeds.
        sweeps: Tables ``sweep`` of one skill over the size of the data set, one of each sweep.
        table: Where ``shots`` is written.

    Raises:
        TheoryError: see `sweep_constants`.
    """
    rows = []
    for path in sweeps:
        ends = last_step(tables.read(SWEEP, path))
        name = ends["sweep"].iloc[0]
        sweep, how = settings.sweeps[name], settings.resampling
        constants, interval = sweep_constants(sweep, settings.target), fits.Interval(how.confidence, how.draws)
        for law in get_args(DataLaw):
            fit = partial(_fit_shots, law=law, constants=constants, interval=interval)
            names = {"sweep": name, "width": sweep.widths[0], "sigma": sweep.sigma, "law": law}
            rows.append({**names, **_fit(strengths_along("samples", ends), fit, how)})
    tables.write(SHOTS, pd.DataFrame(rows, columns=SHOTS.arrow.names), table)


def fit_constants(settings: ConstantSettings, time: Path, data: Path, width: Path, table: Path) -> None:
    """Fit the constants to the sweeps with one skill (table ``constants``).

    Args:
        settings: How the sweeps are trained, the published constants, and intervals over seeds.
        time: Table ``sweep`` over time.
        data: Table ``sweep`` over the size of the data set.
        width: Table ``sweep`` over width.
        table: Where ``constants`` is written.

    Raises:
        TheoryError: see `sweep_constants`.
    """
    over_time, over_data, over_width = (tables.read(SWEEP, path) for path in (time, data, width))
    tables.write(CONSTANTS, fit_each_constant(over_time, over_data, over_width, settings), table)
