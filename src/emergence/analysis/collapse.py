"""Early collapse of a measure: initial value, floor, the step of the fall and the onset of recovery.

On the smoothed curve: for ranks its logarithm, with those below one counted as one. The floor is the minimum within
the first steps; the collapse is timed where the curve has fallen half of the way (in logarithm) to it; recovery begins
where the curve has left the floor by a multiple of its own noise and stays away.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from emergence import tables
from emergence.analysis.curves import Array, crossing, noise, smoothed, to_steps
from emergence.schemas.analysis import COLLAPSE
from emergence.schemas.trajectories import MEASURE
from emergence.settings.analysis import Collapse
from emergence.tables import RUN

CURVE = [*RUN, "task", "level", "layer", "measure", "variant"]


@dataclass(frozen=True)
class Shape:
    """What a collapse looks like; arrays over curves. Positions in checkpoints, NaN where there is none."""

    initial: Array
    floor: Array
    floor_position: NDArray[np.int64]
    collapse_position: Array
    onset_position: Array


def shape(curves: Array, early: int, settings: Collapse, floor: float | None = None) -> Shape:
    """Describe curves (..., checkpoints), whose floor lies within the first ``early`` checkpoints unless it is known.

    Curves are on the scale on which they move: for ranks the natural logarithm, of which ``settings.depth`` speaks.
    """
    smooth = smoothed(curves, settings.smoothing)
    initial, place = smooth[..., 0], smooth[..., :early].argmin(axis=-1)
    lowest = np.take_along_axis(smooth, place[..., None], axis=-1)[..., 0]
    if floor is not None:
        place, lowest = np.zeros_like(place), np.full_like(lowest, floor)
    onset = crossing(smooth, lowest + settings.noise_multiple * noise(curves), settings.persistence, after=place)
    fall = crossing(-smooth[..., :early], -(initial + lowest) / 2, 1)
    fell = lowest - initial < np.log(settings.depth)
    return Shape(initial, lowest, place, np.where(fell, fall, np.nan), onset)


def rank_scale(values: Array) -> Array:
    """Scale of ranks: their logarithm, with ranks below one counted as one."""
    return np.log(np.maximum(values, 1.0))


def by_run(rows: pd.DataFrame) -> Iterator[pd.DataFrame]:
    """Curves of each run, from rows of one measure: a row a curve, a column a step."""
    for _, run in rows.dropna(subset=["task"]).groupby("run", sort=False):
        yield run.pivot_table(index=CURVE, columns="step", values="value", sort=False).sort_index(axis=1)


def collapse(rows: pd.DataFrame, settings: Collapse) -> pd.DataFrame:
    """One row a run, task-level, layer and variant (table ``collapse``), from rows of one measure."""
    frames = []
    for wide in by_run(rows):
        steps = wide.columns.to_numpy()
        found = shape(rank_scale(wide.to_numpy()), int((steps <= settings.floor_until).sum()), settings)
        frame = wide.index.to_frame(index=False)
        frame["initial"], frame["floor"] = np.exp(found.initial), np.exp(found.floor)
        frame["floor_step"] = to_steps(found.floor_position.astype(float), steps)
        frame["depth"] = frame["floor"] / frame["initial"]
        frame["collapse_step"] = to_steps(found.collapse_position, steps)
        frame["onset_step"] = to_steps(found.onset_position, steps)
        frames.append(frame)
    return pd.concat(frames, ignore_index=True) if frames else pd.DataFrame(columns=COLLAPSE.arrow.names)


def make(settings: Collapse, measures: list[Path], table: Path) -> None:
    """Find collapse and recovery in every curve of a measure."""
    frames = [collapse(tables.read(MEASURE, path), settings) for path in measures]
    found = [frame for frame in frames if len(frame)] or frames[:1]  # a run may have nothing that could be measured
    tables.write(COLLAPSE, pd.concat(found, ignore_index=True), table)
