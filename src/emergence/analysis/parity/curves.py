"""Emergence in time, data and width: networks with five skills beside theory with constants from a single skill."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pydantic import Field

from emergence.analysis.curves import Array
from emergence.analysis.intervals import log_width, welch_factor
from emergence.analysis.parity.constants import (
    ConstantSettings,
    Resampling,
    last_step,
    strengths_along,
    sweep_constants,
)
from emergence.analysis.parity.seed_intervals import Row, bootstrap_weights, date_crossing, log_student_interval
from emergence.analysis.select import select, without_control
from emergence.config.parity_networks import Sweep
from emergence.config.types import Count, Fraction, Positive, Strict
from emergence.io import tables
from emergence.schemas.parity import COMPARISONS, CONSTANTS, CROSSINGS, CURVES, DEVIATIONS, SWEEP
from emergence.schemas.trajectories import BEHAVIOUR
from emergence.theory import strengths
from emergence.theory.model import Constants, Skills

POINTS = 400  # per theory curve
HALF = 0.5  # share at which networks are held against theory
ALONE = Skills(alpha=1.0, count=1)  # a single skill has frequency 1 for any α


class CurveSettings(Strict):
    """The networks over time and the crossings that are compared with theory."""

    target: Positive
    skills: Count
    alpha: Positive
    network: Sweep
    shares: Annotated[list[Fraction], Field(min_length=1)]
    """of the final strength, whose crossings are dated"""
    resampling: Resampling


@dataclass(frozen=True)
class Law:
    """One law on one axis, and its constant (a field of `Constants`), fitted to networks with one skill."""

    name: str
    constant: str
    strength: Callable[[Array, Skills, Constants], Array]
    """from points (n,) to R (n, skills)"""
    crossing: Callable[[Array, Skills, Constants], Array]
    """from shares (n,) to points (n, skills)"""


AXES: dict[str, list[Law]] = {
    "step": [
        Law(
            "sigmoid",
            "speed",
            lambda x, skills, c: strengths.of_time(x, skills.frequencies, c),
            lambda share, skills, c: strengths.crossing_times(share, skills.frequencies, c),
        )
    ],
    "samples": [
        Law(
            "published",
            "shots",
            lambda x, skills, c: strengths.of_data(x, skills.frequencies, c, "published"),
            lambda share, skills, c: strengths.crossing_samples(share, skills.frequencies, c, "published"),
        ),
        Law(
            "linear",
            "shots",
            lambda x, skills, c: strengths.of_data(x, skills.frequencies, c, "linear"),
            lambda share, skills, c: strengths.crossing_samples(share, skills.frequencies, c, "linear"),
        ),
    ],
    "width": [
        Law(
            "linear",
            "neurons",
            lambda x, skills, c: strengths.of_width(x, skills.count, c),
            lambda share, skills, c: strengths.crossing_widths(share, skills.count, c),
        )
    ],
}
"""Laws by axis, named after the column of table ``sweep``."""


@dataclass(frozen=True)
class Theory:
    """A law with its constant, fitted (with its interval) or published."""

    law: Law
    source: str
    constants: Constants
    low: Constants | None = None
    high: Constants | None = None


def theories(axis: str, fitted: pd.DataFrame, base: Constants) -> Iterator[Theory]:
    """The laws of an axis with fitted and published constants; a law without a fit has the published one alone.

    Args:
        axis: ``step``, ``samples`` or ``width``.
        fitted: Table ``constants``.
        base: Constants of the networks, with the fitted ones at 1.
    """
    for law in AXES[axis]:
        (row,) = fitted[(fitted["constant"] == law.constant) & (fitted["law"] == law.name)].to_dict("records")
        if not np.isnan(row["value"]):
            with_value = [replace(base, **{law.constant: row[key]}) for key in ("value", "low", "high") if row[key] > 0]
            yield Theory(law, "fitted", *with_value)
        if law.name != "linear" or axis == "width":  # the published constant belongs to the published law
            yield Theory(law, "published", replace(base, **{law.constant: row["published"]}))


def network_rows(axis: str, skill: int, x: NDArray[np.int64], strength: Array) -> pd.DataFrame:
    """Mean and s.d. of R/S (seeds, points) over seeds."""
    spread = strength.std(axis=0, ddof=1) if len(strength) > 1 else np.full(len(x), np.nan)
    names = {"axis": axis, "skill": skill, "source": "network", "law": None, "seeds": len(strength)}
    return pd.DataFrame({"x": x.astype(float), "strength": strength.mean(axis=0), "spread": spread}).assign(**names)


def theory_rows(axis: str, theory: Theory, skills: Skills, x: NDArray[np.int64], target: float) -> pd.DataFrame:
    """R/S of a law over the range of an axis."""
    low, high = float(x[x > 0].min()), float(x.max())
    points = np.linspace(low, high, POINTS) if axis == "width" else np.geomspace(low, high, POINTS)
    strength = theory.law.strength(points, skills, theory.constants) / target
    frames = [pd.DataFrame({"x": points, "strength": of_skill, "skill": k}) for k, of_skill in enumerate(strength.T, 1)]
    return pd.concat(frames).assign(axis=axis, source=theory.source, law=theory.law.name, spread=np.nan, seeds=np.nan)


def deviation(x: NDArray[np.int64], strength: Array, theory: Theory, skills: Skills, settings: CurveSettings) -> Row:
    """Root mean square of networks' mean R/S (skills, seeds, points) about a law, with its interval over seeds."""
    value, drawn = _deviations(x, strength, theory, skills, settings)
    seeds = strength.shape[1]
    low, high = log_student_interval(value, drawn, seeds, settings.resampling)
    return {"source": theory.source, "law": theory.law.name, "value": value, "low": low, "high": high, "seeds": seeds}


