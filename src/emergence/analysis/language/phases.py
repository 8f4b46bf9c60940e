"""Phases of representations over the training of language models: collapse, expansion, compression.

In Pythia and OLMo the effective rank of representations first falls, while the learning rate warms up, then grows for
most of training and finally falls again (arXiv:2509.23024). On the logarithm of RankMe, smoothed as for the early
collapse and more after it, the *floor* is the minimum of the first steps and the *peak* the maximum from there on. A
phase is present if RankMe changes by a configured ratio between its ends. Phases are computed in every layer; shares
concern the last.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from emergence.analysis.collapse import curves_by_run, describe_collapse, early_checkpoints, rank_scale
from emergence.analysis.curves import smooth
from emergence.analysis.intervals import clopper_pearson
from emergence.analysis.select import last_layer
from emergence.config.language import Phases
from emergence.config.protocol import Collapse, Variant
from emergence.config.types import Fraction, Strict
from emergence.io import tables
from emergence.schemas.language import PHASE_SHARES, PHASES
from emergence.schemas.trajectories import MEASURE
from emergence.tasks.symbols import PASSAGES

NAMES = ("collapse", "expansion", "compression", "in_order")
Row = dict[str, Any]


class PhaseSettings(Strict):
    """Collapse and phases of the primary variant of RankMe."""

    variant: Variant
    collapse: Collapse
    phases: Phases
    confidence: Fraction


def find_phases(rows: pd.DataFrame, settings: PhaseSettings) -> pd.DataFrame:
    """Table ``phases`` from rows of RankMe's primary variant: one row per run, group and layer.

    Raises:
        CollapseError: see `early_checkpoints`.
    """
    frames = [_of_run(wide, settings) for wide in curves_by_run(rows)]
    return pd.concat(frames, ignore_index=True) if frames else pd.DataFrame(columns=PHASES.arrow.names)


def _of_run(wide: pd.DataFrame, settings: PhaseSettings) -> pd.DataFrame:
    """The phases of one run, from its curves: a row per curve, a column per step."""
    steps, curves = wide.columns.to_numpy(), rank_scale(wide.to_numpy())
    shape = describe_collapse(curves, early_checkpoints(wide, settings.collapse), settings.collapse)
    smoothed, place = smooth(curves, settings.phases.smoothing), shape.floor_position
    since = np.where(np.arange(len(steps)) >= place[:, None], smoothed, -np.inf)
    top, peak, final = since.argmax(axis=-1), since.max(axis=-1), smoothed[:, -1]
    frame = wide.index.to_frame(index=False).drop(columns="measure")
    frame["initial"], frame["floor"], frame["floor_step"] = np.exp(shape.initial), np.exp(shape.floor), steps[place]
    frame["peak"], frame["peak_step"] = np.exp(peak), steps[top]
    frame["final"], frame["final_step"] = np.exp(final), steps[-1]
    frame["collapse"] = np.isfinite(shape.collapse_position)
    frame["expansion"] = shape.floor - peak <= np.log(settings.phases.expansion)
    frame["compression"] = final - peak <= np.log(settings.phases.compression)
    frame["in_order"] = frame[["collapse", "expansion", "compression"]].all(axis=1)
    return frame.astype(dict.fromkeys(("floor_step", "peak_step", "final_step"), "float64"))


def phase_shares(phases: pd.DataFrame, confidence: float) -> pd.DataFrame:
    """Table ``phase_shares``: units whose last layer shows each phase."""
    last = last_layer(phases)
    text = last[last["task"] == PASSAGES].set_index("size")[list(NAMES)]
    sets = last[last["task"] != PASSAGES].groupby(["task", "size"], sort=False)[list(NAMES)].mean() > 0.5
    rows: list[Row] = []
    for groups, units in (("probe sets", sets.droplevel("task")), ("text", text)):
        rows += [{"groups": groups, **row} for row in _shares(units, confidence)]
    return pd.DataFrame(rows, columns=PHASE_SHARES.arrow.names)


def _shares(units: pd.DataFrame, confidence: float) -> Iterator[Row]:
    """Shares of units (rows indexed by size), over all and by size."""
    for size in ("all", *units.index.unique()) if len(units) else ():
        chosen = units if size == "all" else units.loc[[size]]
        for phase in NAMES:
            count = int(chosen[phase].sum())
            low, high = clopper_pearson(count, len(chosen), confidence)
            share = {"share": count / len(chosen), "low": low, "high": high}
            yield {"size": size, "phase": phase, "count": count, "units": len(chosen), **share}


def detect_phases(settings: PhaseSettings, measures: list[Path], phases_table: Path, phase_shares_table: Path) -> None:
    """Find the phases of RankMe's primary variant in every run (tables ``phases`` and ``phase_shares``).

    Args:
        settings: Primary variant, and how its collapse and phases are found.
        measures: Tables ``measure`` of RankMe, one of each run.
        phases_table: Where ``phases`` is written.
        phase_shares_table: Where ``phase_shares`` is written.

    Raises:
        CollapseError: see `early_checkpoints`.
    """
    rows = tables.read(MEASURE, *measures)
    phases = find_phases(rows[rows["variant"] == settings.variant], settings)
    tables.write(PHASES, phases, phases_table)
    tables.write(PHASE_SHARES, phase_shares(phases, settings.confidence), phase_shares_table)
