"""The joint study: Study 1's detectors and measures on trajectories whose true times of emergence are known."""

from pathlib import Path

import pandas as pd

from emergence import tables
from emergence.analysis.solvable import timing, tracking, truth
from emergence.analysis.solvable.conclusions import conclusions
from emergence.schemas.analysis import LEADS, PRECURSORS, SCORES
from emergence.schemas.joint import CONCLUSIONS, DETECTED, DETECTOR_ERROR, MOVEMENTS, SKILL_LEADS, TRACKING
from emergence.schemas.limits import ONSETS
from emergence.schemas.solvable import CONSTANTS
from emergence.schemas.trajectories import BEHAVIOUR
from emergence.settings.joint import JointSettings


def margins(leads: pd.DataFrame, measures: list[str], least: float) -> dict[str, float]:
    """What counts as a lead of each measure, in checkpoints: as its leads have it, or the configured least."""
    found = leads.groupby("measure")["margin"].max()
    return {name: float(found.get(name, least)) for name in measures}


def make(
    settings: JointSettings,
    behaviour: list[Path],
    constants: Path,
    scores: Path,
    onsets: list[Path],
    leads: list[Path],
    precursors: Path,
    detected_table: Path,
    errors_table: Path,
    movements_table: Path,
    tracking_table: Path,
    skills_table: Path,
    conclusions_table: Path,
) -> None:
    """Hold detectors, measures and rules against the truth."""
    confidence, scored = settings.statistics.confidence, tables.read(SCORES, scores)
    times = truth.known(tables.read(BEHAVIOUR, *behaviour), tables.read(CONSTANTS, constants), settings)
    found = timing.detected(scored, times, settings.events)
    tables.write(DETECTED, found, detected_table)
    tables.write(DETECTOR_ERROR, timing.errors(found, confidence), errors_table)
    curves = tables.read(ONSETS, *onsets)
    least = margins(tables.read(LEADS, *leads), list(curves["measure"].unique()), settings.precursors.margin)
    moved = tracking.movements(curves, times, scored, least)
    tables.write(MOVEMENTS, moved, movements_table)
    tracked = tracking.tracking(moved, settings.joint, confidence)
    tables.write(TRACKING, tracked, tracking_table)
    tables.write(SKILL_LEADS, tracking.by_skill(moved, confidence), skills_table)
    rates = tables.read(PRECURSORS, precursors)
    judged = conclusions(rates, tracked, settings.events.primary, settings)
    tables.write(CONCLUSIONS, judged, conclusions_table)
