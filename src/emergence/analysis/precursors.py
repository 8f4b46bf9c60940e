"""Precursor rates: the share of events that each measure leads, and its excess over each null.

A rate has a meaning only beside its nulls (see `emergence.analysis.leads`). Two of them control for more than timing:
*own score* for an onset that precedes a half-way point by definition, *own loss* for what the task's own loss predicts.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import get_args

import numpy as np
import pandas as pd

from emergence.analysis.events import CLASSES, UNIT
from emergence.analysis.intervals import clopper_pearson, cluster_bootstrap, holm, sign_flip
from emergence.config.protocol import Definition, Null, Precursors, Statistics
from emergence.io import tables
from emergence.schemas.analysis import EVENTS, HIERARCHY, LEADS, PRECURSORS

RELATIONS = ("leads", "synchronous", "lags", "none")
NULLS: tuple[str, ...] = get_args(Null)
DEFINITIONS: tuple[str, ...] = get_args(Definition)
EVENT = [*UNIT, "metric", "definition"]
CELLS = [("all", "all"), *product(CLASSES, ("easy", "hard"))]
Row = dict[str, object]


def with_own_loss(leads: pd.DataFrame) -> pd.DataFrame:
    """Table ``leads`` with column ``own loss``: 1 if the task's own loss leads the event by the same margin, else 0.

    Null where the loss is not among the signals, and of the loss itself, which is not a null of its own.
    """
    of_loss = leads.loc[leads["measure"] == "loss", [*EVENT, "lead"]].assign(present=True)
    joined = leads.merge(of_loss, how="left", on=EVENT, validate="m:1", suffixes=("", " of loss"))
    leading = (joined.pop("lead of loss") > joined["margin"]).astype(float)
    return joined.assign(**{"own loss": leading.where(joined.pop("present").notna() & (joined["measure"] != "loss"))})


@dataclass(frozen=True)
class RateCells:
    """Measures, metrics, definitions and sizes whose combinations are the cells; a cell may have no event."""

    measures: Sequence[str]
    metrics: Sequence[str]
    definitions: Sequence[str]
    sizes: Sequence[str]


def group_by_cell(leads: pd.DataFrame, grid: RateCells) -> Iterator[tuple[Row, pd.DataFrame]]:
    """The leads of every measure × metric × definition × difficulty × size, with the names of the cell.

    Runs are numbers, in the order of their names, and other names categories: comparing text takes longer than all else
    does.
    """
    text = leads.columns[leads.dtypes == "str"].drop("run", errors="ignore")
    leads = leads.astype(dict.fromkeys(text, "category")).assign(run=pd.factorize(leads["run"], sort=True)[0])
    for measure, metric, definition in product(grid.measures, grid.metrics, grid.definitions):
        names = {"measure": measure, "metric": metric, "definition": definition}
        group = leads[np.logical_and.reduce([leads[column] == name for column, name in names.items()])]
        for (way, difficulty), size in product(CELLS, ("all", *grid.sizes)):
            chosen = (size == "all") | (group["size"] == size)
            if way != "all":
                chosen &= group[way] == difficulty
            placebo = group["placebo, family" if way == "all" else f"placebo, {way}"]
            cell = {"classes": way, "difficulty": difficulty, "size": size}
            yield {**names, **cell}, group.assign(placebo=placebo)[chosen]


def estimate_rates(leads: pd.DataFrame, grid: RateCells, families: Sequence[str], settings: Statistics) -> pd.DataFrame:
    """Precursor rates beside their nulls (table ``precursors``).

    Args:
        leads: Table ``leads`` of all measures, with own loss.
        grid: The cells.
        families: Columns that define a family for Holm's correction.
        settings: Confidence, bootstrap draws and seed.

    Returns:
        ``low`` and ``high`` bound the rate over runs: whole runs are drawn with replacement, with one run at 0 and one
        at 1 added, so that agreement of a few runs is not certainty. ``naive_low`` and ``naive_high`` treat events as
        independent (Clopper-Pearson). ``excess`` is rate minus null, event by event, over the events with that null.
    """
    rows = [{**cell, **row} for cell, group in group_by_cell(leads, grid) for row in _rate_rows(group, settings)]
    table = pd.DataFrame(rows, columns=PRECURSORS.arrow.names)
    table["holm_p"] = table.groupby(list(families))["p"].transform(holm)
    return table


def _rate_rows(group: pd.DataFrame, settings: Statistics) -> Iterator[Row]:
    rng = np.random.default_rng(settings.seed)
    runs, observed = group["run"].to_numpy(), (group["relation"] == "leads").to_numpy(dtype=float)
    for control in ("observed", *NULLS):
        values = observed if control == "observed" else group[control].to_numpy(dtype=float, na_value=np.nan)
        known = ~np.isnan(values)
        values, among, excess = values[known], runs[known], (observed - values)[known]
        row: Row = {"control": control, "events": len(values), "runs": len(np.unique(among))}
        if len(values):
            row["rate"] = values.mean()
            row["low"], row["high"] = cluster_bootstrap(
                values, among, settings.confidence, settings.bootstrap, rng, (0.0, 1.0)
            )
        if len(values) and control == "observed":
            naive = clopper_pearson(int(values.sum()), len(values), settings.confidence)
            row["naive_low"], row["naive_high"] = naive
        elif len(values):
            row["excess"] = excess.mean()
            interval = cluster_bootstrap(excess, among, settings.confidence, settings.bootstrap, rng)
            row["excess_low"], row["excess_high"] = interval
            row["p"] = sign_flip(excess, among, settings.bootstrap, rng)
        yield row


def estimate_hierarchy(leads: pd.DataFrame, grid: RateCells, settings: Statistics) -> pd.DataFrame:
    """Share of events that each measure leads, coincides with, lags, or has no time for (table ``hierarchy``).

    Args:
        leads: Table ``leads`` of all measures.
        grid: The cells; one without events has no row.
        settings: Confidence, bootstrap draws and seed.
    """
    rows = []
    for cell, group in group_by_cell(leads, grid):
        rng = np.random.default_rng(settings.seed)
        for relation in RELATIONS if len(group) else ():
            values, runs = (group["relation"] == relation).astype(float), group["run"]
            low, high = cluster_bootstrap(values, runs, settings.confidence, settings.bootstrap, rng, (0.0, 1.0))
            counts = {"count": int(values.sum()), "events": len(group), "runs": runs.nunique()}
            rows.append({**cell, "relation": relation, **counts, "share": values.mean(), "low": low, "high": high})
    return pd.DataFrame(rows, columns=HIERARCHY.arrow.names)


def estimate_precursor_rates(
    signals: list[str],
    precursors: Precursors,
    statistics: Statistics,
    events: Path,
    leads: list[Path],
    precursors_table: Path,
    hierarchy_table: Path,
) -> None:
    """Estimate precursor rates and the hierarchy of all measures (tables ``precursors`` and ``hierarchy``).

    Args:
        signals: Names of the measures.
        precursors: Its ``families`` are those of Holm's correction.
        statistics: Confidence, bootstrap draws and seed.
        events: Table ``events``, for the metrics and sizes of the cells.
        leads: Tables ``leads``, one of each signal.
        precursors_table: Where ``precursors`` is written.
        hierarchy_table: Where ``hierarchy`` is written.
    """
    joined, emerged = with_own_loss(tables.read(LEADS, *leads)), tables.read(EVENTS, events)
    metrics, sizes = list(emerged["metric"].unique()), list(emerged["size"].unique())
    grid = RateCells(signals, metrics, DEFINITIONS, sizes)
    rates = estimate_rates(joined, grid, precursors.families, statistics)
    tables.write(PRECURSORS, rates, precursors_table)
    tables.write(HIERARCHY, estimate_hierarchy(joined, grid, statistics), hierarchy_table)
