"""Signals: the curves of one measure that are held against behaviour, and when they move.

Positions are in checkpoints of the trajectory, whatever the spacing of the measure's own. Times are of three kinds. The
*onset* is the sustained departure from the floor. The *change-point* is the one change of mean, from the floor on, that
fits best; it counts if it exceeds the same multiple of the noise. The *cross-correlation* has no time of its own: it
gives the lag between the differenced series at which they agree most, each pre-whitened by the measure's first-order
autoregression, since a smooth series correlates with everything (Box & Jenkins); it counts if it exceeds what the
largest of as many independent lags would under the null, at 5 %.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import norm

from emergence.analysis.collapse import Shape, rank_scale, shape
from emergence.analysis.curves import Array, mean_shift, noise, to_positions, to_steps
from emergence.settings.analysis import Collapse, Signal

SCALES: dict[str, Callable[[Array], Array]] = {
    "rank": rank_scale,
    "asinh": np.arcsinh,
    "linear": np.array,
    "falling": np.negative,
}
SIGNIFICANCE = 0.05


@dataclass(frozen=True)
class Signals:
    """Curves of one measure along one run: a row a task-level (``names``), a column a checkpoint of the measure."""

    names: pd.MultiIndex
    steps: NDArray[np.int64]
    values: Array
    trajectory: NDArray[np.int64]
    """steps of all checkpoints of the run"""
    floor: float | None
    collapse: Collapse

    @property
    def spacing(self) -> int:
        """Checkpoints of the trajectory from one of the measure's to its next."""
        gaps = np.diff(np.searchsorted(self.trajectory, self.steps))
        return int(gaps.min(initial=len(self.trajectory)))  # the smallest, since some may have failed

    @cached_property
    def _collapse(self) -> Collapse:
        return self.collapse.at_spacing(self.spacing)

    @cached_property
    def early(self) -> int:
        """Number of the measure's checkpoints among which the floor is looked for."""
        return max(1, int((self.steps <= self.collapse.floor_until).sum()))

    def shape(self, curves: Array) -> Shape:
        """Floor and onset of curves (..., checkpoints), in the measure's own checkpoints."""
        return shape(curves, self.early, self._collapse, self.floor)

    def onset(self, curves: Array) -> Array:
        """Position of the sustained departure from the floor; NaN where there is none."""
        return self._positions(self.shape(curves).onset_position)

    def change_point(self, curves: Array) -> Array:
        """Position of the change of mean after the floor; NaN where it is no more than noise."""
        position, size = mean_shift(curves, self.shape(curves).floor_position)
        kept = np.abs(size) > self._collapse.noise_multiple * noise(curves)
        return self._positions(np.where(kept, position, np.nan))

    def lag(self, curves: Array, score: Array, largest: int) -> Array:
        """Checkpoints by which curves precede ``score`` (checkpoints of the trajectory,) by cross-correlation."""
        own = np.interp(self.steps, self.trajectory, score)
        return lag(curves, own, max(1, largest // self.spacing)) * self.spacing

    def _positions(self, own: Array) -> Array:
        found = to_positions(to_steps(np.nan_to_num(own), self.steps), self.trajectory)
        return np.where(np.isnan(own), np.nan, found)


def chosen(rows: pd.DataFrame, signal: Signal) -> pd.DataFrame:
    """Rows of a signal's variant; if it is that of one group, these as rows of the whole model."""
    of_variant = rows[rows["variant"] == signal.variant]
    if signal.group is None:
        return of_variant
    return of_variant[of_variant["task"] == signal.group].assign(task=None, level=None)


def last_layer(rows: pd.DataFrame) -> pd.DataFrame:
    """Rows of each run's last layer; all rows of a measure that has no layers."""
    return rows[rows["layer"].isna() | (rows["layer"] == rows.groupby("run")["layer"].transform("max"))]


def of_every_level(rows: pd.DataFrame, scores: pd.DataFrame) -> pd.DataFrame:
    """Rows of one variant in which a curve of the whole model stands for every task-level that its run has scores of.

    They stay as they are where task-levels have curves of their own.
    """
    if rows["task"].notna().any():
        return rows
    levels = scores[["run", "task", "level"]].drop_duplicates()
    return rows.drop(columns=["task", "level"]).merge(levels, how="left", on="run")[rows.columns]


def of_run(rows: pd.DataFrame, trajectory: NDArray[np.int64], signal: Signal, collapse: Collapse) -> Signals:
    """Curves of one run from its rows of one variant: the last layer, if the measure has layers.

    Where an estimator failed, a curve goes straight from the checkpoint before to the one after; a curve without any
    value is left out.
    """
    named = last_layer(rows).dropna(subset=["task"])
    wide = named.pivot(index=["task", "level"], columns="step", values="value").sort_index(axis=1)
    wide = wide.dropna(how="all").interpolate(axis=1, limit_direction="both")
    values = SCALES[signal.scale](wide.to_numpy())
    return Signals(wide.index, wide.columns.to_numpy(), values, trajectory, signal.floor, collapse)


def lag(curves: Array, score: Array, largest: int) -> Array:
    """Lag in checkpoints (curves,) at which curves (curves, n) precede ``score`` (n,).

    NaN where nothing stands out, as with fewer than four checkpoints, of which one pre-whitened difference is left.
    """
    if curves.shape[-1] < 4:
        return np.full(curves.shape[:-1], np.nan)
    moves, reply = np.diff(curves, axis=-1), np.diff(score)
    power = (moves[..., :-1] ** 2).sum(axis=-1)
    memory = (moves[..., 1:] * moves[..., :-1]).sum(axis=-1) / np.where(power > 0, power, 1.0)
    white = _standard(moves[..., 1:] - memory[..., None] * moves[..., :-1])
    answer = _standard(reply[1:] - memory[..., None] * reply[:-1])
    n = white.shape[-1]
    lags = np.arange(-min(largest, n - 2), min(largest, n - 2) + 1)
    agreement = np.stack(
        [(white[..., max(0, -k) : n - max(0, k)] * answer[..., max(0, k) : n + min(0, k)]).sum(axis=-1) for k in lags],
        axis=-1,
    ) / np.sqrt(n)
    best = np.abs(agreement).argmax(axis=-1)
    strongest = np.abs(np.take_along_axis(agreement, best[..., None], axis=-1)[..., 0])
    return np.where(strongest > norm.isf(SIGNIFICANCE / 2 / len(lags)), lags[best].astype(float), np.nan)


def _standard(values: Array) -> Array:
    centred = values - values.mean(axis=-1, keepdims=True)
    spread = centred.std(axis=-1, keepdims=True)
    return centred / np.where(spread > 0, spread, 1.0)
