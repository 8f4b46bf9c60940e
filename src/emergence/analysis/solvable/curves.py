"""Emergence on three axes: networks with five skills beside theory, whose constants come from networks with one."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import t

from emergence import tables
from emergence.analysis.curves import crossing, to_steps
from emergence.analysis.solvable.constants import Array, at_end, by, of_sweep
from emergence.schemas.solvable import CONSTANTS, CROSSINGS, CURVES, DEVIATIONS, SWEEP
from emergence.schemas.trajectories import BEHAVIOUR
from emergence.settings.solvable import CurveSettings, Resampling
from emergence.tasks.symbols import CONTROL
from emergence.theory import crossings, strengths
from emergence.theory.constants import Constants
from emergence.theory.skills import Skills

POINTS = 400  # of a theory curve
Row = dict[str, object]


@dataclass(frozen=True)
class Law:
    """One law of theory on one axis, and the constant of `Constants` that it takes from networks with one skill."""

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
            lambda share, skills, c: crossings.times(share, skills.frequencies, c),
        )
    ],
    "samples": [
        Law(
            "published",
            "shots",
            lambda x, skills, c: strengths.of_data(x, skills.frequencies, c, "published"),
            lambda share, skills, c: crossings.samples(share, skills.frequencies, c, "published"),
        ),
        Law(
            "linear",
            "shots",
            lambda x, skills, c: strengths.of_data(x, skills.frequencies, c, "linear"),
            lambda share, skills, c: crossings.samples(share, skills.frequencies, c, "linear"),
        ),
    ],
    "width": [
        Law(
            "linear",
            "neurons",
            lambda x, skills, c: strengths.of_width(x, skills.count, c),
            lambda share, skills, c: crossings.widths(share, skills.count, c),
        )
    ],
}
"""Laws by their axis, which is called as the column of a sweep."""


@dataclass(frozen=True)
class Theory:
    """A law with its constant, fitted (with its interval) or published."""

    law: Law
    source: str
    constants: Constants
    low: Constants | None = None
    high: Constants | None = None


def theories(axis: str, fitted: pd.DataFrame, base: Constants) -> Iterator[Theory]:
    """The laws of an axis; those that could not be fitted are with the published constant alone."""
    for law in AXES[axis]:
        (row,) = fitted[(fitted["constant"] == law.constant) & (fitted["law"] == law.name)].to_dict("records")
        if not np.isnan(row["value"]):
            with_value = [replace(base, **{law.constant: row[key]}) for key in ("value", "low", "high") if row[key] > 0]
            yield Theory(law, "fitted", *with_value)
        if law.name != "linear" or axis == "width":  # the constant that is published belongs to the law that is
            yield Theory(law, "published", replace(base, **{law.constant: row["published"]}))


def network_rows(axis: str, skill: int, x: NDArray[np.int64], found: Array) -> pd.DataFrame:
    """Mean and s.d. of R/S (seeds, points) over seeds."""
    spread = found.std(axis=0, ddof=1) if len(found) > 1 else np.full(len(x), np.nan)
    names = {"axis": axis, "skill": skill, "source": "network", "law": None, "seeds": len(found)}
    return pd.DataFrame({"x": x.astype(float), "strength": found.mean(axis=0), "spread": spread}).assign(**names)


def theory_rows(axis: str, theory: Theory, skills: Skills, x: NDArray[np.int64], target: float) -> pd.DataFrame:
    """R/S of a law over the range of an axis."""
    low, high = float(x[x > 0].min()), float(x.max())
    points = np.linspace(low, high, POINTS) if axis == "width" else np.geomspace(low, high, POINTS)
    found = theory.law.strength(points, skills, theory.constants) / target
    frames = [pd.DataFrame({"x": points, "strength": of_skill, "skill": k}) for k, of_skill in enumerate(found.T, 1)]
    return pd.concat(frames).assign(axis=axis, source=theory.source, law=theory.law.name, spread=np.nan, seeds=np.nan)


def dated(x: NDArray[np.int64], found: Array, first: Array, share: float, how: Resampling) -> Row:
    """Where R/S (seeds, points) passes a share on average, and how many times as far that is as for the first skill.

    With Student's intervals about a bootstrap over seeds, on a logarithmic scale, as in `emergence.theory.fits`.
    """
    draws = _draws(len(found), how)
    value, start = (float(passage(x, of_skill.mean(axis=0), share)) for of_skill in (found, first))
    drawn, drawn_first = (passage(x, draws @ of_skill, share) for of_skill in (found, first))
    reached = int(np.isfinite(passage(x, found, share)).sum())
    return {
        "seeds": len(found),
        "reached": reached,
        "value": value,
        **dict(zip(("low", "high"), around(value, drawn, len(found), how), strict=True)),
        "ratio": value / start,
        **dict(
            zip(("ratio_low", "ratio_high"), around(value / start, drawn / drawn_first, len(found), how), strict=True)
        ),
    }


def around(value: float, drawn: Array, seeds: int, how: Resampling) -> tuple[float, float]:
    """Student's interval of a positive value from its bootstrap over seeds (draws,); NaN where there is none."""
    if seeds < 2 or not np.isfinite(value) or not np.isfinite(drawn).all():
        return np.nan, np.nan
    error = np.log(drawn).std(ddof=1) * np.sqrt(seeds / (seeds - 1))
    factor = float(np.exp(t.ppf((1 + how.confidence) / 2, seeds - 1) * error))
    return value / factor, value * factor


