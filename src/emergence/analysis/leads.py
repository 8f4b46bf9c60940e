"""Lead times: how far a measure moves ahead of each emergence event, and the same under each null.

A lead, in checkpoints, has one of three definitions: the event minus the measure's *onset*; the *change-point* of the
score minus that of the measure; the lag of their *cross-correlation* (see `emergence.analysis.signals`). Any recovery
after an early collapse precedes a late event, whatever its cause. So each event carries the probability of a lead under
these nulls:

- ``shift``: random rotations of the measure's curve;
- ``placebo``: the curves of other tasks of the same difficulty in the same run, with difficulty classified either way;
- ``control``: the curves of the control task, which is trained on shuffled answers and never emerges;
- ``random``: the measure's own time against an event at a random checkpoint (exact);
- ``own score``: the score itself, by the same definition. An onset is the start of a rise and an event its half-way
  point, so anything that moves with behaviour leads it.

The task's own loss is a measure like the others; `emergence.analysis.precursors` adds its leads as a null.

A measure of the whole network, such as the degree of emergence, has one curve for all task-levels of a run, its placebo
and control too: its excess over them is 0. What all tasks share cannot predict any one of them, however early it moves.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import get_args

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from emergence.analysis import signals
from emergence.analysis.curves import Array, mean_shift, noise, to_positions, to_steps
from emergence.analysis.events import CLASSES, UNIT, classify_difficulty
from emergence.analysis.intervals import known_quantiles
from emergence.analysis.neuromfa.degree_of_emergence import with_degree
from emergence.analysis.signals import Signals
from emergence.config.protocol import Collapse, Definition, Events, Precursors, Signal, Statistics
from emergence.config.types import Strict
from emergence.errors import EmergenceError
from emergence.io import tables
from emergence.schemas.analysis import EVENTS, LEADS, NULL_LEADS, ONSETS, SCORES
from emergence.schemas.trajectories import MEASURE
from emergence.tasks.symbols import CONTROL

DEFINITIONS: tuple[str, ...] = get_args(Definition)
QUANTILES = np.arange(0.1, 0.95, 0.1)


class LeadSettings(Strict):
    """One signal, and how its leads are defined and tested."""

    measure: str
    signal: Signal
    easy: list[str]
    metric: str
    """whose events are placed on circular shifts and compared with other runs"""
    events: Events
    collapse: Collapse
    precursors: Precursors
    statistics: Statistics


class SignalError(EmergenceError):
    """A signal whose measure lacks its variant; the message names the key."""


def classify_leads(lead: Array, margin: float) -> NDArray[np.object_]:
    """Relation of leads in checkpoints: leads, synchronous, lags, or none where either time does not exist."""
    known = [np.isnan(lead), lead > margin, lead < -margin]
    return np.select(known, ["none", "leads", "lags"], "synchronous").astype(object)


def rotate(curve: Array, draws: int, rng: np.random.Generator) -> Array:
    """Random circular shifts (draws, checkpoints) of a curve (checkpoints,), by at least one checkpoint."""
    offsets = rng.integers(1, max(2, len(curve)), draws)
    return curve[(np.arange(len(curve)) + offsets[:, None]) % len(curve)]


def random_lead_chance(positions: Array, checkpoints: int, margin: float) -> Array:
    """Probability that ``positions`` (...,) lead an event at a random checkpoint by more than a margin; 0 for NaN.

    >>> random_lead_chance(np.array([0.0, 2.5, 9.0, np.nan]), checkpoints=10, margin=2.0).tolist()
    [0.7, 0.5, 0.0, 0.0]
    """
    later = np.floor(np.nan_to_num(positions, nan=np.inf) + margin)  # the last checkpoint without a lead
    return np.clip(checkpoints - 1 - later, 0, None) / checkpoints


def find_leads(
    events: pd.DataFrame,
    scores: pd.DataFrame,
    rows: pd.DataFrame,
    settings: LeadSettings,
    names: Sequence[str] = DEFINITIONS,
    shares: Array = QUANTILES,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Leads of one signal over every event.

    Args:
        events: Table ``events``.
        scores: Table ``scores``; all metrics of a run at the same steps.
        rows: Rows of the signal (see `signal_rows`); a run without rows has no leads.
        settings: The signal and the protocol.
        names: Definitions of a lead.
        shares: Quantiles of null leads; without any, the second table is empty.

    Returns:
        Tables ``leads`` and ``null_leads``.
    """
    primary = events[events["metric"] == settings.metric]
    difficulty = classify_difficulty(primary, settings.easy)
    emerged = events[events["emerged"] & (events["task"] != CONTROL)].merge(
        difficulty, "left", ["run", "task", "level"]
    )
    chosen, behaved, classes = (dict(list(of.groupby("run"))) for of in (emerged, scores, difficulty))
    leads, nulls = [pd.DataFrame(columns=LEADS.arrow.names)], [pd.DataFrame(columns=NULL_LEADS.arrow.names)]
    for run, of_run in rows.groupby("run", sort=False):
        if run in chosen:
            compared = RunLeads.of(chosen[run], behaved[run], of_run, classes[run], settings)
            if len(compared.place):
                for parts, table in zip((leads, nulls), compared.tables(names, shares), strict=True):
                    parts.append(table)
    first, second = (
        pd.concat([one for one in parts if len(one)] or parts, ignore_index=True) for parts in (leads, nulls)
    )
    return first[LEADS.arrow.names], second[NULL_LEADS.arrow.names]


