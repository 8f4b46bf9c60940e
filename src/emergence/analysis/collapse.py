"""Early collapse of a measure, and its direction: which layer collapses first.

Initial value, floor, the step of the fall and the onset of recovery are taken from the smoothed curve (for ranks, its
logarithm, with ranks below one set to one). The floor is the minimum within the first steps. The collapse step is where
the curve has fallen half of the way to the floor; recovery begins where the curve rises above the floor by a multiple
of its own noise and stays there.

The unit of the direction is task × size, as published (32 units), with collapse steps as medians over levels and seeds.
A unit is *top-down* (``last_first``) only if its last layer collapses strictly before every other; ``downward`` is the
weaker criterion that the collapse step decreases with depth (negative Kendall correlation). Units of one size share
networks.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import kendalltau

from emergence.analysis.curves import Array, crossing, noise, smooth, to_steps
from emergence.analysis.intervals import clopper_pearson
from emergence.analysis.select import seed_summary
from emergence.config.protocol import Collapse
from emergence.errors import EmergenceError
from emergence.io import tables
from emergence.io.tables import RUN
from emergence.schemas.analysis import COLLAPSE, DIRECTION, DIRECTION_SHARES
from emergence.schemas.trajectories import MEASURE

CURVE = [*RUN, "task", "level", "layer", "measure", "variant"]


class CollapseError(EmergenceError):
    """A run in which a collapse could not be seen; the message names the run and the remedy."""


@dataclass(frozen=True)
class CollapseShape:
    """Collapse of curves (...,): values on the curves' scale, positions in checkpoints, NaN where there is none."""

    initial: Array
    floor: Array
    floor_position: NDArray[np.int64]
    collapse_position: Array
    onset_position: Array
    noise: Array
    """standard deviation"""


def describe_collapse(curves: Array, early: int, settings: Collapse, floor: float | None = None) -> CollapseShape:
    """Find floor, collapse and onset of recovery.

    Args:
        curves: Values (..., checkpoints), for ranks their natural logarithm.
        early: Number of first checkpoints among which the floor lies.
        settings: Smoothing, depth (ratio of floor to initial value that counts as a collapse) and noise multiple.
        floor: The floor where it is known beforehand.
    """
    smoothed = smooth(curves, settings.smoothing)
    initial, place = smoothed[..., 0], smoothed[..., :early].argmin(axis=-1)
    lowest = np.take_along_axis(smoothed, place[..., None], axis=-1)[..., 0]
    if floor is not None:
        place, lowest = np.zeros_like(place), np.full_like(lowest, floor)
    scatter = noise(curves)
    onset = crossing(smoothed, lowest + settings.noise_multiple * scatter, settings.persistence, after=place)
    fall = crossing(-smoothed[..., :early], -(initial + lowest) / 2, 1)
    fell = lowest - initial < np.log(settings.depth)
    return CollapseShape(initial, lowest, place, np.where(fell, fall, np.nan), onset, scatter)


def rank_scale(values: Array) -> Array:
    """Scale of ranks: their logarithm, with ranks below one counted as one."""
    return np.log(np.maximum(values, 1.0))


def mean_rank(ranks: pd.DataFrame, by: Sequence[str]) -> pd.DataFrame:
    """Geometric mean of ranks, those below one counted as one (`seed_summary` by these columns)."""
    return seed_summary(ranks.assign(value=ranks["value"].clip(lower=1.0)), "value", by, geometric=True)


def change_of_rank(ranks: pd.DataFrame) -> pd.DataFrame:
    """Ranks relative to step 0: ``mean`` of each size, layer and step, geometric over task-levels and seeds.

    Args:
        ranks: Rows of one measure and variant, those of step 0 among them.
    """
    curve = ["run", "task", "level", "layer"]
    values = ranks.assign(value=ranks["value"].clip(lower=1.0))
    start = values[values["step"] == 0].set_index(curve)["value"].rename("start")
    relative = values.join(start, on=curve)
    relative = relative.assign(value=relative["value"] / relative["start"])
    return seed_summary(relative, "value", ["size", "layer", "step"], geometric=True)


def curves_by_run(rows: pd.DataFrame) -> Iterator[pd.DataFrame]:
    """Curves of each run from table ``measure``: a row per curve, a column per step."""
    for _, run in rows.dropna(subset=["task"]).groupby("run", sort=False):
        yield run.pivot_table(index=CURVE, columns="step", values="value", sort=False).sort_index(axis=1)


def early_checkpoints(curves: pd.DataFrame, settings: Collapse) -> int:
    """Number of a run's first checkpoints, up to ``floor_until``, among which the floor lies.

    Raises:
        CollapseError: if there are none, so that a collapse could not be seen.
    """
    early = int((curves.columns <= settings.floor_until).sum())
    if not early:
        run = curves.index.get_level_values("run")[0]
        raise CollapseError(
            f"{run}: its first checkpoint, step {curves.columns[0]}, lies after protocol.collapse.floor_until "
            f"({settings.floor_until}); raise it, or add an earlier checkpoint"
        )
    return early


