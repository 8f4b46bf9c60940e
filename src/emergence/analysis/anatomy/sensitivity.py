"""One-at-a-time sensitivity analysis of RankMe's floors and precursor rates."""

from collections.abc import Iterator
from pathlib import Path
from typing import get_args

import numpy as np
import pandas as pd

from emergence.analysis.anatomy.floors import pooled_slope
from emergence.analysis.collapse import find_collapses
from emergence.analysis.events import find_events
from emergence.analysis.leads import LeadSettings, find_leads
from emergence.analysis.precursors import RateCells, estimate_rates, with_own_loss
from emergence.analysis.select import last_layer, without_control
from emergence.config.protocol import Sensitivity, Variant
from emergence.config.types import Strict
from emergence.io import tables
from emergence.io.progress import Progress
from emergence.schemas.analysis import CONFIGURED, SCORES
from emergence.schemas.anatomy import SENSITIVITY
from emergence.schemas.trajectories import MEASURE

NULLS = ("placebo", "control", "own score")
SECTIONS = {"threshold": "events", "persistence": "events", "noise_multiple": "collapse", "smoothing": "collapse"}
Row = dict[str, object]


class SensitivitySettings(Strict):
    """RankMe's settings and the alternatives to them."""

    leads: LeadSettings
    """of RankMe"""
    grid: Sensitivity


def alternatives(base: LeadSettings, grid: Sensitivity) -> Iterator[tuple[str, str, LeadSettings]]:
    """Factor, value and settings: first as configured, then each alternative on its own."""
    yield CONFIGURED, "", base
    for variant in get_args(Variant):
        if variant != base.signal.variant:
            signal = base.signal.model_copy(update={"variant": variant})
            yield "variant", variant, base.model_copy(update={"signal": signal})
    for factor, values in grid:
        section = SECTIONS.get(factor, "precursors")
        for value in values:
            changed = getattr(base, section).model_copy(update={factor: value})
            yield factor, value if isinstance(value, str) else f"{value:g}", base.model_copy(update={section: changed})


def compare_alternatives(scored: pd.DataFrame, rows: pd.DataFrame, settings: SensitivitySettings) -> pd.DataFrame:
    """Table ``sensitivity``: slope of floors, precursor rates and their excesses under every alternative.

    Args:
        scored: Table ``scores``.
        rows: Rows of table ``measure`` of RankMe, the last layer in all variants.
        settings: RankMe's settings and the alternatives to them.

    Raises:
        CollapseError: see `early_checkpoints`.
    """
    without = settings.leads.precursors.model_copy(update={"shifts": 1})  # the shift null is not used here
    tried = list(alternatives(settings.leads.model_copy(update={"precursors": without}), settings.grid))
    progress = Progress("sensitivity", len(tried), "settings")
    results: list[Row] = []
    for done, (factor, value, chosen) in enumerate(tried, start=1):
        of_variant = rows[rows["variant"] == chosen.signal.variant]
        estimates = (*_slope(of_variant, chosen), *_rates(scored, of_variant, chosen))
        results += [{"factor": factor, "value": value, **row} for row in estimates]
        progress(done)
    return pd.DataFrame(results, columns=SENSITIVITY.arrow.names)


def _slope(rows: pd.DataFrame, settings: LeadSettings) -> Iterator[Row]:
    collapses = find_collapses(without_control(rows), settings.collapse)
    slope = pooled_slope(collapses, settings.statistics)
    yield {"quantity": "slope of floors", "estimate": slope["slope"], "low": slope["low"], "high": slope["high"]}


def _rates(scored: pd.DataFrame, rows: pd.DataFrame, settings: LeadSettings) -> Iterator[Row]:
    metric = settings.metric
    scored = scored[scored["metric"] == metric]
    definition = settings.precursors.definition
    emerged = find_events(scored, settings.events)
    leads, _ = find_leads(emerged, scored, rows, settings, (definition,), shares=np.empty(0))
    if leads.empty:
        return
    tier = RateCells([settings.measure], [metric], [definition], [])
    table = estimate_rates(with_own_loss(leads), tier, settings.precursors.families, settings.statistics)
    table = table[table["classes"] == "family"].set_index(["difficulty", "control"])
    for difficulty in ("hard", "easy"):
        rate = table.loc[(difficulty, "observed")]
        yield {"quantity": f"rate, {difficulty}", "estimate": rate["rate"], "low": rate["low"], "high": rate["high"]}
        for null in NULLS:
            excess = table.loc[(difficulty, null)]
            values = {"estimate": excess["excess"], "low": excess["excess_low"], "high": excess["excess_high"]}
            yield {"quantity": f"excess over {null}, {difficulty}", **values}


def vary_settings(settings: SensitivitySettings, scores: Path, measures: list[Path], table: Path) -> None:
    """Vary one setting at a time (table ``sensitivity``).

    Args:
        settings: RankMe's settings and the alternatives to them.
        scores: Table ``scores``.
        measures: Tables ``measure`` of RankMe, one of each run.
        table: Where ``sensitivity`` is written.

    Raises:
        CollapseError: see `early_checkpoints`.
    """
    rows = last_layer(tables.read(MEASURE, *measures))
    scored = tables.read(SCORES, scores)
    tables.write(SENSITIVITY, compare_alternatives(scored, rows, settings), table)
