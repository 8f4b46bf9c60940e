"""Signals: the curves of one measure that are compared with behaviour, and the times at which they move.

Positions are in checkpoints of the trajectory, whatever the spacing of the measure. There are three definitions. The
*onset* is the sustained departure from the floor. The *change-point* is the best-fitting single change of mean after
the floor; it counts if it exceeds the same multiple of the noise. The *cross-correlation* has no time of its own: it
gives the lag of strongest correlation between the differenced series, both pre-whitened by the measure's first-order
autoregression, since smooth series correlate spuriously (Box & Jenkins). It counts if it exceeds the 5 % level of the
largest of as many independent lags under the null.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray
from scipy.special import ndtri

from emergence.analysis.collapse import CollapseShape, describe_collapse, rank_scale
from emergence.analysis.curves import Array, mean_shift, to_positions, to_steps
from emergence.analysis.select import last_layer
from emergence.config.protocol import Collapse, Signal

SCALES: dict[str, Callable[[Array], Array]] = {
    "rank": rank_scale,
    "asinh": np.arcsinh,
    "linear": np.array,
    "falling": np.negative,
}
SIGNIFICANCE = 0.05


@dataclass(frozen=True)
class Signals:
    """Curves of one measure along one run: a row per task-level (``names``), a column per checkpoint of the measure."""

    names: pd.MultiIndex
    steps: NDArray[np.int64]
    values: Array
    trajectory: NDArray[np.int64]
    """steps of all checkpoints of the run (checkpoints,)"""
    floor: float | None
    collapse: Collapse

    @property
    def spacing(self) -> int:
        """Checkpoints of the trajectory between two checkpoints of the measure; 1 where it was taken more often.

        The smallest gap, since the measure may have failed at some checkpoints.
        """
        gaps = np.diff(np.searchsorted(self.trajectory, self.steps))
        return int(gaps[gaps > 0].min(initial=len(self.trajectory)))

    @cached_property
    def _collapse(self) -> Collapse:
        return self.collapse.at_spacing(self.spacing)

    @cached_property
    def early(self) -> int:
        """Number of the measure's first checkpoints among which the floor lies."""
        return max(1, int((self.steps <= self.collapse.floor_until).sum()))

    def shape(self, curves: Array) -> CollapseShape:
        """Floor and onset of curves (..., checkpoints), in the measure's own checkpoints."""
        return describe_collapse(curves, self.early, self._collapse, self.floor)

    def onset(self, curves: Array) -> Array:
        """Position of the sustained departure from the floor; NaN where there is none."""
        return self._positions(self.shape(curves).onset_position)

    def change_point(self, curves: Array) -> Array:
        """Position of the change of mean after the floor; NaN where it does not exceed the noise."""
        shape = self.shape(curves)
        position, size = mean_shift(curves, shape.floor_position)
        significant = np.abs(size) > self._collapse.noise_multiple * shape.noise
        return self._positions(np.where(significant, position, np.nan))

    def lag(self, curves: Array, score: Array, largest: int) -> Array:
        """Checkpoints by which curves precede scores (..., checkpoints of the trajectory), by cross-correlation.

        Args:
            curves: Curves (..., checkpoints of the measure).
            score: Scores (..., checkpoints of the trajectory), broadcast with the curves.
            largest: Largest lag, in checkpoints of the trajectory; one spacing of the measure is tried at least.

        Returns:
            Lags (...) in checkpoints of the trajectory; NaN where `cross_correlation_lag` has none.
        """
        own = np.apply_along_axis(lambda one: np.interp(self.steps, self.trajectory, one), -1, score)
        return cross_correlation_lag(curves, own, max(1, largest // self.spacing)) * self.spacing

    def _positions(self, own: Array) -> Array:
        positions = to_positions(to_steps(np.nan_to_num(own), self.steps), self.trajectory)
        return np.where(np.isnan(own), np.nan, positions)


def select_variant(rows: pd.DataFrame, signal: Signal) -> pd.DataFrame:
    """Rows of a signal's variant; a signal of one probe group becomes a signal of the whole model."""
    of_variant = rows[rows["variant"] == signal.variant]
    if signal.group is None:
        return of_variant
    return of_variant[of_variant["task"] == signal.group].assign(task=None, level=None)


def expand_to_levels(rows: pd.DataFrame, scores: pd.DataFrame) -> pd.DataFrame:
    """Repeat a curve of the whole model for every task-level that its run has scores of.

    Rows stay unchanged where task-levels have curves of their own.
    """
    if rows["task"].notna().any():
        return rows
    levels = scores[["run", "task", "level"]].drop_duplicates()
    return rows.drop(columns=["task", "level"]).merge(levels, how="left", on="run")[rows.columns]


def signals_of_run(rows: pd.DataFrame, trajectory: NDArray[np.int64], signal: Signal, collapse: Collapse) -> Signals:
    """Signals of one run from its rows of one variant, in the last layer if the measure has layers.

    Failed estimates are interpolated linearly between checkpoints; a curve without any value is left out.

    Args:
        rows: Rows of table ``measure``, one run and variant.
        trajectory: Steps of all checkpoints of the run (checkpoints,).
        signal: Scale of the curves, and their floor where it is known beforehand.
        collapse: How floor and onset are found.
    """
    named = last_layer(rows).dropna(subset=["task"])
    wide = named.pivot(index=["task", "level"], columns="step", values="value").sort_index(axis=1)
    wide = wide.dropna(how="all").interpolate(axis=1, limit_direction="both")
    values = SCALES[signal.scale](wide.to_numpy())
    return Signals(wide.index, wide.columns.to_numpy(), values, trajectory, signal.floor, collapse)


def signals_of_scores(scores: pd.DataFrame, collapse: Collapse) -> Signals:
    """Score curves of one run, named by metric, task and level; the input-independent guess is their floor."""
    wide = scores.pivot(index=["metric", "task", "level"], columns="step", values="score").sort_index(axis=1)
    steps = wide.columns.to_numpy()
    return Signals(wide.index, steps, wide.to_numpy(), steps, 0.0, collapse)


def cross_correlation_lag(curves: Array, score: Array, largest: int) -> Array:
    """Lag of the strongest cross-correlation between curves and scores.

    Args:
        curves: Curves (..., n).
        score: Scores (..., n), broadcast with the curves.
        largest: Largest lag, in checkpoints.

    Returns:
        Lags (...) in checkpoints, positive where a curve precedes the score; NaN where no lag is significant, or for
        fewer than four checkpoints, which leave a single pre-whitened difference.
    """
    if curves.shape[-1] < 4:
        return np.full(np.broadcast_shapes(curves.shape[:-1], score.shape[:-1]), np.nan)
    moves, reply = np.diff(curves, axis=-1), np.diff(score, axis=-1)
    power = (moves[..., :-1] ** 2).sum(axis=-1)
    memory = (moves[..., 1:] * moves[..., :-1]).sum(axis=-1) / np.where(power > 0, power, 1.0)
    white = _standard(moves[..., 1:] - memory[..., None] * moves[..., :-1])
    answer = _standard(reply[..., 1:] - memory[..., None] * reply[..., :-1])
    n = white.shape[-1]
    lags = np.arange(-min(largest, n - 2), min(largest, n - 2) + 1)
    ends = [(0, 0)] * (answer.ndim - 1) + [(lags[-1], lags[-1])]
    moved = sliding_window_view(np.pad(answer, ends), n, axis=-1)  # (..., lags, n)
    correlation = np.einsum("...t,...kt->...k", white, moved) / np.sqrt(n)
    best = np.abs(correlation).argmax(axis=-1)
    strongest = np.abs(np.take_along_axis(correlation, best[..., None], axis=-1)[..., 0])
    return np.where(strongest > -ndtri(SIGNIFICANCE / 2 / len(lags)), lags[best].astype(float), np.nan)


def _standard(values: Array) -> Array:
    centred = values - values.mean(axis=-1, keepdims=True)
    spread = centred.std(axis=-1, keepdims=True)
    return centred / np.where(spread > 0, spread, 1.0)
