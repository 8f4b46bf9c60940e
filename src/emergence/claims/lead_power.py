"""The power of rules on leads: how small a lead each of them sees, and how often it sees one where there is none.

Precursors of known lead are planted into the curves of every run (`emergence.analysis.planted_leads`), for each measure
with its own noise and spacing, and the rules are applied to the times at which planted curves move. A *sight* is the
verdict that the measure leads; where the claim is that it is not a precursor, or a follower, the verdict that this
fails. A rule on rates sees what it calls a precursor. It is tried without the null of circular shifts, which makes its
task easier.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from emergence.analysis.curves import Array
from emergence.analysis.intervals import clopper_pearson, cluster_bootstrap, mean_interval
from emergence.analysis.lead_differences import PLACEBO, RIVALS, DifferenceSettings, RunTimes, times_of_runs
from emergence.analysis.leads import random_lead_chance
from emergence.analysis.planted_leads import KINDS, PlantedRun
from emergence.analysis.select import last_layer, select
from emergence.analysis.signals import select_variant, signals_of_run, signals_of_scores
from emergence.claims import published, rates
from emergence.claims.followers import FOLLOWER
from emergence.claims.rates import BEYOND, DIFFERENCES, RATE
from emergence.claims.rules import at_most
from emergence.config.protocol import Definition, LeadPower, Signal, Statistics, Verdicts
from emergence.config.types import Count, Strict
from emergence.io import tables
from emergence.io.progress import Progress
from emergence.schemas.analysis import EVENTS, LEAD_POWER, SCORES, SMALLEST_LEADS
from emergence.schemas.trajectories import MEASURE
from emergence.tasks.symbols import CONTROL

Mask = NDArray[np.bool_]
COUNTS = {"llc": published.LLC_LEADS, "hessian": published.HESSIAN_LEADS}
"""Published counts of events that followers lead, by measure."""
OVER_ALL = (("all", "all"),)
CELLS = {"rankme": (*OVER_ALL, ("family", "easy"), ("family", "hard"))}
"""Cells in which claims judge a measure, if not over all events alone."""
RULE = ["study", "measure", "rule", "classes", "difficulty"]
Sight = dict[str, bool]
"""Whether each rule sees a lead."""


class LeadPowerSettings(Strict):
    """Planted leads, and the rules that are tried on them."""

    differences: DifferenceSettings
    signals: dict[str, Signal]
    power: LeadPower
    verdicts: Verdicts
    runs: Count

    @property
    def statistics(self) -> Statistics:
        """Of intervals."""
        return self.differences.statistics

    @property
    def definition(self) -> Definition:
        """By which planted leads are found."""
        return "onset"


@dataclass(frozen=True)
class Planted:
    """When the curves of one measure move in one run (trials, levels), beside the run's times and its losses'."""

    times: RunTimes
    moved: Array
    losses: Mapping[str, Array]
    margin: float

    def differences(self, way: str, events: Mask) -> dict[str, Array]:
        """Median over some events (trials,) by rival."""
        by_rival = self.times.differences(self.moved, self.losses)
        placebo = by_rival.pop(PLACEBO[way])
        known = {name: values[:, events] for name, values in {**by_rival, "placebo": placebo}.items() if name in RIVALS}
        return {name: np.nanmedian(values, axis=-1) for name, values in known.items() if not np.isnan(values).all()}

    def excess(self, way: str, events: Mask) -> tuple[Array, dict[str, Array]]:
        """Whether each event is led (trials, events), and how much more than under each null."""
        times, event = self.times, self.times.event
        led = self._leads(event - self.moved)
        over_event = self._leads(event[:, None] - self.moved[:, None, :])  # (trials, events, curves)
        control = times.names.get_level_values("task") == CONTROL
        masks = {"placebo": times.alike[way], "control": np.broadcast_to(control, times.alike[way].shape)}
        nulls = {name: _share(over_event, mask) for name, mask in masks.items()}
        nulls |= {"own score": self._leads(event - times.score), "random": self._random()}
        nulls |= {name: self._leads(event - moved) for name, moved in self.losses.items()}
        return led[:, events], {name: (led - null)[:, events] for name, null in nulls.items()}

    def _leads(self, lead: Array) -> Array:
        return (lead > self.margin).astype(float)

    def _random(self) -> Array:
        return random_lead_chance(self.moved, len(self.times.steps), self.margin)


def _share(led: Array, mask: Mask) -> Array:
    """Share of the curves (trials, events, curves) under a mask (events, curves) that lead; NaN without any."""
    count = mask.sum(axis=-1)
    return (led * mask).sum(axis=-1) / np.where(count, count, np.nan)


def plant_runs(
    name: str, measured: pd.DataFrame, scored: pd.DataFrame, times: Mapping[str, RunTimes], settings: LeadPowerSettings
) -> dict[str, PlantedRun]:
    """The curves of a signal by run, to plant leads into.

    Args:
        name: The signal, a key of the settings' signals.
        measured: Rows of table ``measure`` of all runs.
        scored: Table ``scores``.
        times: Times of events and scores, by run; other runs are left out.
        settings: Metric, signals, and the contrast of planted curves.
    """
    signal, of = settings.signals[name], settings.differences
    rows = select_variant(select(measured, measure=signal.measure or name), signal)
    scores = dict(list(select(scored, metric=of.metric).groupby("run")))
    planted = {}
    for run, curves in rows.groupby("run", sort=False):
        if run in times:
            behaviour = signals_of_scores(scores[run], of.collapse)
            curves_of_run = signals_of_run(curves, behaviour.steps, signal, of.collapse)
            planted[str(run)] = PlantedRun(times[str(run)], curves_of_run, behaviour.values, settings.power.contrast)
    return planted


def try_rules(
    scored: pd.DataFrame, events: pd.DataFrame, measured: pd.DataFrame, settings: LeadPowerSettings
) -> pd.DataFrame:
    """Table ``lead_power`` from tables ``scores``, ``events`` and ``measure`` of one study.

    Args:
        scored: Table ``scores``.
        events: Table ``events``.
        measured: Rows of table ``measure``, the last layer.
        settings: Signals, planted leads, and the rules' thresholds.
    """
    times = times_of_runs(events, scored, settings.definition, settings.differences)
    loss = plant_runs("loss", measured, scored, times, settings) if "loss" in settings.signals else {}
    progress, rows = Progress("lead power", len(settings.signals), "signals"), []
    for done, name in enumerate(settings.signals, start=1):
        runs = plant_runs(name, measured, scored, times, settings)
        losses = {run: {"own loss": one.observed} for run, one in loss.items()} if name != "loss" else {}
        others = [(kind, max(settings.power.leads)) for kind in KINDS[1:]]  # no precursors, whatever their lead
        for kind, lead in [*(("own", lead) for lead in settings.power.leads), *others]:
            rng = np.random.default_rng([settings.power.seed, done, KINDS.index(kind), lead])
            planted = [
                Planted(
                    one.times,
                    one.moved(kind, lead, settings.power.trials, rng),
                    losses.get(run, {}),
                    max(settings.differences.precursors.margin, one.measured.spacing),
                )
                for run, one in runs.items()
            ]
            names = {"study": events["study"].iloc[0], "measure": name, "kind": kind, "lead": lead}
            rows += [{**names, **row} for row in _sights(name, planted, settings)]
        progress(done)
    return _shares(rows, settings.statistics.confidence)


def _sights(name: str, planted: list[Planted], settings: LeadPowerSettings) -> Iterator[dict[str, object]]:
    """How often each rule sees a lead, by cell."""
    for way, difficulty in CELLS.get(name, OVER_ALL):
        classes = "family" if way == "all" else way
        events = [
            np.isfinite(one.times.event) & ((way == "all") | (one.times.classes[classes] == difficulty))
            for one in planted
        ]
        if way != "all" and all(
            (of == np.isfinite(one.times.event)).all() for one, of in zip(planted, events, strict=True)
        ):
            continue  # the same as over all
        chosen = [(one, of_run) for one, of_run in zip(planted, events, strict=True) if of_run.any()]
        if not chosen:
            continue
        differences = [one.differences(classes, of_run) for one, of_run in chosen]
        excesses = [one.excess(classes, of_run) for one, of_run in chosen]
        sights = [
            _sight(name, chosen[0][0].margin, [_trial(of, trial) for of in differences],
                   [(led[trial], _trial(nulls, trial)) for led, nulls in excesses], settings)
            for trial in range(settings.power.trials)
        ]  # fmt: skip
        for rule in sights[0]:
            seen = sum(sight[rule] for sight in sights)
            yield {"rule": rule, "classes": way, "difficulty": difficulty, "count": seen, "trials": len(sights)}


def _trial(values: Mapping[str, Array], trial: int) -> dict[str, Array]:
    return {name: of[trial] for name, of in values.items()}


def _sight(
    name: str,
    margin: float,
    differences: list[dict[str, Array]],
    led: list[tuple[Array, dict[str, Array]]],
    settings: LeadPowerSettings,
) -> Sight:
    """Whether each rule sees a lead in one trial, from the runs with an event."""
    rows = []
    for rival in RIVALS:
        values = np.array([of[rival] for of in differences if rival in of])
        if len(values):
            mean = mean_interval(values, settings.statistics.confidence)
            rows.append({"rival": rival, "margin": margin, "runs": mean.runs, **mean.named("difference")})
    every = np.concatenate([of_run for of_run, _ in led])
    rate, least = float(every.mean()), settings.verdicts.precursor_rate
    nulls = {null for _, of_run in led for null in of_run} & set(settings.verdicts.nulls)
    of_nulls = [np.concatenate([of_run[null] for _, of_run in led if null in of_run]) for null in nulls]
    excess = [float(np.nanmean(values)) for values in of_nulls if not np.isnan(values).all()]
    sight = {
        DIFFERENCES: rates.ahead(rows, settings).verdict == "holds",
        RATE: rate >= least,
        BEYOND: rate >= least and min(excess) >= settings.verdicts.null_margin,
    }
    if name in COUNTS:
        runs = np.repeat(np.arange(len(led)), [len(of_run) for of_run, _ in led])
        rng, statistics = np.random.default_rng(settings.statistics.seed), settings.statistics
        interval = cluster_bootstrap(every, runs, statistics.confidence, statistics.bootstrap, rng, (0.0, 1.0))
        _, threshold = clopper_pearson(*COUNTS[name], statistics.confidence)
        enough = len(led) >= settings.verdicts.minimum_runs
        sight[FOLLOWER] = enough and at_most(threshold).verdict(*interval) == "fails"
    return sight


def _shares(rows: list[dict[str, object]], confidence: float) -> pd.DataFrame:
    """Counts with their shares and exact intervals (table ``lead_power``)."""
    table = pd.DataFrame(
        rows, columns=[name for name in LEAD_POWER.arrow.names if name not in ("share", "low", "high")]
    )
    counts = zip(table["count"], table["trials"], strict=True)
    bounds = [clopper_pearson(count, trials, confidence) for count, trials in counts]
    low, high = (np.array([ends[place] for ends in bounds], dtype=float) for place in (0, 1))
    share = (table["count"] / table["trials"]).astype(float)
    return table.assign(share=share, low=low, high=high)[LEAD_POWER.arrow.names]


def find_smallest(table: pd.DataFrame, power: float, confidence: float) -> pd.DataFrame:
    """Table ``smallest_leads`` from table ``lead_power``.

    Args:
        table: Table ``lead_power``.
        power: Share of trials in which a lead must be seen.
        confidence: Of the interval of the share of false positives.
    """
    rows = []
    for key, of_rule in table.groupby(RULE, sort=False):
        own = select(of_rule, kind="own").sort_values("lead", ascending=False, kind="stable")
        seen = own[(own["share"] >= power).cummin() & (own["lead"] > 0)]
        without = of_rule[(of_rule["kind"] != "own") | (of_rule["lead"] == 0)]
        count, trials = int(without["count"].sum()), int(without["trials"].sum())
        low, high = clopper_pearson(count, trials, confidence)
        rows.append({
            **dict(zip(RULE, key, strict=True)), "smallest": seen["lead"].min() if len(seen) else None,
            "false_positives": count, "trials": trials, "share": count / trials, "low": low, "high": high,
        })  # fmt: skip
    return pd.DataFrame(rows, columns=SMALLEST_LEADS.arrow.names).astype({"smallest": "Int64"})


def try_planted_leads(
    settings: LeadPowerSettings,
    scores: Path,
    events: Path,
    measures: list[Path],
    lead_power_table: Path,
    smallest_leads_table: Path,
) -> None:
    """Try every rule on leads on planted precursors (tables ``lead_power`` and ``smallest_leads``).

    Args:
        settings: Signals, planted leads, and the rules' thresholds.
        scores: Table ``scores``.
        events: Table ``events``.
        measures: Tables ``measure`` of all measures, one of each run.
        lead_power_table: Where ``lead_power`` is written.
        smallest_leads_table: Where ``smallest_leads`` is written.
    """
    read = tables.read(SCORES, scores), tables.read(EVENTS, events), last_layer(tables.read(MEASURE, *measures))
    trials = try_rules(*read, settings)
    tables.write(LEAD_POWER, trials, lead_power_table)
    smallest = find_smallest(trials, settings.power.power, settings.statistics.confidence)
    tables.write(SMALLEST_LEADS, smallest, smallest_leads_table)
