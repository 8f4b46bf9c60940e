"""Phases of representations over the training of language models: collapse, expansion, compression.

In Pythia and OLMo the effective rank of representations first falls, while the learning rate warms up, then grows for
long, and in the end falls again (arXiv:2509.23024). On the logarithm of RankMe, smoothed as for the early collapse and
more so after it: the *floor* is the minimum of the first steps, the *peak* the maximum from there on. A phase is there
if RankMe changes by enough between its ends. Phases are those of every layer; shares are of the last.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from emergence import tables
from emergence.analysis.collapse import by_run, rank_scale, shape
from emergence.analysis.curves import smoothed
from emergence.analysis.intervals import clopper_pearson
from emergence.analysis.signals import last_layer
from emergence.schemas.phases import PHASE_SHARES, PHASES
from emergence.schemas.trajectories import MEASURE
from emergence.settings.phases import PhaseSettings
from emergence.tasks.symbols import PASSAGES

NAMES = ("collapse", "expansion", "compression", "in_order")
Row = dict[str, Any]


def phases(rows: pd.DataFrame, settings: PhaseSettings) -> pd.DataFrame:
    """One row a run, group and layer (table ``phases``), from rows of RankMe's primary variant."""
    frames = [_of_run(wide, settings) for wide in by_run(rows)]
    return pd.concat(frames, ignore_index=True) if frames else pd.DataFrame(columns=PHASES.arrow.names)


def _of_run(wide: pd.DataFrame, settings: PhaseSettings) -> pd.DataFrame:
    """From curves of one run, a row each and a column a step."""
    steps, curves = wide.columns.to_numpy(), rank_scale(wide.to_numpy())
    found = shape(curves, int((steps <= settings.collapse.floor_until).sum()), settings.collapse)
    smooth, place = smoothed(curves, settings.phases.smoothing), found.floor_position
    since = np.where(np.arange(len(steps)) >= place[:, None], smooth, -np.inf)
    top, peak, final = since.argmax(axis=-1), since.max(axis=-1), smooth[:, -1]
    frame = wide.index.to_frame(index=False).drop(columns="measure")
    frame["initial"], frame["floor"], frame["floor_step"] = np.exp(found.initial), np.exp(found.floor), steps[place]
    frame["peak"], frame["peak_step"] = np.exp(peak), steps[top]
    frame["final"], frame["final_step"] = np.exp(final), steps[-1]
    frame["collapse"] = np.isfinite(found.collapse_position)
    frame["expansion"] = found.floor - peak <= np.log(settings.phases.expansion)
    frame["compression"] = final - peak <= np.log(settings.phases.compression)
    frame["in_order"] = frame[["collapse", "expansion", "compression"]].all(axis=1)
    return frame.astype(dict.fromkeys(("floor_step", "peak_step", "final_step"), "float64"))


def shares(found: pd.DataFrame, confidence: float) -> pd.DataFrame:
    """Shares of units whose last layer passes each phase (table ``phase_shares``)."""
    last = last_layer(found)
    text = last[last["task"] == PASSAGES].set_index("size")[list(NAMES)]
    sets = last[last["task"] != PASSAGES].groupby(["task", "size"], sort=False)[list(NAMES)].mean() > 0.5
    rows: list[Row] = []
    for groups, units in (("probe sets", sets.droplevel("task")), ("text", text)):
        rows += [{"groups": groups, **row} for row in _shares(units, confidence)]
    return pd.DataFrame(rows, columns=PHASE_SHARES.arrow.names)


def _shares(units: pd.DataFrame, confidence: float) -> Iterator[Row]:
    """Of units, a row each with its size as index."""
    for size in ("all", *units.index.unique()) if len(units) else ():
        chosen = units if size == "all" else units.loc[[size]]
        for phase in NAMES:
            count = int(chosen[phase].sum())
            low, high = clopper_pearson(count, len(chosen), confidence)
            share = {"share": count / len(chosen), "low": low, "high": high}
            yield {"size": size, "phase": phase, "count": count, "units": len(chosen), **share}


def make(settings: PhaseSettings, measures: list[Path], phases_table: Path, shares_table: Path) -> None:
    """Find the phases of RankMe's primary variant in every run."""
    rows = tables.read(MEASURE, *measures)
    found = phases(rows[rows["variant"] == settings.variant], settings)
    tables.write(PHASES, found, phases_table)
    tables.write(PHASE_SHARES, shares(found, settings.confidence), shares_table)
