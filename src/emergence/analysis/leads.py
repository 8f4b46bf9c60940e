"""Does a measure move before behaviour does? Every event against one measure, and the same under every null.

A lead is what a measure is ahead of behaviour, in checkpoints, by one of three definitions: the event against the
measure's *onset*; the *change-point* of the score against that of the measure; the lag of their *cross-correlation*
(see `emergence.analysis.signals`). Recovery after an early collapse precedes a late event almost whatever it means, so
each event carries the chance of leading it

- ``shift``: for random rotations of the measure's curve;
- ``placebo``: for the curves of other tasks of the same difficulty in the same run, by either way of telling
  difficulties apart;
- ``control``: for the curves of the control, which was trained on with shuffled answers and never emerges;
- ``random``: for the measure's own time against an event at a random checkpoint (exact);
- ``own score``: for the score itself, by the same definition: an onset is where a rise begins, an event its half-way
  point, so whatever moves with behaviour leads it.

The task's own loss is a measure like the others; `emergence.analysis.precursors` joins its leads as a rival.

A measure of the whole network, such as the degree of emergence, has one curve for all task-levels of a run. Its placebo
and its control are then that curve itself, and its excess over them is 0 by construction: a quantity that is the same
for all tasks cannot single one out, however early it moves.
"""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import get_args

import numpy as np
import pandas as pd

from emergence import tables
from emergence.analysis import signals
from emergence.analysis.curves import Array, mean_shift, noise, to_positions, to_steps
from emergence.analysis.difficulty import CLASSES, classes
from emergence.analysis.events import UNIT
from emergence.analysis.multifractal.degree import with_degree
from emergence.analysis.signals import Signals
from emergence.errors import EmergenceError
from emergence.schemas.analysis import EVENTS, LEADS, NULL_LEADS, SCORES
from emergence.schemas.limits import ONSETS
from emergence.schemas.trajectories import MEASURE
from emergence.settings.analysis import Definition, LeadSettings
from emergence.tasks.symbols import CONTROL

DEFINITIONS: tuple[str, ...] = get_args(Definition)
QUANTILES = np.arange(0.1, 0.95, 0.1)
Row = dict[str, object]


class SignalError(EmergenceError):
    """A signal that no measure gives; the message names its key."""


def relation(lead: float, margin: float) -> str:
    """Name of a lead in checkpoints: leads, synchronous, lags, or none where one of the two does not move."""
    if np.isnan(lead):
        return "none"
    return "leads" if lead > margin else "lags" if lead < -margin else "synchronous"


def rotations(curve: Array, draws: int, rng: np.random.Generator) -> Array:
    """Random circular shifts of a curve, shape (draws, checkpoints); none is the curve itself, but for a point."""
    offsets = rng.integers(1, max(2, len(curve)), draws)
    return curve[(np.arange(len(curve)) + offsets[:, None]) % len(curve)]


def led_at_random(positions: Array, checkpoints: int, margin: float) -> Array:
    """Chance that an event at a random checkpoint is led by something at ``positions``; 0 where that is NaN.

    >>> led_at_random(np.array([0.0, 2.5, 9.0, np.nan]), checkpoints=10, margin=2.0).tolist()
    [0.7, 0.5, 0.0, 0.0]
    """
    later = np.floor(np.nan_to_num(positions, nan=np.inf) + margin)  # the last checkpoint that is not led
    return np.clip(checkpoints - 1 - later, 0, None) / checkpoints


class Behaviour:
    """The scores of one run on one metric, as a signal among others: its floor is the best blind guess."""

    def __init__(self, scores: pd.DataFrame, settings: LeadSettings) -> None:
        wide = scores.pivot(index=["task", "level"], columns="step", values="score").sort_index(axis=1)
        steps = wide.columns.to_numpy()
        self.signals = Signals(wide.index, steps, wide.to_numpy(), steps, 0.0, settings.collapse)

    def of(self, event: pd.Series) -> Array:
        """Curve of an event's task-level."""
        return self.signals.values[self.signals.names.get_loc((event["task"], event["level"]))]


Lead = Callable[[Array], Array]
"""From curves (k, checkpoints) to leads (k,) of one event."""


def definitions(event: pd.Series, measured: Signals, score: Array, settings: LeadSettings) -> dict[str, Lead]:
    """How far ahead of an event curves are, by each definition."""
    time = float(to_positions(event["step"], measured.trajectory))
    change, size = mean_shift(score)
    real = size > settings.collapse.noise_multiple * noise(score)
    return {
        "onset": lambda curves: time - measured.onset(curves),
        "change-point": lambda curves: (change if real else np.nan) - measured.change_point(curves),
        "cross-correlation": lambda curves: measured.lag(curves, score, settings.precursors.lag),
    }


