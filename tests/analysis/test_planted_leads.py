"""Planted precursors keep the run's own fall, and lead by what was planted."""

import numpy as np
import pandas as pd
import pytest
from synthetic.anatomy_tables import AT, EASY, STEPS, TASKS, recovering_rank, transition

from emergence.analysis.curves import Array
from emergence.analysis.lead_differences import RunTimes
from emergence.analysis.planted_leads import PlantedRun
from emergence.analysis.signals import Signals
from emergence.config import loading

NAMES = pd.MultiIndex.from_tuples([(task, "1") for task in (*TASKS, "CTL")], names=["task", "level"])
EVENTS = np.array([*range(60, 140, 10), np.inf])


@pytest.fixture(scope="module")
def run(default: loading.Config) -> PlantedRun:
    """Eight tasks, 10 checkpoints apart, and a control; ranks that recover at one time."""
    rng = np.random.default_rng(0)
    values = np.log([recovering_rank(30, 0.01, rng) for _ in NAMES])
    tasks = NAMES.get_level_values("task")
    easy = np.where(tasks.isin(EASY), "easy", "hard").astype(object)
    easy[-1] = None
    alike = (easy[:, None] == easy) & (tasks.to_numpy()[:, None] != tasks.to_numpy()) & pd.notna(easy)
    measured = Signals(NAMES, STEPS, values, STEPS, None, default.protocol.collapse)
    scores = np.array([transition(time if np.isfinite(time) else np.nan) for time in EVENTS])
    times = RunTimes("small-s1", "small", NAMES, STEPS, EVENTS, EVENTS - 5, {"family": easy}, {"family": alike})
    return PlantedRun(times, measured, scores, contrast=50.0)


def moved(run: PlantedRun, kind: str, lead: int) -> Array:
    return run.moved(kind, lead, 5, np.random.default_rng(1))  # type: ignore[arg-type]


@pytest.mark.parametrize("lead", [0, 3, 10, 20])
def test_own_curves_lead_by_what_was_planted(lead: int, run: PlantedRun) -> None:
    """Detection is late by as much of the rise as the noise hides."""
    ahead = (EVENTS - moved(run, "own", lead))[:, :-1]
    assert np.abs(ahead - lead - 4).max() < 2.5, "a score begins 5 checkpoints before its half-way point"
    assert np.isnan(moved(run, "own", lead)[:, -1]).all(), "the control never rises"


def test_a_common_time_is_that_of_the_first_event_in_every_curve(run: PlantedRun) -> None:
    when = moved(run, "common", 10)
    assert np.abs(when - when.mean()).max() < 2
    assert when.mean() == pytest.approx(EVENTS[0] - 10 - 4, abs=2)


def test_anothers_is_of_another_task_of_the_same_difficulty(run: PlantedRun) -> None:
    followed = run.followed("another's", 50, np.random.default_rng(2))
    levels = np.arange(len(NAMES))
    assert (followed[:, :-1] != levels[:-1]).all()
    assert (run.times.classes["family"][followed] == run.times.classes["family"])[:, :-1].all()
    assert (followed[:, -1] == levels[-1]).all(), "the control has no other"


def test_before_the_floor_the_curve_is_the_run_s_own(run: PlantedRun) -> None:
    planted = run.plant("own", 5, 3, np.random.default_rng(3))
    early = AT < 10
    np.testing.assert_array_equal(
        planted[..., early], np.broadcast_to(run.measured.values[:, early], planted[..., early].shape)
    )


def test_observed_times_are_those_of_the_real_curves(run: PlantedRun) -> None:
    assert np.abs(run.observed - 31).max() < 3
