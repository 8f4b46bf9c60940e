"""Precursor rates: how often each measure leads emergence, and more often than under every null?

A rate means its excess over its nulls (see `emergence.analysis.leads`). Two of them ask for more than timing: *own
score* for more than that an onset comes before a half-way point, *own loss* for more than the task's own loss tells.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import get_args

import numpy as np
import pandas as pd

from emergence import tables
from emergence.analysis.difficulty import CLASSES
from emergence.analysis.events import UNIT
from emergence.analysis.intervals import clopper_pearson, clustered, holm, sign_flip
from emergence.schemas.analysis import EVENTS, HIERARCHY, LEADS, PRECURSORS
from emergence.settings.analysis import Definition, Null, RateSettings, Statistics

RELATIONS = ("leads", "synchronous", "lags", "none")
NULLS: tuple[str, ...] = get_args(Null)
DEFINITIONS: tuple[str, ...] = get_args(Definition)
EVENT = [*UNIT, "metric", "definition"]
CELLS = [("all", "all"), *product(CLASSES, ("easy", "hard"))]
Row = dict[str, object]


def with_own_loss(found: pd.DataFrame) -> pd.DataFrame:
    """Leads with what the task's own loss does at the event: 1 if it leads by the same margin, else 0.

    Null where the loss was not followed.
    """
    of_loss = found.loc[found["measure"] == "loss", [*EVENT, "lead"]].assign(followed=True)
    joined = found.merge(of_loss, how="left", on=EVENT, validate="m:1", suffixes=("", " of loss"))
    leading = (joined.pop("lead of loss") > joined["margin"]).astype(float)
    return joined.assign(**{"own loss": leading.where(joined.pop("followed").notna())})


@dataclass(frozen=True)
class Tier:
    """What there could be rates of; a combination without an event has an empty cell."""

    measures: Sequence[str]
    metrics: Sequence[str]
    definitions: Sequence[str]
    sizes: Sequence[str]


def cells(found: pd.DataFrame, tier: Tier) -> Iterator[tuple[Row, pd.DataFrame]]:
    """The leads of every measure x metric x definition x difficulty x size, with the names of the cell."""
    for measure, metric, definition in product(tier.measures, tier.metrics, tier.definitions):
        names = {"measure": measure, "metric": metric, "definition": definition}
        group = found[(found[list(names)] == list(names.values())).all(axis=1)]
        for (way, difficulty), size in product(CELLS, ("all", *tier.sizes)):
            chosen = (size == "all") | (group["size"] == size)
            if way != "all":
                chosen &= group[way] == difficulty
            placebo = group["placebo, family" if way == "all" else f"placebo, {way}"]
            cell = {"classes": way, "difficulty": difficulty, "size": size}
            yield {**names, **cell}, group.assign(placebo=placebo)[chosen]


def rates(found: pd.DataFrame, tier: Tier, families: Sequence[str], settings: Statistics) -> pd.DataFrame:
    """Precursor rates beside their nulls (table ``precursors``).

    ``low`` and ``high`` bound the rate over runs: whole runs are drawn with replacement, with a run at 0 and one at 1
    added, so that runs that agree are not taken for certainty. ``naive_low`` and ``naive_high`` take events as
    independent (Clopper-Pearson). The excess is rate minus null, event by event, over events that have the null.
    """
    rows = [{**cell, **row} for cell, group in cells(found, tier) for row in _rates(group, settings)]
    table = pd.DataFrame(rows, columns=PRECURSORS.arrow.names)
    table["holm_p"] = table.groupby(list(families))["p"].transform(holm)
    return table


def _rates(group: pd.DataFrame, settings: Statistics) -> Iterator[Row]:
    rng = np.random.default_rng(settings.seed)
    observed = (group["relation"] == "leads").astype(float)
    for control in ("observed", *NULLS):
        values = observed if control == "observed" else group[control].astype(float)
        known = values.notna()
        values, runs, excess = values[known], group.loc[known, "run"], (observed - values)[known]
        row: Row = {"control": control, "events": int(known.sum()), "runs": runs.nunique()}
        if known.any():
            row["rate"] = values.mean()
            row["low"], row["high"] = clustered(values, runs, settings.confidence, settings.bootstrap, rng, (0.0, 1.0))
        if known.any() and control == "observed":
            naive = clopper_pearson(int(values.sum()), len(values), settings.confidence)
            row["naive_low"], row["naive_high"] = naive
        elif known.any():
            row["excess"] = excess.mean()
            interval = clustered(excess, runs, settings.confidence, settings.bootstrap, rng)
            row["excess_low"], row["excess_high"] = interval
            row["p"] = sign_flip(excess, runs, settings.bootstrap, rng)
        yield row


def hierarchy(found: pd.DataFrame, tier: Tier, settings: Statistics) -> pd.DataFrame:
    """Share of events that each measure leads, keeps pace with, lags or has no time for (table ``hierarchy``)."""
    rows = []
    for cell, group in cells(found, tier):
        rng = np.random.default_rng(settings.seed)
        for relation in RELATIONS if len(group) else ():
            values, runs = (group["relation"] == relation).astype(float), group["run"]
            low, high = clustered(values, runs, settings.confidence, settings.bootstrap, rng, (0.0, 1.0))
            counts = {"count": int(values.sum()), "events": len(group), "runs": runs.nunique()}
            rows.append({**cell, "relation": relation, **counts, "share": values.mean(), "low": low, "high": high})
    return pd.DataFrame(rows, columns=HIERARCHY.arrow.names)


def make(settings: RateSettings, events: Path, leads: list[Path], rates_table: Path, hierarchy_table: Path) -> None:
    """Precursor rates of all measures."""
    found = with_own_loss(tables.read(LEADS, *leads))
    of_runs = tables.read(EVENTS, events)
    metrics, sizes = list(of_runs["metric"].unique()), list(of_runs["size"].unique())
    tier = Tier(settings.measures, metrics, DEFINITIONS, sizes)
    judged = rates(found, tier, settings.precursors.families, settings.statistics)
    tables.write(PRECURSORS, judged, rates_table)
    tables.write(HIERARCHY, hierarchy(found, tier, settings.statistics), hierarchy_table)
