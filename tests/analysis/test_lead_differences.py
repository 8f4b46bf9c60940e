"""Paired lead-time differences, on planted times whose differences are known."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
import pytest
from synthetic.anatomy_tables import EASY, EVENTS, TASKS, events_and_scores, measure_rows, recovering_rank

from emergence.analysis.lead_differences import (
    DifferenceSettings,
    lead_differences,
    margins_of,
    of_whole_network,
    times_of_runs,
)
from emergence.analysis.leads import LeadSettings, describe_curves, find_leads
from emergence.config import loading
from emergence.config.protocol import Signal, Statistics

pytestmark = pytest.mark.long

HARD = [task for task in TASKS if task not in EASY]
RUNS = [f"small-s{seed}" for seed in range(1, 7)]
WITH_CONTROL = (*TASKS, "CTL")
TIMES = {run: [*(60.0 + 10 * np.array([0, 1, 2, 3, 4, 5, 6, 7]) + seed), np.nan] for seed, run in enumerate(RUNS)}
"""Positions of the events: each task 10 checkpoints after another, easy tasks first; the control never."""


@pytest.fixture(scope="module")
def settings(default: loading.Config, statistics: Statistics) -> LeadSettings:
    protocol = default.anatomy.protocol
    few = protocol.precursors.model_copy(update={"shifts": 1})
    return LeadSettings(
        measure="rankme", signal=Signal(variant=protocol.variant, scale="rank"), easy=EASY, metric="exact_match",
        events=EVENTS, collapse=protocol.collapse, precursors=few, statistics=statistics,
    )  # fmt: skip


def compared(onsets: Mapping[str, list[float]], settings: LeadSettings) -> pd.DataFrame:
    """Differences over all events, by rival, of a rank that recovers at these positions."""
    events, scores = events_and_scores(TIMES, tasks=WITH_CONTROL)
    curves = {run: [recovering_rank(onset) for onset in of_run] for run, of_run in onsets.items()}
    rows = measure_rows(curves, variant=settings.signal.variant, tasks=WITH_CONTROL)
    asked = DifferenceSettings(**{name: getattr(settings, name) for name in DifferenceSettings.model_fields})
    found, _ = find_leads(events, scores, rows, settings, ("onset",), shares=np.empty(0))
    table = lead_differences(events, scores, describe_curves(rows, scores, settings), found, asked)
    return table[(table["definition"] == "onset") & (table["size"] == "all")]


def over_all(table: pd.DataFrame) -> dict[str, float]:
    chosen = table[table["classes"] == "all"].set_index("rival")
    assert (chosen["runs"] == len(RUNS)).all()
    return chosen["difference"].to_dict()


def test_a_precursor_leads_curves_of_later_tasks_and_the_control(settings: LeadSettings) -> None:
    """Of four tasks 10 apart, those later than the first three are 20, 15 and 10 later; the last has none."""
    ahead = {run: [*(time - 20 for time in times[:-1]), 150.0] for run, times in TIMES.items()}
    found = over_all(compared(ahead, settings))
    assert found["placebo"] == pytest.approx(15, abs=0.5)
    assert found["control"] > 40
    assert found["own score"] == pytest.approx(20 - 5, abs=2), "scores begin 5 checkpoints before their half-way point"


def test_one_time_for_all_tasks_leads_no_placebo_however_early(settings: LeadSettings) -> None:
    """Though it leads every event, and every score."""
    common = {run: [25.0] * len(WITH_CONTROL) for run in RUNS}
    found = over_all(compared(common, settings))
    assert found["placebo"] == pytest.approx(0, abs=1e-6)
    assert found["control"] == pytest.approx(0, abs=1e-6)
    assert found["own score"] > 20


def test_another_tasks_time_leads_no_placebo(settings: LeadSettings) -> None:
    """Precursors of the tasks in reverse order are behind the curves of later tasks."""
    backward = {run: [*[time - 20 for time in times[:-1]][::-1], 150.0] for run, times in TIMES.items()}
    assert over_all(compared(backward, settings))["placebo"] < 0


def test_a_curve_that_never_moves_counts_at_the_last_checkpoint(settings: LeadSettings) -> None:
    never = {run: [1e6] * len(WITH_CONTROL) for run in RUNS}
    found = over_all(compared(never, settings))
    assert found["placebo"] == 0
    assert found["own score"] < -20


def test_cells_are_those_of_the_difficulty(settings: LeadSettings) -> None:
    """RankMe announces easy tasks, and all hard ones at one time."""
    mixed = {run: [*(time - 20 for time in times[:4]), *[70.0] * 4, 150.0] for run, times in TIMES.items()}
    table = compared(mixed, settings)
    by_cell = table[(table["rival"] == "placebo") & (table["classes"] == "family")].set_index("difficulty")
    assert by_cell.loc["easy", "difference"] > 5
    assert by_cell.loc["hard", "difference"] == pytest.approx(0, abs=1e-6)
    assert by_cell.loc["easy", "events"] == 3 * len(RUNS)


def test_without_the_order_of_events_differences_would_cancel(settings: LeadSettings) -> None:
    """Summed over both orders of each pair, the lead over other tasks' curves is zero for any measure."""
    events, scores = events_and_scores(TIMES, tasks=WITH_CONTROL)
    asked = DifferenceSettings(**{name: getattr(settings, name) for name in DifferenceSettings.model_fields})
    (first, *_) = times_of_runs(events, scores, "onset", asked).values()
    moved = np.random.default_rng(0).uniform(0, 100, len(first.names))
    pairs = (moved - moved[:, None])[first.alike["family"]]
    assert pairs.sum() == pytest.approx(0, abs=1e-9)


def test_a_curve_of_the_whole_network_is_known_by_its_rows() -> None:
    row = {"run": "a", "floor": 1.0, "early": 2.0, "onset_step": 3.0, "changepoint_step": np.nan}
    same = pd.DataFrame([row, row, {**row, "run": "b", "floor": 5.0}])
    assert of_whole_network(same)
    assert not of_whole_network(pd.DataFrame([row, {**row, "onset_step": 4.0}]))


def test_margins_are_those_of_leads() -> None:
    leads = pd.DataFrame({"measure": ["llc", "llc", "loss"], "margin": [2.0, 6.0, 2.0]})
    assert margins_of(leads, ["llc", "rankme"], 2.0) == {"llc": 6.0, "rankme": 2.0}
