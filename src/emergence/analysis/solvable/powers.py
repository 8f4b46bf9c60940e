"""The power law of emergence times, T_k ∝ k^(α+1) ∝ 1/P_k, in two-layer networks (SGD and Adam) and in a transformer.

A skill emerges where the running median of R_k/S first passes a share: 0.05 as published (arXiv:2404.17563, figure 4),
one half beside it. The exponent is the slope of log T on log k, seed by seed, over the skills
that emerged in every seed: to take those of a late skill that happened to be in time would bend the law.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import t

from emergence import tables
from emergence.analysis.curves import smoothed
from emergence.analysis.solvable.constants import Array, by
from emergence.analysis.solvable.curves import of_behaviour, passage
from emergence.schemas.powers import EMERGENCES, POWERS
from emergence.schemas.solvable import SWEEP
from emergence.schemas.trajectories import BEHAVIOUR
from emergence.settings.scalar_transformer import PowerSettings
from emergence.theory.skills import Skills


@dataclass(frozen=True)
class Passages:
    """Steps at which skills pass a share in networks of one kind."""

    steps: Array
    """(seeds, skills); NaN where a skill does not pass it"""
    until: float
    """last step"""
    alpha: float

    @property
    def skills(self) -> Skills:
        """The skills with their frequencies."""
        return Skills(self.alpha, self.steps.shape[1])

    @property
    def complete(self) -> NDArray[np.bool_]:
        """Skills (skills,) that emerged in every seed."""
        finite: NDArray[np.bool_] = np.isfinite(self.steps)
        return np.logical_and.reduce(finite, axis=0)


def passages(curves: pd.DataFrame, alpha: float, share: float, smoothing: int) -> Passages:
    """First passages from curves with the columns seed, step, skill and strength."""
    steps = []
    for _, of_skill in curves.groupby("skill"):
        x, found = by("step", of_skill)
        steps.append(passage(x, smoothed(found, smoothing), share))
    return Passages(np.stack(steps, axis=1), float(curves["step"].max()), alpha)


def student(values: Array, confidence: float) -> tuple[float, float, float]:
    """Mean with Student's interval, whose bounds are NaN for fewer than two values."""
    mean, count = float(values.mean()), len(values)
    if count < 2:
        return mean, np.nan, np.nan
    half = float(t.ppf((1 + confidence) / 2, count - 1) * values.std(ddof=1) / np.sqrt(count))
    return mean, mean - half, mean + half


def emergence_rows(found: Passages, confidence: float) -> Iterator[dict[str, Any]]:
    """One row a skill: the geometric mean over seeds, or what is known where some did not emerge."""
    for skill, (steps, frequency) in enumerate(zip(found.steps.T, found.skills.frequencies, strict=True), 1):
        reached = steps[np.isfinite(steps)]
        row = {"skill": skill, "frequency": frequency, "reached": len(reached), "seeds": len(steps)}
        row |= {"until": found.until, "earliest": reached.min() if len(reached) else np.nan}
        if len(reached) == len(steps):
            row |= zip(("value", "low", "high"), np.exp(student(np.log(steps), confidence)), strict=True)
        yield row


def power_rows(found: Passages, minimum: int, confidence: float) -> Iterator[dict[str, Any]]:
    """The slopes on log k and on log 1/P_k, beside those that are expected."""
    skills, used = found.skills, found.complete
    counts = {"fitted": int(used.sum()), "skills": skills.count, "seeds": len(found.steps)}
    counts["censored"] = int(np.isnan(found.steps).sum())
    rarity = {"k": np.arange(1, skills.count + 1), "1/P": 1 / skills.frequencies}
    for (against, x), expected in zip(rarity.items(), (found.alpha + 1, 1.0), strict=True):
        row = {"against": against, "expected": expected, **counts}
        if used.sum() >= minimum:
            logs, over = np.log(found.steps[:, used]), np.log(x[used])
            row |= zip(("slope", "low", "high"), student(slopes(over, logs), confidence), strict=True)
            row["scale"] = float(np.exp((logs - expected * over).mean()))
        yield row


def slopes(x: Array, curves: Array) -> Array:
    """Least-squares slope of each curve (curves, points) over x (points,).

    >>> slopes(np.array([0.0, 1.0, 2.0]), np.array([[1.0, 3.0, 5.0]]))
    array([2.])
    """
    centred = x - x.mean()
    return curves @ centred / (centred @ centred)


def powers(curves: Mapping[str, tuple[pd.DataFrame, float]], settings: PowerSettings) -> tuple[pd.DataFrame, ...]:
    """Tables ``emergences`` and ``powers`` from the curves of each kind of network with the α of its task."""
    emerged: list[dict[str, Any]] = []
    fitted: list[dict[str, Any]] = []
    law, confidence = settings.law, settings.confidence
    for network, (of_network, alpha) in curves.items():
        for share in law.shares:
            names = {"network": network, "share": share}
            found = passages(of_network, alpha, share, law.smoothing)
            emerged += [{**names, **row} for row in emergence_rows(found, confidence)]
            fitted += [{**names, **row} for row in power_rows(found, law.minimum, confidence)]
    return tuple(
        pd.DataFrame(rows, columns=schema.arrow.names) for rows, schema in ((emerged, EMERGENCES), (fitted, POWERS))
    )


def make(
    settings: PowerSettings,
    behaviour: list[Path],
    adam: Path,
    transformers: list[Path],
    emergences_table: Path,
    powers_table: Path,
) -> None:
    """Fit the exponent of emergence times in all three kinds of network."""
    curves = {
        "MLP, SGD": (of_behaviour(tables.read(BEHAVIOUR, *behaviour)), settings.alpha),
        "MLP, Adam": (tables.read(SWEEP, adam), settings.alpha),
        "transformer, SGD": (tables.read(SWEEP, *transformers), settings.transformer_alpha),
    }
    emergences, fitted = powers(curves, settings)
    tables.write(EMERGENCES, emergences, emergences_table)
    tables.write(POWERS, fitted, powers_table)
