"""Does a measure lead emergence, and more often than by construction?

For each emergence event the measure's onset (departure from its floor, see `emergence.analysis.collapse`) is compared
with the event, both as positions in checkpoints. Recovery after an early collapse precedes a late event almost
whatever it means, so each event also carries what it would be under two nulls: *circular shift*, the share of random
rotations of the measure's curve whose onset leads the event, and *placebo*, the share of other tasks' curves of the
same difficulty and run that lead it. A rate means its excess over both: the shift alone credits an early recovery that
all tasks share. An onset is where a rise begins, an event its half-way point, so a measure that moves with behaviour
leads it as well; whether it knows more than behaviour itself does is for rival precursors to say.
"""

from collections.abc import Iterator
from itertools import product
from pathlib import Path

import numpy as np
import pandas as pd

from emergence import tables
from emergence.analysis.collapse import shape
from emergence.analysis.curves import Array, to_positions, to_steps
from emergence.analysis.events import UNIT
from emergence.analysis.intervals import clopper_pearson, clustered
from emergence.schemas.analysis import EVENTS, LEADS, PRECURSORS
from emergence.schemas.trajectories import MEASURE
from emergence.settings.analysis import LeadSettings, Statistics

NULLS = {"circular shift": "shift_null", "placebo": "placebo_null"}


def relation(lead: float, margin: float) -> str:
    """Name of a lead in checkpoints: leads, synchronous, lags, or none where the measure has no onset."""
    if np.isnan(lead):
        return "none"
    return "leads" if lead > margin else "lags" if lead < -margin else "synchronous"


def rotations(curve: Array, draws: int, rng: np.random.Generator) -> Array:
    """Random circular shifts of a curve, shape (draws, checkpoints); none is the curve itself."""
    offsets = rng.integers(1, len(curve), draws)
    return curve[(np.arange(len(curve)) + offsets[:, None]) % len(curve)]


def leads(events: pd.DataFrame, rows: pd.DataFrame, settings: LeadSettings) -> pd.DataFrame:
    """One row an event (table ``leads``), from the last layer's rows of one variant of one measure."""
    rows = rows[rows["layer"] == rows.groupby("run")["layer"].transform("max")]
    emerged = events[events["emerged"]]
    found = [
        row
        for run, curves in rows.groupby("run", sort=False)
        for row in _leads_of_run(emerged[emerged["run"] == run], curves, settings)
    ]
    return pd.DataFrame(found, columns=LEADS.arrow.names)


def _leads_of_run(events: pd.DataFrame, curves: pd.DataFrame, settings: LeadSettings) -> Iterator[dict[str, object]]:
    wide = curves.pivot_table(index=["task", "level"], columns="step", values="value", sort=False)
    wide = wide.sort_index(axis=1)
    steps, values = wide.columns.to_numpy(), wide.to_numpy()
    collapse, margin = settings.collapse, settings.precursors.margin
    early = int((steps <= collapse.floor_until).sum())
    onsets = shape(values, early, collapse).onset_position
    task_of = wide.index.get_level_values("task")
    for _, event in events.iterrows():
        row = wide.index.get_loc((event["task"], event["level"]))
        time = to_positions(event["step"], steps)
        rng = np.random.default_rng([settings.statistics.seed, event["seed"], event["parameters"], row])
        shifted = shape(rotations(values[row], settings.precursors.shifts, rng), early, collapse).onset_position
        alike = task_of.isin(settings.easy) == (event["task"] in settings.easy)
        others = onsets[(task_of != event["task"]) & alike]
        lead = time - onsets[row]
        yield {
            **event[[*UNIT, "metric"]],
            "measure": curves["measure"].iloc[0],
            "difficulty": "easy" if event["task"] in settings.easy else "hard",
            "event_step": event["step"],
            "onset_step": to_steps(onsets[row], steps),
            "lead": lead,
            "relation": relation(lead, margin),
            "shift_null": float((time - shifted > margin).mean()),
            "placebo_null": float((time - others > margin).mean()) if len(others) else None,
        }


def rates(found: pd.DataFrame, events: pd.DataFrame, measure: str, settings: Statistics) -> pd.DataFrame:
    """Precursor rates by difficulty and size, each beside its nulls (table ``precursors``).

    ``low`` and ``high`` bound the rate over runs: whole runs are drawn with replacement, with a run at 0 and one at 1
    added, so that runs that agree are not taken for certainty. ``naive_low`` and ``naive_high`` take events as
    independent (Clopper-Pearson). The excess is rate minus null, event by event. The
    cells are those of ``events``, emerged or not; a cell without an emerged event has no rate.
    """
    found = found.assign(observed=(found["relation"] == "leads").astype(float))
    rows = []
    for metric, difficulty, size in product(
        events["metric"].unique(), ("easy", "hard", "all"), ("all", *events["size"].unique())
    ):
        chosen = found["metric"] == metric
        chosen &= (difficulty == "all") | (found["difficulty"] == difficulty)
        chosen &= (size == "all") | (found["size"] == size)
        cell = {"measure": measure, "metric": metric, "difficulty": difficulty, "size": size}
        rows += [{**cell, **row} for row in _rates_of_group(found[chosen], settings)]
    return pd.DataFrame(rows, columns=PRECURSORS.arrow.names)


def _rates_of_group(group: pd.DataFrame, settings: Statistics) -> Iterator[dict[str, object]]:
    rng = np.random.default_rng(settings.seed)

    def interval(values: pd.Series, *added: float) -> tuple[float, float]:
        return clustered(values, group["run"], settings.confidence, settings.bootstrap, rng, added)

    for control, column in {"observed": "observed", **NULLS}.items():
        runs = group["run"].nunique()
        row: dict[str, object] = {"control": control, "events": len(group), "runs": runs}
        if len(group):
            row["rate"] = group[column].mean()
            row["low"], row["high"] = interval(group[column], 0.0, 1.0)
            if control == "observed":
                naive = clopper_pearson(int(group[column].sum()), len(group), settings.confidence)
                row["naive_low"], row["naive_high"] = naive
            else:
                excess = group["observed"] - group[column]
                row["excess"] = excess.mean()
                row["excess_low"], row["excess_high"] = interval(excess)
        yield row


def make(settings: LeadSettings, events: Path, measures: list[Path], leads_table: Path, rates_table: Path) -> None:
    """Compare every event with the primary variant of a measure."""
    rows = tables.read(MEASURE, *measures)
    of_runs = tables.read(EVENTS, events)
    found = leads(of_runs, rows[rows["variant"] == settings.variant], settings)
    tables.write(LEADS, found, leads_table)
    tables.write(PRECURSORS, rates(found, of_runs, rows["measure"].iloc[0], settings.statistics), rates_table)
