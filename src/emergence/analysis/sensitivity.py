"""Would another choice give another answer? Floors and precursor rates of RankMe, one setting changed at a time."""

from collections.abc import Iterator
from pathlib import Path
from typing import get_args

import pandas as pd

from emergence import tables
from emergence.analysis.collapse import collapse
from emergence.analysis.events import events
from emergence.analysis.floors import pooled
from emergence.analysis.leads import leads
from emergence.analysis.precursors import Tier, rates, with_own_loss
from emergence.analysis.signals import last_layer
from emergence.progress import Progress
from emergence.schemas.analysis import CONFIGURED, SCORES, SENSITIVITY
from emergence.schemas.trajectories import MEASURE
from emergence.settings.analysis import Grid, LeadSettings, SensitivitySettings
from emergence.settings.variants import Variant
from emergence.tasks.symbols import CONTROL

NULLS = ("placebo", "control", "own score")
SECTIONS = {"threshold": "events", "persistence": "events", "noise_multiple": "collapse", "smoothing": "collapse"}
Row = dict[str, object]


def alternatives(base: LeadSettings, grid: Grid) -> Iterator[tuple[str, str, LeadSettings]]:
    """Factor, value and resulting settings of RankMe: those of config first, then every alternative on its own."""
    yield CONFIGURED, "", base
    for variant in get_args(Variant):
        if variant != base.signal.variant:
            signal = base.signal.model_copy(update={"variant": variant})
            yield "variant", variant, base.model_copy(update={"signal": signal})
    for factor, values in grid:
        section = SECTIONS.get(factor, "precursors")
        for value in values:
            changed = getattr(base, section).model_copy(update={factor: value})
            yield factor, f"{value:g}", base.model_copy(update={section: changed})


def sensitivity(scored: pd.DataFrame, rows: pd.DataFrame, settings: SensitivitySettings) -> pd.DataFrame:
    """Slope of floors, precursor rates and their excesses under every alternative (table ``sensitivity``)."""
    without = settings.leads.precursors.model_copy(update={"shifts": 1})  # that null is not looked at here
    tried = list(alternatives(settings.leads.model_copy(update={"precursors": without}), settings.grid))
    progress = Progress("sensitivity", len(tried), "settings")
    found = []
    for done, (factor, value, chosen) in enumerate(tried, start=1):
        of_variant = rows[rows["variant"] == chosen.signal.variant]
        rows_found = (*_slope(of_variant, chosen), *_rates(scored, of_variant, chosen))
        found += [{"factor": factor, "value": value, **row} for row in rows_found]
        progress(done)
    return pd.DataFrame(found, columns=SENSITIVITY.arrow.names)


def _slope(rows: pd.DataFrame, settings: LeadSettings) -> Iterator[Row]:
    collapses = collapse(rows[rows["task"] != CONTROL], settings.collapse)
    slope = pooled(collapses, settings.statistics)
    yield {"quantity": "slope of floors", "estimate": slope["slope"], "low": slope["low"], "high": slope["high"]}


def _rates(scored: pd.DataFrame, rows: pd.DataFrame, settings: LeadSettings) -> Iterator[Row]:
    metric = settings.events.primary
    scored = scored[scored["metric"] == metric]
    definition = settings.precursors.definition
    found, _ = leads(events(scored, settings.events), scored, rows, settings, (definition,))
    if found.empty:
        return
    tier = Tier([settings.measure], [metric], [definition], [])
    table = rates(with_own_loss(found), tier, settings.precursors.families, settings.statistics)
    table = table[table["classes"] == "family"].set_index(["difficulty", "control"])
    for difficulty in ("hard", "easy"):
        rate = table.loc[(difficulty, "observed")]
        yield {"quantity": f"rate, {difficulty}", "estimate": rate["rate"], "low": rate["low"], "high": rate["high"]}
        for null in NULLS:
            excess = table.loc[(difficulty, null)]
            values = {"estimate": excess["excess"], "low": excess["excess_low"], "high": excess["excess_high"]}
            yield {"quantity": f"excess over {null}, {difficulty}", **values}


def make(settings: SensitivitySettings, scores: Path, measures: list[Path], table: Path) -> None:
    """Try every alternative."""
    rows = last_layer(tables.read(MEASURE, *measures))
    scored = tables.read(SCORES, scores)
    tables.write(SENSITIVITY, sensitivity(scored, rows, settings), table)