def compare_deviations(
    x: NDArray[np.int64], strength: Array, laws: tuple[Theory, Theory], skills: Skills, settings: CurveSettings
) -> Row:
    """Root mean square about one law over that about another, drawn together: both are of the same networks."""
    (one, drawn), (other, drawn_other) = (_deviations(x, strength, law, skills, settings) for law in laws)
    seeds = strength.shape[1]
    low, high = log_student_interval(one / other, drawn / drawn_other, seeds, settings.resampling)
    names = {"quantity": "deviation", "law": laws[0].law.name, "other": laws[1].law.name, "seeds": seeds}
    return {**names, "value": one / other, "low": low, "high": high}


def _deviations(
    x: NDArray[np.int64], strength: Array, theory: Theory, skills: Skills, settings: CurveSettings
) -> tuple[float, Array]:
    """The deviation of all seeds' mean curve, and those of a bootstrap over seeds (draws,)."""
    points = x > 0  # at 0 all laws agree
    expected = theory.law.strength(x[points].astype(float), skills, theory.constants).T / settings.target
    means = np.einsum("ds,ksp->dkp", bootstrap_weights(strength.shape[1], settings.resampling), strength[..., points])
    drawn = np.sqrt(((means - expected) ** 2).mean(axis=(1, 2)))
    return float(np.sqrt(((strength[..., points].mean(axis=1) - expected) ** 2).mean())), drawn


def over_fitted(crossings: pd.DataFrame, constants: pd.DataFrame, confidence: float) -> Iterator[Row]:
    """Networks' crossings of one half over those of laws with fitted constants (quantity ``crossing``).

    The constants come from other networks, with one skill: variances of logarithms add, with the degrees of freedom of
    Welch and Satterthwaite.

    Args:
        crossings: Table ``crossings``.
        constants: Table ``constants``.
        confidence: Of the intervals.
    """
    half = crossings[crossings["share"] == HALF]
    networks = half[half["source"] == "network"].set_index(["axis", "skill"])
    seeds_of = constants.set_index(["constant", "law"])["seeds"]
    for law in half[half["source"] == "fitted"].to_dict("records"):
        axis, skill = law["axis"], law["skill"]
        network = networks.loc[(axis, skill)]
        (constant,) = (one.constant for one in AXES[axis] if one.name == law["law"])
        seeds = int(network["seeds"]), int(seeds_of.loc[(constant, law["law"])])
        ratio = network["value"] / law["value"]
        factor = welch_factor(zip((log_width(network), log_width(law)), seeds, strict=True), confidence)
        names = {"quantity": "crossing", "axis": axis, "law": law["law"], "skill": skill, "seeds": min(seeds)}
        yield {**names, "value": ratio, "low": ratio / factor, "high": ratio * factor}


def crossing_rows(axis: str, theory: Theory, skills: Skills, shares: Array) -> Iterator[Row]:
    """Crossings of the shares by a law, with the interval of its constant."""
    kinds = {"value": theory.constants, "low": theory.low, "high": theory.high}
    crossed = {key: theory.law.crossing(shares, skills, c) for key, c in kinds.items() if c is not None}
    for place, share in enumerate(shares):
        for skill in range(skills.count):
            values = {key: float(at[place, skill]) for key, at in crossed.items()}
            if "low" in values:  # a larger rate gives an earlier crossing
                values["low"], values["high"] = sorted((values["low"], values["high"]))
            names = {"axis": axis, "skill": skill + 1, "share": float(share)}
            names["ratio"] = float(crossed["value"][place, skill] / crossed["value"][place, 0])
            yield {**names, "source": theory.source, "law": theory.law.name, **values}


