"""How verdicts fare under other settings: every claim judged again, one setting changed at a time."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar, cast

import numpy as np
import pandas as pd
from pydantic import BaseModel

from emergence.analysis.anatomy.sensitivity import alternatives
from emergence.analysis.collapse import compare_collapse_steps, count_directions, find_collapses
from emergence.analysis.events import find_events
from emergence.analysis.lead_differences import (
    MOVES,
    DifferenceSettings,
    estimate_differences,
    margins_of,
    moves,
    of_whole_network,
    pair_leads,
    times_of_runs,
)
from emergence.analysis.leads import LeadSettings, describe_curves, find_leads, signal_rows
from emergence.analysis.neuromfa.degree_of_emergence import with_degree
from emergence.analysis.precursors import RateCells, estimate_hierarchy, estimate_rates, with_own_loss
from emergence.analysis.select import last_layer, select
from emergence.claims.registry import Tables
from emergence.claims.settings import ClaimSettings
from emergence.config.protocol import Sensitivity, Signal
from emergence.config.types import Strict
from emergence.io import tables
from emergence.io.progress import Progress
from emergence.schemas.analysis import CONFIGURED, LEAD_DIFFERENCES, SCORES, SMALLEST_LEADS, STABILITY
from emergence.schemas.trajectories import MEASURE
from emergence.tasks.symbols import CONTROL, PASSAGES

NO_TASKS = (CONTROL, PASSAGES)
"""Groups that are measured but are not tasks."""
RANKME = "rankme"
Made = TypeVar("Made")
NO_TABLES: Tables = {}
NONE_PLANTED: list[Path] = []
EVIDENCE = ["value", "low", "high", "interval", "control", "verdict"]
"""Columns of a claim that tell whether an alternative changed its evidence."""


class TrialSettings(Strict):
    """Alternatives to single settings, tried one at a time."""

    leads: LeadSettings
    """of RankMe, as configured"""
    others: dict[str, Signal]
    """signals of the other measures"""
    grid: Sensitivity


class Reanalysis:
    """The analyses from events to rates on curves in memory, under any settings; unchanged steps are not repeated.

    Each step is the function that its stage calls. ``chosen`` are RankMe's settings under an alternative.
    """

    def __init__(
        self,
        scored: pd.DataFrame,
        measured: pd.DataFrame,
        settings: TrialSettings,
        source: Path,
        beside: Tables = NO_TABLES,
    ) -> None:
        self.scored = scored[scored["metric"] == settings.leads.metric]
        self._measured = dict(list(measured.groupby("measure", sort=False)))
        self._settings = settings
        self._source = source
        self._beside = beside
        self._kept: dict[tuple[str, ...], Any] = {}

    def once(self, make: Callable[[], Made], name: str, *settings: BaseModel | str) -> Made:
        """The result of ``make``, computed once for each name and settings.

        Args:
            make: Computes the result; it takes nothing.
            name: Of the result; two results must not share it.
            *settings: All that the result depends on.
        """
        key = (name, *(each if isinstance(each, str) else each.model_dump_json() for each in settings))
        if key not in self._kept:
            self._kept[key] = make()
        return cast("Made", self._kept[key])

    def signals(self, chosen: LeadSettings) -> dict[str, LeadSettings]:
        """Settings of every signal: those of RankMe with its variant, the others with theirs."""
        signals = {chosen.measure: chosen}
        for name, signal in self._settings.others.items():
            own = self._of_variant(signal, chosen)
            signals[name] = chosen.model_copy(update={"measure": name, "signal": own})
        return signals

    @staticmethod
    def _of_variant(signal: Signal, chosen: LeadSettings) -> Signal:
        """A signal that is RankMe of a group has RankMe's variant."""
        return signal.model_copy(update={"variant": chosen.signal.variant}) if signal.measure == RANKME else signal

    def rows(self, of: LeadSettings) -> pd.DataFrame:
        """Rows of a signal's measure, chosen for it; of the last layer, which is all that leads look at."""
        measure = of.signal.measure or of.measure

        def chosen() -> pd.DataFrame:
            every = with_degree(self._measured.get(measure, next(iter(self._measured.values())).iloc[:0]))
            return last_layer(signal_rows(every, self.scored, of, self._source))

        return self.once(chosen, f"rows {of.measure}", of.signal)

    def events(self, chosen: LeadSettings) -> pd.DataFrame:
        """Table ``events``."""
        return self.once(lambda: find_events(self.scored, chosen.events), "events", chosen.events)

    def rankme(self, chosen: LeadSettings) -> pd.DataFrame:
        """Rows of RankMe's variant, of all layers and groups."""
        every = self._measured[RANKME]
        return every[every["variant"] == chosen.signal.variant]

    def collapses(self, chosen: LeadSettings) -> pd.DataFrame:
        """Table ``collapse``, of one variant of RankMe."""
        return self.once(
            lambda: find_collapses(self.rankme(chosen), chosen.collapse), "collapse", chosen.signal, chosen.collapse
        )

    def with_variants(self, chosen: LeadSettings) -> pd.DataFrame:
        """The same, and modular arithmetic by all other variants, which stand beside claim A4."""
        of_variant = self.collapses(chosen)
        every = last_layer(select(self._measured[RANKME], task="MOD"))
        if every.empty:
            return of_variant
        beside = self.once(lambda: find_collapses(every, chosen.collapse), "variants", chosen.collapse)
        others = beside[beside["variant"] != chosen.signal.variant]
        return pd.concat([of_variant, others], ignore_index=True) if len(others) else of_variant

    def of_tasks(self, chosen: LeadSettings) -> pd.DataFrame:
        """Collapses of tasks alone, without control and passages."""
        table = self.collapses(chosen)
        return table[~table["task"].isin(NO_TASKS)]

    def top_down(self, chosen: LeadSettings) -> pd.DataFrame:
        """Table ``direction_shares``."""
        confidence = chosen.statistics.confidence
        return self.once(
            lambda: count_directions(compare_collapse_steps(self.of_tasks(chosen)), confidence),
            "top_down",
            chosen.signal,
            chosen.collapse,
        )

    def leads(self, chosen: LeadSettings) -> pd.DataFrame:
        """Table ``leads`` of all signals, by the primary definition."""
        by_signal = [self._leads(of, chosen) for of in self.signals(chosen).values()]
        return pd.concat([rows for rows in by_signal if len(rows)] or by_signal[:1], ignore_index=True)

    def _leads(self, of: LeadSettings, chosen: LeadSettings) -> pd.DataFrame:
        def leads() -> pd.DataFrame:
            names, rows = (of.precursors.definition,), self.rows(of)
            return find_leads(self.events(chosen), self.scored, rows, of, names, shares=np.empty(0))[0]

        return self.once(leads, "leads", of)

    def onsets(self, of: LeadSettings) -> pd.DataFrame:
        """Table ``onsets`` of one signal."""
        return self.once(
            lambda: describe_curves(self.rows(of), self.scored, of), f"onsets {of.measure}", of.signal, of.collapse
        )

    def rates(self, chosen: LeadSettings) -> tuple[pd.DataFrame, pd.DataFrame]:
        """Tables ``precursors`` and ``hierarchy``, over all sizes."""
        leads = with_own_loss(self.leads(chosen))
        definition = chosen.precursors.definition
        cells = RateCells(list(self.signals(chosen)), [chosen.metric], [definition], [])
        by_measure = estimate_rates(leads, cells, chosen.precursors.families, chosen.statistics)
        return by_measure, estimate_hierarchy(leads, cells, chosen.statistics)

    def tables(self, chosen: LeadSettings) -> dict[str, pd.DataFrame]:
        """Tables that claims of every study with stability are read from, by name."""
        by_measure, hierarchy = self.rates(chosen)
        return {
            "events": self.events(chosen),
            "collapse": self.with_variants(chosen),
            "direction_shares": self.top_down(chosen),
            "precursors": by_measure,
            "hierarchy": hierarchy,
            "lead_differences": self.differences(chosen),
            **self._beside,
        }

    def differences(self, chosen: LeadSettings) -> pd.DataFrame:
        """Table ``lead_differences`` of the signals with curves of task-levels, over all sizes; empty for lags."""
        definition = chosen.precursors.definition
        columns = LEAD_DIFFERENCES.arrow.names
        if definition not in MOVES:
            return pd.DataFrame(columns=columns)
        fields = {name: getattr(chosen, name) for name in DifferenceSettings.model_fields}
        settings = DifferenceSettings(**fields)
        times = self.once(
            lambda: times_of_runs(self.events(chosen), self.scored, definition, settings),
            f"times {definition}", chosen.events, chosen.collapse,
        )  # fmt: skip
        onsets = pd.concat([self.onsets(of) for of in self.signals(chosen).values()], ignore_index=True)
        whole = {name for name, rows in onsets.groupby("measure", sort=False) if of_whole_network(rows)}
        pairs = pair_leads(moves(onsets, times, definition), times, whole)
        margins = margins_of(self.leads(chosen), list(self.signals(chosen)), chosen.precursors.margin)
        rows = list(estimate_differences(pairs, [], margins, chosen.statistics.confidence))
        table = pd.DataFrame(rows, columns=columns)
        return table.assign(definition=definition, whole_network=table["measure"].isin(whole))