@dataclass(frozen=True)
class RunLeads:
    """Events of one run beside the curves of one signal; arrays (events, …) and (…, curves) in the order of these."""

    events: pd.DataFrame
    """of all metrics, with their classes; those whose task-level has a curve"""
    place: NDArray[np.intp]
    """curve of each event's own task-level"""
    scores: Array
    """(events, checkpoints)"""
    behaviour: Signals
    measured: Signals
    alike: dict[str, NDArray[np.bool_]]
    """curves of other tasks of an event's difficulty, by either way to tell it"""
    settings: LeadSettings

    @classmethod
    def of(
        cls,
        events: pd.DataFrame,
        scores: pd.DataFrame,
        rows: pd.DataFrame,
        classes: pd.DataFrame,
        settings: LeadSettings,
    ) -> "RunLeads":
        """From tables ``events`` and ``scores``, rows of the signal and classes of task-levels of one run."""
        behaviour = signals.signals_of_scores(scores, settings.collapse)
        measured = signals.signals_of_run(rows, behaviour.steps, settings.signal, settings.collapse)
        order = events["metric"].map({metric: i for i, metric in enumerate(scores["metric"].unique())})
        events = events.iloc[np.argsort(order, kind="stable")]
        place = measured.names.get_indexer(pd.MultiIndex.from_frame(events[["task", "level"]]))
        events, place = events[place >= 0], place[place >= 0]
        of_curves = classes.set_index(["task", "level"]).reindex(measured.names)
        tasks = measured.names.get_level_values("task").to_numpy(dtype=object)
        other = events["task"].to_numpy(dtype=object)[:, None] != tasks
        alike = {way: other & _equal(events[way], of_curves[way]) for way in CLASSES}
        curve = behaviour.names.get_indexer(pd.MultiIndex.from_frame(events[["metric", "task", "level"]]))
        return cls(events, place, behaviour.values[curve], behaviour, measured, alike, settings)

    def tables(self, names: Sequence[str], shares: Array) -> tuple[pd.DataFrame, pd.DataFrame]:
        """Tables ``leads`` and ``null_leads`` by these definitions, with these quantiles of null leads."""
        rows, nulls = (pd.concat(of) for of in zip(*(self._by(name, shares) for name in names), strict=True))
        return rows.sort_index(kind="stable"), nulls.sort_index(kind="stable")

    @cached_property
    def margin(self) -> float:
        """Checkpoints by which a lead is one."""
        return max(self.settings.precursors.margin, self.measured.spacing)

    @cached_property
    def _rotated(self) -> tuple[Array, NDArray[np.intp]]:
        """Rotations of each curve that has an event (curves, rotations, checkpoints), and the curve of each event."""
        used, curve = np.unique(self.place, return_inverse=True)
        of_run = [self.settings.statistics.seed, *self.events[["seed", "parameters"]].iloc[0]]
        rngs = [np.random.default_rng([*of_run, place]) for place in used]
        shifts = self.settings.precursors.shifts
        curves = [rotate(self.measured.values[place], shifts, rng) for place, rng in zip(used, rngs, strict=True)]
        return np.array(curves), curve

    def _leads(self, name: str) -> tuple[Array, Array, Array, Array]:
        """Leads of all curves, of the rotations of each event's own and of its score; the chance of a random event."""
        (rotated, curve), lag = self._rotated, self.settings.precursors.lag
        if name == "cross-correlation":  # a lag has no time of its own
            score = self.scores[:, None]
            own, shifted = self.behaviour.lag(score, score, lag)[:, 0], self.measured.lag(rotated[curve], score, lag)
            return self.measured.lag(self.measured.values, score, lag), shifted, own, np.full(len(score), np.nan)
        time, moves = to_positions(self.events["step"].to_numpy(dtype=float), self.measured.trajectory), Signals.onset
        if name == "change-point":
            (time, size), moves = mean_shift(self.scores), Signals.change_point
            significant = size > self.settings.collapse.noise_multiple * noise(self.scores)
            time = np.where(significant, time, np.nan)
        moved = moves(self.measured, self.measured.values)
        shifted = time[:, None] - moves(self.measured, rotated)[curve]
        chance = random_lead_chance(moved[self.place], len(self.measured.trajectory), self.margin)
        return time[:, None] - moved, shifted, time - moves(self.behaviour, self.scores), chance

    def _by(self, name: str, shares: Array) -> tuple[pd.DataFrame, pd.DataFrame]:
        """Rows of the events by one definition, numbered by event, and rows of their nulls."""
        of_curves, shifted, own, random = self._leads(name)
        lead = of_curves[np.arange(len(self.place)), self.place]
        control = np.broadcast_to(self.measured.names.get_level_values("task") == CONTROL, of_curves.shape)
        nulls = {"shift": (shifted, np.ones(shifted.shape, dtype=bool)), "control": (of_curves, control)}
        nulls |= {f"placebo, {way}": (of_curves, alike) for way, alike in self.alike.items()}
        events = self.events[[*UNIT, "metric", *CLASSES]].reset_index(drop=True)
        named = {"measure": self.settings.measure, "event_step": self.events["step"].to_numpy(), "definition": name}
        kind = events.assign(**named)
        rows = kind.assign(
            lead=lead,
            margin=self.margin,
            relation=classify_leads(lead, self.margin),
            random=random,
            **{"own score": (own > self.margin).astype(float)},
            **{null: _share(*curves, self.margin) for null, curves in nulls.items()},
        )
        quantiles = [
            kind.loc[kind.index.repeat(len(shares))].assign(
                null=null,
                quantile=np.tile(shares, len(kind)),
                lead=known_quantiles(np.where(mask, of, np.nan), shares).ravel(),
            )
            for null, (of, mask) in nulls.items()
            if len(shares)
        ]
        return rows, pd.concat(quantiles).dropna(subset="lead") if quantiles else kind.iloc[:0]


