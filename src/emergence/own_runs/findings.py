"""Findings on one's own training runs: events, the leads of each measure, and those of its rivals.

`analyse_tables` is all that a caller needs: it takes measures and scores as data frames, and applies the protocol of
the studies (`emergence.analysis`) to them. `emergence.own_runs.page` and `emergence.own_runs.verdict` show what it
returns.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import pandas as pd

from emergence.analysis.collapse import find_collapses
from emergence.analysis.lead_differences import DifferenceSettings, lead_differences
from emergence.analysis.leads import DEFINITIONS, LeadSettings, describe_curves, find_leads
from emergence.analysis.precursors import RateCells, estimate_rates, with_own_loss
from emergence.analysis.signals import expand_to_levels, select_variant
from emergence.config.protocol import Protocol
from emergence.io import tables
from emergence.io.tables import Schema
from emergence.own_runs.limits import limits_of
from emergence.own_runs.runs import METRIC, Runs, prepare_runs
from emergence.schemas.analysis import COLLAPSE, LEAD_DIFFERENCES, LEADS, NULL_LEADS, ONSETS


@dataclass(frozen=True)
class Findings(Runs):
    """The tables of the runs, what follows from them, and its limits."""

    onsets: pd.DataFrame
    collapses: pd.DataFrame
    """of RankMe in every layer"""
    leads: pd.DataFrame
    """with the column ``own loss``"""
    null_leads: pd.DataFrame
    rates: pd.DataFrame
    """table ``precursors`` over all events, and over those that are easy or hard in other seeds"""
    differences: pd.DataFrame
    """table ``lead_differences`` of the same events, from which it is judged whether a measure announces them"""
    limits: list[str]
    """what cannot be said of these runs, and why; a sentence each"""


def analyse_tables(
    measures: pd.DataFrame,
    scores: pd.DataFrame,
    *,
    control: Collection[str] = (),
    floor_until: int | None = None,
    protocol: Protocol | None = None,
    notes: Sequence[str] = (),
    source: str = "scores",
) -> Findings:
    """Events of every group, and the leads of every measure beside what else leads them.

    Args:
        measures: Rows of the schema ``measure`` of one or several runs, with groups in column ``task``.
        scores: Columns ``step``, ``task`` (a group) and ``score``, and ``run`` if there are several; see
            `emergence.own_runs.scores`.
        control: Groups that cannot be learned, such as one with shuffled answers; their curves are a null.
        floor_until: Last step at which the floor of a measure may lie; by default, it lies in the first share
            `emergence.own_runs.runs.FLOOR_SHARE` of the steps that all runs have.
        protocol: Definitions, margins and thresholds; those of `config.yaml` by default.
        notes: Further limits, such as those of `emergence.own_runs.scores.ScoreFile`.
        source: Of the scores, named in messages.

    Raises:
        ScoreError: if scores and measures are not of the same runs, steps and groups.
        TableError: if the measures do not match their schema, or hold no value.
        CollapseError: if a run has no checkpoint up to ``floor_until``.
    """
    runs = prepare_runs(measures, scores, control, floor_until, protocol, source)
    protocol, rows = runs.protocol, runs.measures
    leads, nulls, onsets = _compared(runs)
    cells = RateCells(list(runs.signals), [METRIC], DEFINITIONS, [])
    rates = estimate_rates(leads, cells, protocol.precursors.families, protocol.statistics)
    ranks = rows[(rows["measure"] == "rankme") & (rows["variant"] == protocol.variant) & rows["layer"].notna()]
    return Findings(
        **vars(runs),
        onsets=onsets,
        collapses=_joined(COLLAPSE, [find_collapses(ranks, protocol.collapse)]),
        leads=leads,
        null_leads=nulls,
        rates=rates[rates["classes"] != "family"],  # all groups are of one family
        differences=_differences(runs, onsets, leads),
        limits=[*limits_of(runs), *notes],
    )


def _compared(runs: Runs) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Tables ``leads`` (with own loss), ``null_leads`` and ``onsets`` of all signals."""
    shared = {name: getattr(runs.protocol, name) for name in ("events", "collapse", "precursors", "statistics")}
    leads, nulls, onsets = [], [], []
    for name, signal in runs.signals.items():
        settings = LeadSettings(measure=name, signal=signal, easy=[], metric=METRIC, **shared)
        rows = select_variant(runs.measures[runs.measures["measure"] == (signal.measure or name)], signal)
        measured = rows.groupby("run")["value"].transform("count") > 0
        curves = expand_to_levels(rows[measured], runs.scores)
        of_leads, of_nulls = find_leads(runs.events, runs.scores, curves, settings)
        leads.append(of_leads)
        nulls.append(of_nulls)
        onsets.append(describe_curves(curves, runs.scores, settings))
    return with_own_loss(_joined(LEADS, leads)), _joined(NULL_LEADS, nulls), _joined(ONSETS, onsets)


def _differences(runs: Runs, onsets: pd.DataFrame, leads: pd.DataFrame) -> pd.DataFrame:
    """Table ``lead_differences`` of all signals."""
    shared = {name: getattr(runs.protocol, name) for name in ("collapse", "precursors", "statistics")}
    settings = DifferenceSettings(metric=METRIC, easy=[], **shared)
    table = tables.conformed(
        LEAD_DIFFERENCES, lead_differences(runs.events, runs.scores, onsets, leads, settings), LEAD_DIFFERENCES.name
    )
    return table[table["classes"] != "family"]


def _joined(schema: Schema, frames: list[pd.DataFrame]) -> pd.DataFrame:
    """One table of a schema, of those that have rows."""
    filled = [frame for frame in frames if len(frame)] or [pd.DataFrame(columns=schema.arrow.names)]
    return tables.conformed(schema, pd.concat(filled, ignore_index=True), schema.name)
