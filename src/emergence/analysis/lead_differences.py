"""Paired lead-time differences: by how much a measure leads an event, compared with what else could have told of it.

For each event, the difference is the lead of the measure less the lead of a rival over the same event: the time at
which the rival's curve moves less that at which the measure's own curve moves, in checkpoints. Rivals are

- ``placebo``: the measure's curves of other tasks of the same difficulty in the same run *that emerge later or never*
  (their median); with a single task, of its other levels. A curve that announces its own task moves before those of
  tasks that are still to come; curves that all recover at one time do not. Without that restriction the difference is
  antisymmetric: each pair of events counts twice, with opposite signs, and the mean is zero whatever the measure does;
- ``control``: its curves of the control task, which never emerges (their median);
- ``own score`` and ``own loss``: the score and the loss of the event's own task-level;
- ``mean weight``: the mean absolute weight, for a measure of the whole network. Such a measure has one curve for all
  task-levels, so its placebo and control are that curve itself: what all tasks share announces none of them.

A curve that never moves counts as moving at the last checkpoint: the difference keeps its sign and is understated. Each
run counts once, with the median over its events; intervals are Student's over runs.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from emergence.analysis.curves import Array, mean_shift, noise, to_positions
from emergence.analysis.events import CLASSES, classify_difficulty
from emergence.analysis.intervals import known_quantiles, mean_interval
from emergence.analysis.precursors import CELLS
from emergence.analysis.select import select
from emergence.analysis.signals import signals_of_scores
from emergence.config.protocol import Collapse, Precursors, Statistics
from emergence.config.types import Strict
from emergence.io import tables
from emergence.schemas.analysis import EVENTS, LEAD_DIFFERENCES, LEADS, ONSETS, SCORES
from emergence.tasks.symbols import CONTROL

MOVES = {"onset": "onset_step", "change-point": "changepoint_step"}
"""Definitions of the time at which a curve moves, and their columns of table ``onsets``; a lag has no time."""
LEVEL = ["task", "level"]
PLACEBO = {way: f"placebo, {way}" for way in CLASSES}
MEAN_WEIGHT = "mean_weight"
MIDDLE = np.array([0.5])
RIVALS = ("placebo", "control", "own score", "own loss", "mean weight")
Row = dict[str, Any]


class DifferenceSettings(Strict):
    """Whose events are compared, how curves move, and intervals."""

    metric: str
    easy: list[str]
    collapse: Collapse
    precursors: Precursors
    statistics: Statistics


@dataclass(frozen=True)
class RunTimes:
    """Times of one run in checkpoints; arrays over its task-levels, the control's among them."""

    run: str
    size: str
    names: pd.MultiIndex
    steps: NDArray[np.int64]
    event: Array
    """infinite where there is none"""
    score: Array
    """when the score begins to move; NaN where it does not"""
    classes: dict[str, NDArray[np.object_]]
    alike: dict[str, NDArray[np.bool_]]
    """(levels, levels): other tasks of the row's difficulty"""

    @classmethod
    def of(
        cls, events: pd.DataFrame, scores: pd.DataFrame, classes: pd.DataFrame, definition: str, collapse: Collapse
    ) -> "RunTimes":
        """From events, scores (of one metric) and classes of one run.

        Args:
            events: Rows of table ``events``, one run and metric.
            scores: Rows of table ``scores``, the same run and metric.
            classes: Difficulty of the run's task-levels, of `classify_difficulty`.
            definition: Whether the score moves at its ``onset`` or its ``change-point``.
            collapse: How an onset is found, and by how much of the noise a change of mean must exceed it.
        """
        behaviour = signals_of_scores(scores, collapse)
        names = behaviour.names.droplevel("metric")
        emerged = events.set_index(LEVEL).reindex(names)
        step = to_positions(emerged["step"].to_numpy(dtype=float), behaviour.steps)
        tasks = names.get_level_values("task").to_numpy(dtype=object)
        event = np.where(np.isnan(step) | (tasks == CONTROL), np.inf, step)
        of_levels = classes.set_index(LEVEL).reindex(names)
        by_way = {way: of_levels[way].to_numpy(dtype=object) for way in CLASSES}
        taught = tasks != CONTROL
        unlike = tasks[:, None] != tasks if len(set(tasks[taught])) > 1 else ~np.eye(len(tasks), dtype=bool)
        alike = {way: unlike & (of[:, None] == of) & pd.notna(of) for way, of in by_way.items()}
        moved = behaviour.onset(behaviour.values)
        if definition == "change-point":
            moved, size = mean_shift(behaviour.values)
            moved = np.where(size > collapse.noise_multiple * noise(behaviour.values), moved, np.nan)
        run, size_name = events[["run", "size"]].iloc[0]
        return cls(run, size_name, names, behaviour.steps, event, moved, by_way, alike)

    def differences(self, moved: Array, others: Mapping[str, Array]) -> dict[str, Array]:
        """Differences (..., levels) by rival; NaN where there is no event or no rival.

        Args:
            moved: When the measure's curves move (..., levels).
            others: The same (levels,) of rivals that have curves of their own.
        """
        own, of_others = self._censored(moved), {name: self._censored(time) for name, time in others.items()}
        later = self.event[:, None] < self.event
        control = np.broadcast_to(self.names.get_level_values("task") == CONTROL, later.shape)
        rivals = {"own score": self._censored(self.score), **of_others, "control": _median(own, control)}
        rivals |= {PLACEBO[way]: _median(own, later & mask) for way, mask in self.alike.items()}
        return {name: np.where(np.isfinite(self.event), time - own, np.nan) for name, time in rivals.items()}

    def _censored(self, moved: Array) -> Array:
        return np.where(np.isnan(moved), len(self.steps) - 1.0, moved)


