"""Power laws in trained networks: of emergence times, and of the loss with the cross-entropy.

Emergence times follow T_k ∝ k^(α+1) ∝ 1/P_k in two-layer networks (SGD and Adam) and in a transformer. A skill emerges
where the running median of R_k/S first crosses a share: 0.05 as published (arXiv:2404.17563, figure 4), and one half.
The exponent is the slope of log T on log k, seed by seed, over the skills that emerge in every seed: including a late
skill for its fast seeds alone would bias it.

With the cross-entropy (arXiv:2303.13506) the loss falls faster than theory predicts, which is for squared errors and
gradient flow, where L ∝ T^(−α/(α+1)) for infinitely many skills. The loss of the skills beyond the finite number (ln 2
times their frequency) is added before a slope is fitted.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from emergence.analysis.curves import Array, crossing, smooth, to_steps
from emergence.analysis.parity.constants import strengths_along
from emergence.analysis.parity.curves import true_strengths
from emergence.analysis.parity.seed_intervals import first_crossing, student_interval
from emergence.config.parity_theory import PowerLawSettings
from emergence.config.types import Count, Fraction, Positive, Strict
from emergence.io import tables
from emergence.schemas.parity import EMERGENCE_TIMES, ENTROPY, ENTROPY_SLOPES, POWER_LAWS, SWEEP
from emergence.schemas.trajectories import BEHAVIOUR
from emergence.theory.model import Skills

UNLEARNED = np.log(2)  # nats per sample


class PowerSettings(Strict):
    """Exponents of the tasks and the power law of emergence times."""

    alpha: Positive
    """of the two-layer networks"""
    transformer_alpha: Positive
    law: PowerLawSettings
    confidence: Fraction
    """of the intervals over seeds"""


@dataclass(frozen=True)
class EmergenceTimes:
    """Steps at which skills cross a share in networks of one kind."""

    steps: Array
    """(seeds, skills); NaN where a skill does not cross it"""
    until: float
    """last step"""
    alpha: float

    @property
    def skills(self) -> Skills:
        """The skills with their frequencies."""
        return Skills(self.alpha, self.steps.shape[1])

    @property
    def complete(self) -> NDArray[np.bool_]:
        """Mask (skills,) of the skills that emerge in every seed."""
        finite: NDArray[np.bool_] = np.isfinite(self.steps)
        return np.logical_and.reduce(finite, axis=0)


def emergence_times(curves: pd.DataFrame, alpha: float, share: float, smoothing: int) -> EmergenceTimes:
    """First crossings of a share by every skill in every seed.

    Args:
        curves: R/S, with columns seed, step, skill and strength.
        alpha: α of the task.
        share: Share of the final strength.
        smoothing: Evaluations of the running median (odd).
    """
    steps = []
    for _, of_skill in curves.groupby("skill"):
        x, strength = strengths_along("step", of_skill)
        steps.append(first_crossing(x, smooth(strength, smoothing), share))
    return EmergenceTimes(np.stack(steps, axis=1), float(curves["step"].max()), alpha)


def emergence_rows(times: EmergenceTimes, confidence: float) -> Iterator[dict[str, Any]]:
    """Rows of table ``emergence_times``: the geometric mean over seeds, null unless the skill emerges in all."""
    for skill, (steps, frequency) in enumerate(zip(times.steps.T, times.skills.frequencies, strict=True), 1):
        reached = steps[np.isfinite(steps)]
        row = {"skill": skill, "frequency": frequency, "reached": len(reached), "seeds": len(steps)}
        row |= {"until": times.until, "earliest": reached.min() if len(reached) else np.nan}
        if len(reached) == len(steps):
            row |= zip(("value", "low", "high"), np.exp(student_interval(np.log(steps), confidence)), strict=True)
        yield row


def power_rows(times: EmergenceTimes, minimum: int, confidence: float) -> Iterator[dict[str, Any]]:
    """Rows of table ``power_laws``: slopes on log k and on log 1/P_k, beside the expected ones.

    Args:
        times: Steps of one kind of network.
        minimum: Number of skills that must emerge in every seed for a slope.
        confidence: Coverage of the intervals, such as 0.95.
    """
    skills, used = times.skills, times.complete
    counts = {"fitted": int(used.sum()), "skills": skills.count, "seeds": len(times.steps)}
    counts["censored"] = int(np.isnan(times.steps).sum())
    rarity = {"k": np.arange(1, skills.count + 1), "1/P": 1 / skills.frequencies}
    for (against, x), expected in zip(rarity.items(), (times.alpha + 1, 1.0), strict=True):
        row = {"against": against, "expected": expected, **counts}
        if used.sum() >= minimum:
            logs, over = np.log(times.steps[:, used]), np.log(x[used])
            row |= zip(("slope", "low", "high"), student_interval(slopes(over, logs), confidence), strict=True)
            row["scale"] = float(np.exp((logs - expected * over).mean()))
        yield row


def slopes(x: Array, curves: Array) -> Array:
    """Least-squares slope of each curve (curves, points) over x (points,).

    >>> slopes(np.array([0.0, 1.0, 2.0]), np.array([[1.0, 3.0, 5.0]]))
    array([2.])
    """
    centred = x - x.mean()
    return curves @ centred / (centred @ centred)


def power_laws(curves: Mapping[str, tuple[pd.DataFrame, float]], settings: PowerSettings) -> tuple[pd.DataFrame, ...]:
    """Tables ``emergence_times`` and ``power_laws``, from the curves of each kind of network and the α of its task."""
    emerged: list[dict[str, Any]] = []
    fitted: list[dict[str, Any]] = []
    law, confidence = settings.law, settings.confidence
    for network, (of_network, alpha) in curves.items():
        for share in law.shares:
            names = {"network": network, "share": share}
            times = emergence_times(of_network, alpha, share, law.smoothing)
            emerged += [{**names, **row} for row in emergence_rows(times, confidence)]
            fitted += [{**names, **row} for row in power_rows(times, law.minimum, confidence)]
    times = pd.DataFrame(emerged, columns=EMERGENCE_TIMES.arrow.names)
    return times, pd.DataFrame(fitted, columns=POWER_LAWS.arrow.names)


def fit_power_laws(
    settings: PowerSettings,
    behaviour: list[Path],
    adam: Path,
    transformers: list[Path],
    emergence_times_table: Path,
    power_laws_table: Path,
) -> None:
    """Fit the exponent of emergence times in each kind of network (``emergence_times`` and ``power_laws``).

    Args:
        settings: α of the tasks, shares, smoothing, least number of skills, and confidence.
        behaviour: Tables ``behaviour`` of two-layer networks under SGD, one of each run.
        adam: Table ``sweep`` of two-layer networks under Adam.
        transformers: Tables ``sweep`` of transformers, one of each run.
        emergence_times_table: Where ``emergence_times`` is written.
        power_laws_table: Where ``power_laws`` is written.
    """
    curves = {
        "MLP, SGD": (true_strengths(tables.read(BEHAVIOUR, *behaviour)), settings.alpha),
        "MLP, Adam": (tables.read(SWEEP, adam), settings.alpha),
        "transformer, SGD": (tables.read(SWEEP, *transformers), settings.transformer_alpha),
    }
    emergences, fitted = power_laws(curves, settings)
    tables.write(EMERGENCE_TIMES, emergences, emergence_times_table)
    tables.write(POWER_LAWS, fitted, power_laws_table)


class EntropySettings(Strict):
    """The task of the cross-entropy variant and the range of its slope."""

    alpha: Positive
    skills: Count
    ranks: tuple[int, int]
    published: Positive
    confidence: Fraction


def total_loss(rows: pd.DataFrame, skills: Skills) -> pd.DataFrame:
    """Table ``entropy`` from table ``sweep``; ``infinite`` includes the loss of skills beyond the finite number."""
    wide = rows.pivot(index=["seed", "step"], columns="skill", values="loss").sort_index(axis=1)
    frame = (wide @ skills.frequencies).rename("loss").reset_index()
    return frame.assign(infinite=frame["loss"] + UNLEARNED * skills.beyond)


def fit_window(rows: pd.DataFrame, ranks: tuple[int, int]) -> tuple[float, float]:
    """Steps at which the mean strengths of the skills of two ranks cross one half; NaN where one does not."""
    ends = []
    for rank in ranks:
        mean = rows[rows["skill"] == rank].groupby("step")["share"].mean()
        position = crossing(mean.to_numpy(), 0.5, persistence=1)
        ends.append(float(to_steps(position, mean.index.to_numpy())) if np.isfinite(position) else np.nan)
    return ends[0], ends[1]


def log_slopes(losses: pd.DataFrame, start: float, end: float) -> Array:
    """Logarithmic slope of each seed's loss between two steps (seeds,); NaN for fewer than three evaluations.

    Args:
        losses: Table ``entropy``.
        start: First step that counts; if it or ``end`` is NaN, there are no slopes.
        end: Last step that counts.
    """
    inside = losses[(losses["step"] >= start) & (losses["step"] <= end)]
    fitted = [
        np.polyfit(np.log(of_seed["step"]), np.log(of_seed["infinite"]), 1)[0] if len(of_seed) > 2 else np.nan
        for _, of_seed in inside.groupby("seed")
    ]
    return np.array(fitted, dtype=np.float64)


def summarise_slopes(rows: pd.DataFrame, losses: pd.DataFrame, settings: EntropySettings) -> pd.DataFrame:
    """Table ``entropy_slopes``: one row, with Student's interval over seeds.

    Args:
        rows: Table ``sweep`` with a column ``share``, the share of a skill's information that is learned.
        losses: Table ``entropy``.
        settings: α, ranks of the skills between whose emergence the slope is fitted, published slope and confidence.
    """
    start, end = fit_window(rows, settings.ranks)
    each = log_slopes(losses, start, end)
    each = each[np.isfinite(each)]
    row: dict[str, object] = {"predicted": -settings.alpha / (settings.alpha + 1), "published": -settings.published}
    row |= {"seeds": len(each), "start": start, "end": end}
    if len(each):
        row |= zip(("value", "low", "high"), student_interval(each, settings.confidence), strict=True)
    return pd.DataFrame([row], columns=ENTROPY_SLOPES.arrow.names)


def slope_lines(losses: pd.DataFrame, slopes: pd.DataFrame) -> pd.DataFrame:
    """Power laws with the fitted, the predicted and the published slope, through the mean loss where the fit starts.

    Args:
        losses: Table ``entropy``.
        slopes: Table ``entropy_slopes``.

    Returns:
        Columns ``step``, ``value``, ``predicted`` and ``published``; no rows where no slope was fitted.
    """
    (row,) = slopes.to_dict("records")
    kinds = ["value", "predicted", "published"]
    if np.isnan(row["value"]):
        return pd.DataFrame(columns=["step", *kinds])
    steps = np.geomspace(row["start"], row["end"], 20)
    mean = losses.groupby("step")["infinite"].mean()
    start = float(np.interp(steps[0], mean.index, mean))
    return pd.DataFrame({"step": steps, **{kind: start * (steps / steps[0]) ** row[kind] for kind in kinds}})


def fit_entropy_slopes(settings: EntropySettings, sweep: Path, entropy_table: Path, entropy_slopes_table: Path) -> None:
    """Compute the total loss over time, and fit its slope (tables ``entropy`` and ``entropy_slopes``).

    Args:
        settings: The task, and the range of the slope.
        sweep: Table ``sweep`` of networks that descend the cross-entropy.
        entropy_table: Where ``entropy`` is written.
        entropy_slopes_table: Where ``entropy_slopes`` is written.
    """
    rows = tables.read(SWEEP, sweep)
    rows["share"] = 1 - rows["loss"] / UNLEARNED  # share of a skill's information, in nats, that is learned
    losses = total_loss(rows, Skills(settings.alpha, settings.skills))
    tables.write(ENTROPY, losses, entropy_table)
    tables.write(ENTROPY_SLOPES, summarise_slopes(rows, losses, settings), entropy_slopes_table)