def find_collapses(rows: pd.DataFrame, settings: Collapse) -> pd.DataFrame:
    """Table ``collapse`` from rows of one measure: one row per run, task-level, layer and variant.

    Raises:
        CollapseError: see `early_checkpoints`.
    """
    frames = []
    for wide in curves_by_run(rows):
        steps = wide.columns.to_numpy()
        shape = describe_collapse(rank_scale(wide.to_numpy()), early_checkpoints(wide, settings), settings)
        frame = wide.index.to_frame(index=False)
        frame["initial"], frame["floor"] = np.exp(shape.initial), np.exp(shape.floor)
        frame["floor_step"] = to_steps(shape.floor_position.astype(float), steps)
        frame["depth"] = frame["floor"] / frame["initial"]
        frame["collapse_step"] = to_steps(shape.collapse_position, steps)
        frame["onset_step"] = to_steps(shape.onset_position, steps)
        frames.append(frame)
    return pd.concat(frames, ignore_index=True) if frames else pd.DataFrame(columns=COLLAPSE.arrow.names)


def detect_collapses(settings: Collapse, measures: list[Path], table: Path) -> None:
    """Find collapse and recovery in every curve of a measure (table ``collapse``).

    Args:
        settings: How floor, collapse and recovery are found.
        measures: Tables ``measure``, one of each run.
        table: Where ``collapse`` is written.

    Raises:
        CollapseError: see `early_checkpoints`.
    """
    frames = [find_collapses(tables.read(MEASURE, path), settings) for path in measures]
    measured = [frame for frame in frames if len(frame)] or frames[:1]  # a run's measurements may all have failed
    tables.write(COLLAPSE, pd.concat(measured, ignore_index=True), table)


def compare_collapse_steps(collapses: pd.DataFrame) -> pd.DataFrame:
    """Table ``direction`` from rows of table ``collapse`` of one variant.

    A layer that collapses in fewer than half of a unit's curves has no collapse step and cannot be first.
    """
    rows = []
    for (task, size, parameters), unit in collapses.groupby(["task", "size", "parameters"], sort=False):
        steps = unit.assign(step=unit["collapse_step"].fillna(np.inf)).groupby("layer")["step"]
        median = steps.median()
        last, others = median.iloc[-1], median.iloc[:-1]
        tau = kendalltau(median.index, median).statistic if np.isfinite(median).any() else np.nan
        verdicts = {
            "last_first": bool(len(others) and np.isfinite(last) and (last < others).all()),
            "downward": bool(tau < 0),
        }
        for layer in median.index:
            quartiles = {"collapse_step": median[layer], "low": steps.quantile(0.25)[layer]}
            quartiles["high"] = steps.quantile(0.75)[layer]
            finite = {name: value if np.isfinite(value) else None for name, value in quartiles.items()}
            rows.append({"task": task, "size": size, "parameters": parameters, "layer": layer, **finite, **verdicts})
    return pd.DataFrame(rows)


def chance_of_downward(layers: int) -> float:
    """Share of all orders of ``layers`` steps whose Kendall correlation with depth is negative.

    From the numbers of permutations by inversions: half of the orders whose correlation is not zero.

    >>> chance_of_downward(2), chance_of_downward(4)
    (0.5, 0.375)
    """
    counts = np.ones(1)
    for size in range(2, layers + 1):
        counts = np.convolve(counts, np.ones(size) / size)
    return float(counts[np.arange(len(counts)) > (len(counts) - 1) / 2].sum())


def count_directions(units: pd.DataFrame, confidence: float) -> pd.DataFrame:
    """Table ``direction_shares``: top-down and downward units, by size and over all, with exact intervals."""
    layers = units.groupby(["task", "size"], sort=False)["layer"].transform("nunique")
    chances = {"last_first": 1 / layers, "downward": layers.map(chance_of_downward)}
    tasks = units.assign(**{f"chance_{name}": chance for name, chance in chances.items()})
    tasks = tasks.drop_duplicates(["task", "size"])
    rows = []
    for size, statistic in product(["all", *tasks["size"].unique()], chances):
        chosen = tasks[(size == "all") | (tasks["size"] == size)]
        hits, chance = chosen[statistic], chosen[f"chance_{statistic}"].mean()
        low, high = clopper_pearson(int(hits.sum()), len(hits), confidence)
        share = {"count": hits.sum(), "units": len(hits), "share": hits.mean(), "low": low, "high": high}
        rows.append({"size": size, "statistic": statistic, **share, "chance": chance})
    return pd.DataFrame(rows)


def compare_layers(
    variant: str,
    confidence: float,
    left_out: list[str],
    collapses: Path,
    direction_table: Path,
    direction_shares_table: Path,
) -> None:
    """Compare the collapse steps of the primary variant over layers.

    Args:
        variant: Primary variant of the measure.
        confidence: Coverage of the intervals of shares, such as 0.95.
        left_out: Tasks that form no units.
        collapses: Table ``collapse``.
        direction_table: Where ``direction`` is written.
        direction_shares_table: Where ``direction_shares`` is written.
    """
    rows = tables.read(COLLAPSE, collapses)
    chosen = (rows["variant"] == variant) & ~rows["task"].isin(left_out)
    units = compare_collapse_steps(rows[chosen])
    tables.write(DIRECTION, units, direction_table)
    tables.write(DIRECTION_SHARES, count_directions(units, confidence), direction_shares_table)