def _median(moved: Array, mask: NDArray[np.bool_]) -> Array:
    """Median (..., levels) over the curves that each row of a mask (levels, levels) chooses; NaN without any."""
    return known_quantiles(np.where(mask, moved[..., None, :], np.nan), MIDDLE)[..., 0]


def times_of_runs(
    events: pd.DataFrame, scores: pd.DataFrame, definition: str, settings: DifferenceSettings
) -> dict[str, RunTimes]:
    """Times of all runs, from tables ``events`` and ``scores``.

    Args:
        events: Table ``events``.
        scores: Table ``scores``.
        definition: A key of `MOVES`.
        settings: Metric, easy tasks, and how scores move.

    Returns:
        Times by run, without runs that have no task-level besides the control.
    """
    events, scores = (select(table, metric=settings.metric) for table in (events, scores))
    classes = dict(list(classify_difficulty(events, settings.easy).groupby("run")))
    scored = dict(list(scores.groupby("run")))
    return {
        str(run): RunTimes.of(rows, scored[run], classes[run], definition, settings.collapse)
        for run, rows in events.groupby("run", sort=False)
        if run in classes
    }


def of_whole_network(onsets: pd.DataFrame) -> bool:
    """Whether a measure has one curve for all task-levels of a run, from its rows of table ``onsets``."""
    features = ["floor", "early", *MOVES.values()]
    distinct = onsets.drop_duplicates(["run", *features])
    return len(distinct) == distinct["run"].nunique()


def moves(onsets: pd.DataFrame, times: Mapping[str, RunTimes], definition: str) -> dict[tuple[str, str], Array]:
    """When curves move (levels,), by measure and run, from table ``onsets``; NaN where they do not.

    Args:
        onsets: Table ``onsets`` of all measures.
        times: Times of each run, by its name.
        definition: A key of `MOVES`.

    Returns:
        Positions in checkpoints, in the order of the run's names; without measures that a run has no rows of.
    """
    wide = onsets.pivot(index=["run", *LEVEL], columns="measure", values=MOVES[definition]).astype(float)
    present = set(onsets[["measure", "run"]].drop_duplicates().itertuples(index=False, name=None))
    by_curve: dict[tuple[str, str], Array] = {}
    for run, of_run in times.items():
        keys = pd.MultiIndex.from_tuples([(run, *name) for name in of_run.names], names=["run", *LEVEL])
        positions = to_positions(wide.reindex(keys).to_numpy().T, of_run.steps)
        by_curve |= {
            (name, run): one for name, one in zip(wide.columns, positions, strict=True) if (name, run) in present
        }
    return by_curve


def pair_leads(
    moved: Mapping[tuple[str, str], Array], times: Mapping[str, RunTimes], whole_networks: Collection[str]
) -> pd.DataFrame:
    """Every event with the differences by rival: columns ``measure, run, size``, classes, and a column a rival.

    Args:
        moved: When the curves of each measure and run move, of `moves`.
        times: Of the runs.
        whole_networks: Measures with one curve for all task-levels.
    """
    frames = []
    for (measure, run), own in moved.items():
        of_run, rivals = times[run], {"own loss": "loss"}
        if measure in whole_networks:
            rivals["mean weight"] = MEAN_WEIGHT
        others = {
            name: moved[rival, run] for name, rival in rivals.items() if rival != measure and (rival, run) in moved
        }
        differences = of_run.differences(own, others)
        emerged = np.isfinite(of_run.event)
        columns = {name: values[emerged] for name, values in {**of_run.classes, **differences}.items()}
        frames.append(pd.DataFrame(columns).assign(measure=measure, run=run, size=of_run.size))
    return pd.concat(frames, ignore_index=True) if frames else pd.DataFrame(columns=["measure", "run", "size"])