def over_theory(crossings: pd.DataFrame) -> pd.DataFrame:
    """Where networks pass each share, over where each law says they do.

    Args:
        crossings: Table ``crossings``.

    Returns:
        A row an axis, share, skill, source and law: ``ratio`` of networks to theory with the interval of the networks,
        ``low`` and ``high``.
    """
    of_networks = crossings["source"] == "network"
    keys, ends = ["axis", "share", "skill"], ["value", "low", "high"]
    theory = crossings.loc[~of_networks, [*keys, "source", "law", "value"]].rename(columns={"value": "expected"})
    joined = crossings.loc[of_networks, [*keys, *ends]].merge(theory, on=keys)
    ratios = joined[ends].div(joined["expected"], axis=0).rename(columns={"value": "ratio"})
    return pd.concat([joined[[*keys, "source", "law"]], ratios], axis=1)


def true_strengths(behaviour: pd.DataFrame) -> pd.DataFrame:
    """R_k/S of the runs over time, on many samples, in the columns of table ``sweep``."""
    chosen = without_control(select(behaviour, metric="true_strength"))
    return chosen.assign(skill=chosen["level"].astype(int), strength=chosen["value"])[
        ["seed", "step", "skill", "strength"]
    ]


def compare_with_theory(
    settings: CurveSettings,
    constants: Path,
    behaviour: list[Path],
    data: Path,
    width: Path,
    curves_table: Path,
    crossings_table: Path,
    deviations_table: Path,
    comparisons_table: Path,
) -> None:
    """Compare networks with theory on all axes (``curves``, ``crossings``, ``deviations`` and ``comparisons``)."""
    fitted, skills = tables.read(CONSTANTS, constants), Skills(settings.alpha, settings.skills)
    base, shares = sweep_constants(settings.network, settings.target), np.array(settings.shares)
    measured = {
        "step": true_strengths(tables.read(BEHAVIOUR, *behaviour)),
        "samples": last_step(tables.read(SWEEP, data)),
        "width": last_step(tables.read(SWEEP, width)),
    }
    curves: list[pd.DataFrame] = []
    crossing_table: list[Row] = []
    deviations: list[Row] = []
    comparisons: list[Row] = []
    for axis, rows in measured.items():
        each = [strengths_along(axis, of_skill) for _, of_skill in rows.groupby("skill")]
        x, strength = each[0][0], np.stack([of_skill for _, of_skill in each])
        for skill, of_skill in enumerate(strength, start=1):
            curves.append(network_rows(axis, skill, x, of_skill))
            for share in settings.shares:
                names = {"axis": axis, "skill": skill, "share": share, "source": "network", "law": None}
                crossing_table.append({**names, **date_crossing(x, of_skill, strength[0], share, settings.resampling)})
        laws = list(theories(axis, fitted, base))
        fitted_laws = [law for law in laws if law.source == "fitted"]
        if len(fitted_laws) == 2:
            two = fitted_laws[0], fitted_laws[1]
            comparisons.append({"axis": axis, **compare_deviations(x, strength, two, skills, settings)})
        for theory in laws:
            curves.append(theory_rows(axis, theory, skills, x, settings.target))
            crossing_table += crossing_rows(axis, theory, skills, shares)
            deviations.append({"axis": axis, **deviation(x, strength, theory, skills, settings)})
    whole = {"skill": "int64", "seeds": "Int64"}
    tables.write(CURVES, pd.concat(curves).astype(whole), curves_table)
    crossed = pd.DataFrame(crossing_table, columns=CROSSINGS.arrow.names).astype({**whole, "reached": "Int64"})
    tables.write(CROSSINGS, crossed, crossings_table)
    tables.write(DEVIATIONS, pd.DataFrame(deviations), deviations_table)
    comparisons += over_fitted(crossed, fitted, settings.resampling.confidence)
    compared = pd.DataFrame(comparisons, columns=COMPARISONS.arrow.names).astype({"skill": "Int64"})
    tables.write(COMPARISONS, compared, comparisons_table)


def compare_single_skill(
    settings: ConstantSettings, constants: Path, time: Path, data: Path, width: Path, table: Path
) -> None:
    """Compare networks with one skill with the laws fitted to them (table ``curves``)."""
    fitted = tables.read(CONSTANTS, constants)
    sweeps = {"step": (settings.time, time), "samples": (settings.data, data), "width": (settings.width, width)}
    frames = []
    for axis, (sweep, path) in sweeps.items():
        rows = tables.read(SWEEP, path)
        x, strength = strengths_along(axis, rows if axis == "step" else last_step(rows))
        frames.append(network_rows(axis, 1, x, strength))
        laws = theories(axis, fitted, sweep_constants(sweep, settings.target))
        frames += [theory_rows(axis, law, ALONE, x, settings.target) for law in laws]
    tables.write(CURVES, pd.concat(frames).astype({"skill": "int64", "seeds": "Int64"}), table)
