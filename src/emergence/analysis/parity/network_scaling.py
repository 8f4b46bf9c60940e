"""Scaling laws of the loss in trained networks, over time and over the size of the data set.

The loss falls as a power law where it is a sum over a continuum of skills; a network learns a few. So the loss of the
skills beyond the finite number is added, ½S² times their frequency, and the slope is fitted between the half-times of
the first and the last skill alone. The closed form with the same few skills, at the same points, says how near the
power law of infinitely many one can come there: where even that is far from it, networks cannot test the law. One slope
over all of the range tells little: networks that learn all skills at about one time have it as well, steep first and
flat later. So the slopes of both halves stand beside, to be compared with those of the closed form.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from emergence.analysis.curves import Array
from emergence.analysis.parity.constants import last_step, sweep_constants
from emergence.analysis.parity.power_laws import slopes
from emergence.analysis.parity.scaling import FEWEST
from emergence.analysis.parity.seed_intervals import student_interval
from emergence.analysis.select import select, without_control
from emergence.config.parity_networks import Sweep
from emergence.config.types import Count, Fraction, Positive, Strict
from emergence.io import tables
from emergence.schemas.parity import CONSTANTS, NETWORK_EXPONENTS, NETWORK_LOSSES, SWEEP
from emergence.schemas.trajectories import BEHAVIOUR
from emergence.theory import loss, strengths
from emergence.theory.model import Constants, Skills

LAWS = {"step": ("speed", "sigmoid"), "samples": ("shots", "published")}
"""Constant and law of each axis, as in table ``constants``."""


class NetworkScalingSettings(Strict):
    """The networks whose loss is followed."""

    target: Positive
    skills: Count
    alpha: Positive
    network: Sweep
    """the runs over time"""
    data: Sweep
    many: dict[str, Sweep]
    """sweeps with more skills, by name"""
    confidence: Fraction


@dataclass(frozen=True)
class NetworkLoss:
    """Loss of networks along one axis."""

    axis: str
    skills: Skills
    constants: Constants
    x: NDArray[np.int64]
    """(points,), above 0"""
    values: Array
    """(seeds, points), with that of the skills beyond the finite number"""

    @property
    def closed(self) -> Array:
        """The same in closed form (points,)."""
        of = {"step": loss.of_time, "samples": loss.of_data}[self.axis]
        return of(self.x.astype(float), self.skills, self.constants) + _beyond(self.skills, self.constants)

    @property
    def window(self) -> tuple[float, float]:
        """Where the first and the last skill are half learned, by theory."""
        frequencies = self.skills.frequencies
        if self.axis == "step":
            half = strengths.crossing_times(0.5, frequencies, self.constants)
        else:
            half = strengths.crossing_samples(0.5, frequencies, self.constants, "published")
        return float(half[0]), float(half[-1])

    @property
    def rows(self) -> pd.DataFrame:
        """Rows of table ``network_losses``."""
        ends = {"value": self.values.mean(axis=0), "low": self.values.min(axis=0), "high": self.values.max(axis=0)}
        names = {"axis": self.axis, "skills": self.skills.count}
        return pd.DataFrame({"x": self.x.astype(float), **ends, "closed": self.closed}).assign(**names)

    def exponents(self, confidence: float) -> Iterator[dict[str, object]]:
        """Rows of table ``network_exponents``; without a slope where training ends before the last skill."""
        (start, end), alpha = self.window, self.skills.alpha
        middle = float(np.sqrt(start * end))
        for part, low, high in (("all", start, end), ("first half", start, middle), ("second half", middle, end)):
            inside = (self.x >= low) & (self.x <= high)
            row: dict[str, object] = {
                "axis": self.axis,
                "skills": self.skills.count,
                "part": part,
                "expected": -alpha / (alpha + 1),
                "start": low,
                "end": high,
                "points": int(inside.sum()),
                "seeds": len(self.values),
            }
            fitted = inside.sum() >= (FEWEST if part == "all" else 2) and self.x.max() >= end
            yield row | (self._slope(inside, confidence) if fitted else {})

    def _slope(self, inside: NDArray[np.bool_], confidence: float) -> dict[str, float]:
        logs = np.log(self.x[inside])
        each = slopes(logs, np.log(self.values[:, inside]))
        value, low, high = student_interval(each, confidence)
        closed = float(slopes(logs, np.log(self.closed[None, inside]))[0])
        return {"closed": closed, "value": value, "low": low, "high": high}


def _beyond(skills: Skills, constants: Constants) -> float:
    """Loss of the skills that the same frequencies have beyond the finite number, none of them learned."""
    return constants.target**2 / 2 * skills.beyond


def network_loss(axis: str, rows: pd.DataFrame, skills: Skills, constants: Constants) -> NetworkLoss:
    """The loss of networks from that of every skill.

    Args:
        axis: ``step`` or ``samples``.
        rows: Columns seed, skill, loss and that of the axis, whose point 0 is left out.
        skills: The skills with their frequencies.
        constants: Those of the closed form.
    """
    wide = rows[rows[axis] > 0].pivot(index=["seed", axis], columns="skill", values="loss").sort_index(axis=1)
    total = (wide @ skills.frequencies).unstack(axis).sort_index(axis=1) + _beyond(skills, constants)
    return NetworkLoss(axis, skills, constants, total.columns.to_numpy(np.int64), total.to_numpy(dtype=float))


def with_fitted(base: Constants, axis: str, fitted: pd.DataFrame) -> Constants:
    """Constants of a sweep with that of the axis as fitted to one skill; as published where there is no fit.

    Args:
        base: Constants of the sweep, with the fitted ones at 1.
        axis: ``step`` or ``samples``.
        fitted: Table ``constants``.
    """
    name, law = LAWS[axis]
    (row,) = fitted[(fitted["constant"] == name) & (fitted["law"] == law)].to_dict("records")
    return replace(base, **{name: row["published"] if np.isnan(row["value"]) else row["value"]})


def losses(
    settings: NetworkScalingSettings, fitted: pd.DataFrame, behaviour: pd.DataFrame, sweeps: dict[str, pd.DataFrame]
) -> Iterator[NetworkLoss]:
    """Losses of the runs over time, of the sweep over data, and of those with more skills.

    Args:
        settings: What was trained.
        fitted: Table ``constants``.
        behaviour: Table ``behaviour`` of the runs over time.
        sweeps: Tables ``sweep`` by name; that over data is called ``data``.
    """
    per_skill = without_control(select(behaviour, metric="loss"))
    over_time = per_skill.assign(skill=per_skill["level"].astype(int), loss=per_skill["value"])
    trained = {"data": settings.data, **settings.many}
    skills = Skills(settings.alpha, settings.skills)
    of_time = with_fitted(sweep_constants(settings.network, settings.target), "step", fitted)
    yield network_loss("step", over_time, skills, of_time)
    for name, rows in sweeps.items():
        sweep = trained[name]
        axis = "samples" if sweep.samples else "step"
        constants = with_fitted(sweep_constants(sweep, settings.target), axis, fitted)
        of_sweep = Skills(settings.alpha, sweep.skills or settings.skills)
        yield network_loss(axis, last_step(rows) if sweep.samples else rows, of_sweep, constants)


def fit_network_scaling(
    settings: NetworkScalingSettings,
    constants: Path,
    behaviour: list[Path],
    sweeps: list[Path],
    network_losses_table: Path,
    network_exponents_table: Path,
) -> None:
    """Follow the loss of networks, and fit its exponents (tables ``network_losses`` and ``network_exponents``).

    Args:
        settings: What was trained, and the confidence of intervals over seeds.
        constants: Table ``constants``.
        behaviour: Tables ``behaviour`` of the runs over time, one of each run.
        sweeps: Tables ``sweep``: over the size of the data set, and those with more skills.
        network_losses_table: Where ``network_losses`` is written.
        network_exponents_table: Where ``network_exponents`` is written.

    Raises:
        TheoryError: see `sweep_constants`.
    """
    read = (tables.read(SWEEP, path) for path in sweeps)
    by_name = {str(rows["sweep"].iloc[0]): rows for rows in read}
    followed = list(losses(settings, tables.read(CONSTANTS, constants), tables.read(BEHAVIOUR, *behaviour), by_name))
    tables.write(NETWORK_LOSSES, pd.concat([one.rows for one in followed]), network_losses_table)
    exponents = pd.DataFrame(
        [row for one in followed for row in one.exponents(settings.confidence)],
        columns=NETWORK_EXPONENTS.arrow.names,
    )
    tables.write(NETWORK_EXPONENTS, exponents, network_exponents_table)