def _equal(one: pd.Series, other: pd.Series) -> NDArray[np.bool_]:
    """Matrix of which known values of one series equal which of the other."""
    known = one.notna().to_numpy()[:, None] & other.notna().to_numpy()
    return known & (one.to_numpy(dtype=object)[:, None] == other.to_numpy(dtype=object))


def _share(leads: Array, mask: NDArray[np.bool_], margin: float) -> Array:
    """Share of the leads (events, curves) under a mask beyond the margin; NaN without any curve."""
    count = mask.sum(axis=-1)
    return ((leads > margin) & mask).sum(axis=-1) / np.where(count, count, np.nan)


def describe_curves(rows: pd.DataFrame, scores: pd.DataFrame, settings: LeadSettings) -> pd.DataFrame:
    """Floor, early value, onset and change-point of every curve of a signal, on its scale (table ``onsets``)."""
    frames = []
    for run, of_run in rows.groupby("run", sort=False):
        steps = np.sort(scores.loc[scores["run"] == run, "step"].unique())
        measured = signals.signals_of_run(of_run, steps, settings.signal, settings.collapse)
        shape = measured.shape(measured.values)
        frame = measured.names.to_frame(index=False).assign(floor=shape.floor)
        frame["floor_step"] = to_steps(shape.floor_position.astype(float), measured.steps)
        frame["early"] = measured.values[:, measured.early - 1]
        for name in ("onset", "change_point"):
            position = getattr(measured, name)(measured.values)
            frame[f"{name.replace('_', '')}_step"] = np.where(
                np.isnan(position), np.nan, to_steps(np.nan_to_num(position), steps)
            )
        every = of_run[["task", "level"]].dropna().drop_duplicates().merge(frame, how="left", on=["task", "level"])
        frames.append(every.assign(measure=settings.measure, **of_run.iloc[0][UNIT[:5]].to_dict()))
    return pd.concat(frames, ignore_index=True)[ONSETS.arrow.names]


def signal_rows(measured: pd.DataFrame, scored: pd.DataFrame, settings: LeadSettings, source: Path) -> pd.DataFrame:
    """Rows of a signal, with a curve for every task-level that its run has scores of.

    Args:
        measured: Table ``measure`` of the signal's measure.
        scored: Table ``scores``.
        settings: The signal.
        source: A file of the measure, named in the message.

    Raises:
        SignalError: if the measure lacks the signal's variant.
    """
    rows = signals.select_variant(measured, settings.signal)
    if rows.empty:
        raise SignalError(f"signals.{settings.measure}.variant: no variant {settings.signal.variant!r} in {source}")
    return signals.expand_to_levels(rows, scored)


def compare_leads(
    settings: LeadSettings,
    events: Path,
    scores: Path,
    measures: list[Path],
    leads_table: Path,
    null_leads_table: Path,
    onsets_table: Path,
) -> None:
    """Compare every event with one signal (tables ``leads``, ``null_leads``, ``onsets``)."""
    scored = tables.read(SCORES, scores)
    rows = signal_rows(with_degree(tables.read(MEASURE, *measures)), scored, settings, measures[0])
    leads, nulls = find_leads(tables.read(EVENTS, events), scored, rows, settings)
    tables.write(LEADS, leads, leads_table)
    tables.write(NULL_LEADS, nulls, null_leads_table)
    tables.write(ONSETS, describe_curves(rows, scored, settings), onsets_table)