Judging = TypeVar("Judging", bound=ClaimSettings)


def by_settings(claims: Judging, chosen: LeadSettings) -> Judging:
    """Settings of claims for an alternative: its variant of RankMe and its definition of a lead."""
    return claims.model_copy(update={"variant": chosen.signal.variant, "definition": chosen.precursors.definition})


def rejudge(
    judge: Callable[[Reanalysis, LeadSettings], pd.DataFrame],
    settings: TrialSettings,
    scores: Path,
    measures: list[Path],
    smallest_leads: list[Path],
    table: Path,
) -> None:
    """Write table ``stability`` of a study; ``judge`` returns its claims under the settings of an alternative.

    Args:
        judge: Gives the study's claims under the settings of an alternative.
        settings: The alternatives to single settings.
        scores: Table ``scores`` of the study.
        measures: Tables ``measure`` of all runs.
        smallest_leads: Table ``smallest_leads``, or nothing where no leads were planted.
        table: Where ``stability`` is written.
    """
    cache = read(settings, scores, measures, smallest_leads)
    tables.write(STABILITY, under_alternatives(lambda chosen: judge(cache, chosen), settings), table)


def read(
    settings: TrialSettings, scores: Path, measures: list[Path], smallest_leads: list[Path] = NONE_PLANTED
) -> Reanalysis:
    """All scores and measures of a study; with the smallest leads that its rules see, where leads were planted.

    Args:
        settings: The alternatives to single settings.
        scores: Table ``scores``.
        measures: Tables ``measure`` of all runs.
        smallest_leads: Table ``smallest_leads``, or nothing where no leads were planted.
    """
    beside = {SMALLEST_LEADS.name: tables.read(SMALLEST_LEADS, *smallest_leads)} if smallest_leads else NO_TABLES
    return Reanalysis(tables.read(SCORES, scores), tables.read(MEASURE, *measures), settings, measures[0], beside)


def under_alternatives(judge: Callable[[LeadSettings], pd.DataFrame], settings: TrialSettings) -> pd.DataFrame:
    """Table ``stability``; ``judge`` makes the claims table under the settings of an alternative."""
    tried = list(alternatives(settings.leads, settings.grid))
    progress = Progress("stability", len(tried), "settings")
    judgements = []
    for done, (factor, value, chosen) in enumerate(tried, start=1):
        judged = judge(chosen).set_index("claim")
        if factor == CONFIGURED:
            first = judged
        changed = [not judged.loc[claim, EVIDENCE].equals(first.loc[claim, EVIDENCE]) for claim in judged.index]
        judgements.append(judged.reset_index().assign(factor=factor, setting=value, changed=changed))
        progress(done)
    return pd.concat(judgements, ignore_index=True)[STABILITY.arrow.names]