def _draws(seeds: int, how: Resampling) -> Array:
    """Weights of seeds (draws, seeds) of a bootstrap, always the same."""
    rng = np.random.default_rng(how.seed)
    return rng.multinomial(seeds, np.full(seeds, 1 / seeds), size=how.draws) / seeds


def deviation(x: NDArray[np.int64], found: Array, theory: Theory, skills: Skills, settings: CurveSettings) -> Row:
    """Root mean square of networks' mean R/S (skills, seeds, points) about a law, with its interval over seeds."""
    points = x > 0  # all laws say the same where nothing has begun
    expected = theory.law.strength(x[points].astype(float), skills, theory.constants).T / settings.target
    seeds = found.shape[1]
    means = np.einsum("ds,ksp->dkp", _draws(seeds, settings.resampling), found[..., points])
    drawn = np.sqrt(((means - expected) ** 2).mean(axis=(1, 2)))
    value = float(np.sqrt(((found[..., points].mean(axis=1) - expected) ** 2).mean()))
    low, high = around(value, drawn, seeds, settings.resampling)
    return {"source": theory.source, "law": theory.law.name, "value": value, "low": low, "high": high, "seeds": seeds}


def passage(x: NDArray[np.int64], found: Array, share: float) -> Array:
    """Where curves (..., points) first pass a share, between points; NaN where they do not or start above it."""
    position = crossing(found, share, persistence=1)
    reached = np.isfinite(position) & (found[..., 0] < share)
    return np.where(reached, to_steps(np.nan_to_num(position), x), np.nan)


def crossing_rows(axis: str, theory: Theory, skills: Skills, shares: Array) -> Iterator[Row]:
    """Where a law passes the shares, with the interval of its constant."""
    kinds = {"value": theory.constants, "low": theory.low, "high": theory.high}
    found = {key: theory.law.crossing(shares, skills, c) for key, c in kinds.items() if c is not None}
    for place, share in enumerate(shares):
        for skill in range(skills.count):
            values = {key: float(at[place, skill]) for key, at in found.items()}
            if "low" in values:  # a faster network is earlier
                values["low"], values["high"] = sorted((values["low"], values["high"]))
            names = {"axis": axis, "skill": skill + 1, "share": float(share)}
            names["ratio"] = float(found["value"][place, skill] / found["value"][place, 0])
            yield {**names, "source": theory.source, "law": theory.law.name, **values}


def of_behaviour(behaviour: pd.DataFrame) -> pd.DataFrame:
    """R_k/S of the runs over time, on many samples, with the columns of a sweep."""
    chosen = behaviour[(behaviour["metric"] == "true_strength") & (behaviour["task"] != CONTROL)]
    return chosen.assign(skill=chosen["level"].astype(int), strength=chosen["value"])[
        ["seed", "step", "skill", "strength"]
    ]


def make(
    settings: CurveSettings,
    constants: Path,
    behaviour: list[Path],
    data: Path,
    width: Path,
    curves_table: Path,
    crossings_table: Path,
    deviations_table: Path,
) -> None:
    """Networks and theory on all three axes."""
    fitted, skills = tables.read(CONSTANTS, constants), Skills(settings.alpha, settings.skills)
    base, shares = of_sweep(settings.network, settings.target), np.array(settings.shares)
    measured = {
        "step": of_behaviour(tables.read(BEHAVIOUR, *behaviour)),
        "samples": at_end(tables.read(SWEEP, data)),
        "width": at_end(tables.read(SWEEP, width)),
    }
    curves: list[pd.DataFrame] = []
    passed: list[Row] = []
    deviations: list[Row] = []
    for axis, rows in measured.items():
        each = [by(axis, of_skill) for _, of_skill in rows.groupby("skill")]
        x, found = each[0][0], np.stack([strength for _, strength in each])
        for skill, of_skill in enumerate(found, start=1):
            curves.append(network_rows(axis, skill, x, of_skill))
            for share in settings.shares:
                names = {"axis": axis, "skill": skill, "share": share, "source": "network", "law": None}
                passed.append({**names, **dated(x, of_skill, found[0], share, settings.resampling)})
        for theory in theories(axis, fitted, base):
            curves.append(theory_rows(axis, theory, skills, x, settings.target))
            passed += crossing_rows(axis, theory, skills, shares)
            deviations.append({"axis": axis, **deviation(x, found, theory, skills, settings)})
    whole = {"skill": "int64", "seeds": "Int64"}
    tables.write(CURVES, pd.concat(curves).astype(whole), curves_table)
    passages = pd.DataFrame(passed, columns=CROSSINGS.arrow.names).astype({**whole, "reached": "Int64"})
    tables.write(CROSSINGS, passages, crossings_table)
    tables.write(DEVIATIONS, pd.DataFrame(deviations), deviations_table)