def leads(
    events: pd.DataFrame,
    scores: pd.DataFrame,
    rows: pd.DataFrame,
    settings: LeadSettings,
    names: Sequence[str] = DEFINITIONS,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Leads of one measure (tables ``leads`` and ``null_leads``) from rows of its variant, by the definitions named.

    A run without rows of the measure has no leads.
    """
    primary = events[events["metric"] == settings.events.primary]
    difficulty = classes(primary, settings.easy).set_index(["run", "task", "level"])
    emerged = events[events["emerged"] & (events["task"] != CONTROL)]
    found: list[Row] = []
    nulls: list[Row] = []
    for run, of_run in rows.groupby("run", sort=False):
        for metric, behaved in scores[scores["run"] == run].groupby("metric", sort=False):
            behaviour = Behaviour(behaved, settings)
            measured = signals.of_run(of_run, behaviour.signals.steps, settings.signal, settings.collapse)
            chosen = emerged[(emerged["run"] == run) & (emerged["metric"] == metric)]
            for _, event in chosen.iterrows():
                if (event["task"], event["level"]) not in measured.names:
                    continue
                for row, null in _of_event(event, measured, behaviour, difficulty.loc[run], settings, names):
                    found.append(row)
                    nulls += null
    return pd.DataFrame(found, columns=LEADS.arrow.names), pd.DataFrame(nulls, columns=NULL_LEADS.arrow.names)


def _of_event(
    event: pd.Series,
    measured: Signals,
    behaviour: Behaviour,
    difficulty: pd.DataFrame,
    settings: LeadSettings,
    names: Sequence[str],
) -> Iterator[tuple[Row, list[Row]]]:
    """One lead a definition, with its nulls and their quantiles."""
    place = measured.names.get_loc((event["task"], event["level"]))
    curve, score = measured.values[place], behaviour.of(event)
    margin = max(settings.precursors.margin, measured.spacing)
    rng = np.random.default_rng([settings.statistics.seed, event["seed"], event["parameters"], place])
    shifted = rotations(curve, settings.precursors.shifts, rng)
    of_score = definitions(event, behaviour.signals, score, settings)
    own = difficulty.loc[(event["task"], event["level"])]
    base = {**event[[*UNIT, "metric"]], "measure": settings.measure, "event_step": event["step"]}
    of_measure = definitions(event, measured, score, settings)
    for name in names:
        lead = of_measure[name]
        all_leads = lead(measured.values)
        nulls = {"shift": lead(shifted), "control": all_leads[measured.names.get_level_values("task") == CONTROL]}
        nulls |= {f"placebo, {way}": all_leads[_alike(measured.names, event, difficulty, way)] for way in CLASSES}
        chances = {null: _share(values, margin) for null, values in nulls.items()}
        chances["own score"] = _share(of_score[name](score[None]), margin)
        if name != "cross-correlation":  # which has no time of its own
            moved = measured.onset(curve) if name == "onset" else measured.change_point(curve)
            chances["random"] = float(led_at_random(moved, len(measured.trajectory), margin))
        kind = {**base, "definition": name, **{way: own[way] for way in CLASSES}}
        found = {"lead": all_leads[place], "margin": margin, "relation": relation(all_leads[place], margin)}
        yield (
            {**kind, **found, **chances},
            [
                {**kind, "null": null, "quantile": quantile, "lead": value}
                for null, values in nulls.items()
                if np.isfinite(values).any()
                for quantile, value in zip(QUANTILES, np.nanquantile(values, QUANTILES), strict=True)
            ],
        )


def _alike(names: pd.MultiIndex, event: pd.Series, difficulty: pd.DataFrame, way: str) -> Array:
    """Which curves are of other tasks as difficult as the event's."""
    alike = difficulty[way].reindex(names) == difficulty.loc[(event["task"], event["level"]), way]
    return alike.to_numpy() & (names.get_level_values("task") != event["task"])


def _share(values: Array, margin: float) -> float | None:
    """Share of leads that are leads; None without any curve."""
    return float((values > margin).mean()) if len(values) else None


def onsets(rows: pd.DataFrame, scores: pd.DataFrame, settings: LeadSettings) -> pd.DataFrame:
    """What every curve of a measure looks like, on the signal's scale (table ``onsets``)."""
    frames = []
    for run, of_run in rows.groupby("run", sort=False):
        steps = np.sort(scores.loc[scores["run"] == run, "step"].unique())
        measured = signals.of_run(of_run, steps, settings.signal, settings.collapse)
        found = measured.shape(measured.values)
        frame = measured.names.to_frame(index=False).assign(floor=found.floor)
        frame["floor_step"] = to_steps(found.floor_position.astype(float), measured.steps)
        frame["early"] = measured.values[:, measured.early - 1]
        for name in ("onset", "change_point"):
            position = getattr(measured, name)(measured.values)
            frame[f"{name.replace('_', '')}_step"] = np.where(
                np.isnan(position), np.nan, to_steps(np.nan_to_num(position), steps)
            )
        every = of_run[["task", "level"]].dropna().drop_duplicates().merge(frame, how="left", on=["task", "level"])
        frames.append(every.assign(measure=settings.measure, **of_run.iloc[0][UNIT[:5]].to_dict()))
    return pd.concat(frames, ignore_index=True)[ONSETS.arrow.names]


def rows_of(measured: pd.DataFrame, scored: pd.DataFrame, settings: LeadSettings, source: Path) -> pd.DataFrame:
    """Rows of a signal, from those of its measure: a curve for every task-level that its run has scores of.

    Raises:
        SignalError: if the measure has no such variant; the message names ``source``.
    """
    rows = signals.chosen(measured, settings.signal)
    if rows.empty:
        raise SignalError(
            f"signals.{settings.measure}.variant: the measure has no {settings.signal.variant!r} in {source}"
        )
    return signals.of_every_level(rows, scored)


def make(
    settings: LeadSettings,
    events: Path,
    scores: Path,
    measures: list[Path],
    leads_table: Path,
    nulls_table: Path,
    onsets_table: Path,
) -> None:
    """Compare every event with one measure."""
    scored = tables.read(SCORES, scores)
    rows = rows_of(with_degree(tables.read(MEASURE, *measures)), scored, settings, measures[0])
    found, nulls = leads(tables.read(EVENTS, events), scored, rows, settings)
    tables.write(LEADS, found, leads_table)
    tables.write(NULL_LEADS, nulls, nulls_table)
    tables.write(ONSETS, onsets(rows, scored, settings), onsets_table)