def estimate_differences(
    pairs: pd.DataFrame,
    sizes: Sequence[str],
    margins: Mapping[str, float],
    confidence: float,
    cells: Sequence[tuple[str, str]] = tuple(CELLS),
) -> Iterator[Row]:
    """Mean difference over runs of each measure, cell, size and rival (rows of table ``lead_differences``).

    Args:
        pairs: Events with their differences, of `pair_leads`.
        sizes: Sizes with rows of their own, besides ``all``.
        margins: Lead that counts, in checkpoints, by measure; a measure that is not among them has no rows.
        confidence: Coverage of the intervals, such as 0.95.
        cells: Ways to tell difficulty, each with the difficulty that it keeps; ``all`` keeps every event.
    """
    for way, difficulty in cells:
        cell = pairs if way == "all" else select(pairs, **{way: difficulty})
        placebo = PLACEBO["family" if way == "all" else way]
        known = cell.rename(columns={placebo: "placebo"}).reindex(columns=["measure", "run", "size", *RIVALS])
        by_run = known.astype(dict.fromkeys(RIVALS, float)).groupby(["measure", "run", "size"], sort=False)
        table = pd.concat([by_run.median(), by_run.count().add_prefix("events, ")], axis=1).reset_index()
        for (measure, margin), size in product(margins.items(), ("all", *sizes)):
            rows = table[(table["measure"] == measure) & ((table["size"] == size) | (size == "all"))]
            for rival in RIVALS:
                mean = mean_interval(rows[rival].to_numpy(), confidence)
                if mean.runs:
                    names = {"measure": measure, "classes": way, "difficulty": difficulty, "size": size}
                    events = {"events": int(rows[f"events, {rival}"].sum()), "runs": mean.runs, "margin": margin}
                    yield {**names, "rival": rival, **events, **mean.named("difference")}


def margins_of(leads: pd.DataFrame, measures: Sequence[str], least: float) -> dict[str, float]:
    """Lead of each measure that counts, in checkpoints: as in table ``leads``, or the protocol's where it has none.

    Args:
        leads: Table ``leads``.
        measures: Names of the measures.
        least: Margin of the protocol, in checkpoints.
    """
    largest = leads.groupby("measure")["margin"].max()
    return {name: float(largest.get(name, least)) for name in measures}


def lead_differences(
    events: pd.DataFrame, scores: pd.DataFrame, onsets: pd.DataFrame, leads: pd.DataFrame, settings: DifferenceSettings
) -> pd.DataFrame:
    """Table ``lead_differences`` from tables ``events``, ``scores``, ``onsets`` and ``leads`` of all signals.

    Args:
        events: Table ``events``.
        scores: Table ``scores``.
        onsets: Table ``onsets``, whose measures are compared.
        leads: Table ``leads``, for the margins alone.
        settings: Metric, easy tasks, how curves move, and intervals.
    """
    sizes = list(events["size"].unique())
    margins = margins_of(leads, list(onsets["measure"].unique()), settings.precursors.margin)
    whole = {name for name, rows in onsets.groupby("measure", sort=False) if of_whole_network(rows)}
    rows: list[Row] = []
    for definition in MOVES:
        times = times_of_runs(events, scores, definition, settings)
        pairs = pair_leads(moves(onsets, times, definition), times, whole)
        estimated = estimate_differences(pairs, sizes, margins, settings.statistics.confidence)
        rows += [{"definition": definition, **row} for row in estimated]
    table = pd.DataFrame(rows, columns=LEAD_DIFFERENCES.arrow.names)
    return table.assign(whole_network=table["measure"].isin(whole))


def compare_lead_times(
    settings: DifferenceSettings, events: Path, scores: Path, onsets: list[Path], leads: list[Path], table: Path
) -> None:
    """Compare the leads of every measure with those of its rivals, event by event.

    Args:
        settings: Metric, easy tasks, how curves move, and intervals.
        events: Table ``events``.
        scores: Table ``scores``.
        onsets: Tables ``onsets``, one of each signal.
        leads: Tables ``leads``, one of each signal.
        table: Where ``lead_differences`` is written.
    """
    read = (tables.read(EVENTS, events), tables.read(SCORES, scores), tables.read(ONSETS, *onsets))
    tables.write(LEAD_DIFFERENCES, lead_differences(*read, tables.read(LEADS, *leads), settings), table)
