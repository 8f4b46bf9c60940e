"""Collapse and recovery: planted shapes in log rank are recovered, flat and rising curves have none."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from emergence import tables
from emergence.analysis.collapse import collapse, make, rank_scale, shape
from emergence.schemas.analysis import COLLAPSE
from emergence.schemas.trajectories import MEASURE
from emergence.settings.analysis import Collapse

STEPS = np.unique(np.r_[np.arange(11), np.geomspace(10, 400, 65).astype(int), np.arange(400, 3601, 40)])
EARLY = int((STEPS <= 400).sum())
AT = np.arange(len(STEPS))


def planted(initial: float, floor: float, fall: tuple[float, float], onset: float, slope: float = 0.05) -> np.ndarray:
    """Logarithm of a rank that falls to its floor between two positions and rises from ``onset`` on, then levels."""
    corners = [fall[0], fall[1], onset, onset + 0.8 * np.log(initial / floor) / slope]
    heights = np.log([initial, floor, floor, initial**0.8 * floor**0.2])
    return np.interp(AT, corners, heights)


def test_a_planted_collapse_is_recovered(collapse_settings: Collapse) -> None:
    rng = np.random.default_rng(0)
    for _ in range(50):
        initial, floor = rng.uniform(8, 20), rng.uniform(1.5, 5)
        begin = rng.integers(3, 15)
        end = begin + 2 * rng.integers(3, 10)
        onset = end + rng.integers(4, 20)
        found = shape(planted(initial, floor, (begin, end), onset), EARLY, collapse_settings)
        assert found.initial == pytest.approx(np.log(initial))
        assert found.floor == pytest.approx(np.log(floor))
        assert end <= found.floor_position <= onset
        assert found.collapse_position == pytest.approx((begin + end) / 2), "half of the way, in logarithm"
        assert found.onset_position == pytest.approx(onset), "without noise, as soon as the floor is left"


def test_a_planted_collapse_is_recovered_from_noise(collapse_settings: Collapse) -> None:
    rng = np.random.default_rng(1)
    log = planted(16, 4, (6, 20), 45) + rng.normal(0, 0.02, (200, len(STEPS)))
    found = shape(log, EARLY, collapse_settings)
    assert np.abs(found.initial - np.log(16)).max() < 0.1
    assert np.abs(found.floor - np.log(4)).max() < 0.1
    assert np.abs(found.collapse_position - 13).max() < 1
    assert np.abs(np.median(found.onset_position) - 45) < 3


@pytest.mark.parametrize("onset", [45, 60, 100])
def test_noise_is_rarely_taken_for_recovery(onset: int, collapse_settings: Collapse) -> None:
    """On the floor, five noise widths are passed for five checkpoints by a real departure only."""
    log = planted(16, 4, (6, 20), onset) + np.random.default_rng(5).normal(0, 0.01, (300, len(STEPS)))
    found = shape(log, EARLY, collapse_settings)
    assert (found.onset_position < onset - 4).mean() <= 0.05


def test_steps_are_those_of_the_positions(collapse_settings: Collapse) -> None:
    rows = measured({"COPY": planted(16, 4, (6, 20), 45), "ADD": planted(12, 6, (4, 10), 30)})
    found = collapse(rows, collapse_settings).set_index("task")
    assert found.loc["COPY", "collapse_step"] == pytest.approx(STEPS[13])
    assert found.loc["COPY", "onset_step"] == pytest.approx(STEPS[45])
    assert STEPS[20] <= found.loc["COPY", "floor_step"] <= STEPS[45]
    assert found.loc["ADD", "collapse_step"] == pytest.approx(STEPS[7])
    assert found["depth"].to_dict() == pytest.approx({"COPY": 0.25, "ADD": 0.5})
    assert found["floor"].to_dict() == pytest.approx({"COPY": 4, "ADD": 6})


@pytest.mark.parametrize("slope", [0.0, 0.01])
@pytest.mark.parametrize("noise", [0.0, 0.03])
def test_flat_and_rising_curves_do_not_collapse(slope: float, noise: float, collapse_settings: Collapse) -> None:
    log = np.log(6) + slope * AT + np.random.default_rng(2).normal(0, noise, (100, len(STEPS)))
    found = shape(log, EARLY, collapse_settings)
    assert np.isnan(found.collapse_position).all()


@pytest.mark.parametrize(("floor", "collapses"), [(9.0, False), (7.9, True)])
def test_a_collapse_must_be_deep(floor: float, collapses: bool, collapse_settings: Collapse) -> None:
    found = shape(planted(10, floor, (6, 20), 45), EARLY, collapse_settings)
    assert np.isfinite(found.collapse_position) == collapses


def test_a_fall_after_the_first_steps_is_no_early_collapse(collapse_settings: Collapse) -> None:
    found = shape(planted(16, 4, (EARLY + 5, EARLY + 25), EARLY + 40), EARLY, collapse_settings)
    assert np.isnan(found.collapse_position)
    assert found.floor == pytest.approx(np.log(16))


@pytest.mark.parametrize("noise", [0.0, 0.02])
def test_without_recovery_there_is_no_onset(noise: float, collapse_settings: Collapse) -> None:
    log = np.interp(AT, [6, 20], np.log([16, 4])) + np.random.default_rng(3).normal(0, noise, (100, len(STEPS)))
    found = shape(log, EARLY, collapse_settings)
    assert np.isfinite(found.collapse_position).all()
    assert np.isfinite(found.onset_position).mean() <= 0.05


@pytest.mark.parametrize(("length", "recovers"), [(4, False), (6, True)])
def test_a_short_visit_above_the_floor_is_no_recovery(length: int, recovers: bool, collapse_settings: Collapse) -> None:
    log = np.interp(AT, [6, 20], np.log([16, 4]))
    log[50 : 50 + length] += 1.0
    assert np.isfinite(shape(log, EARLY, collapse_settings).onset_position) == recovers


def test_a_noisier_curve_recovers_later(collapse_settings: Collapse) -> None:
    """Recovery begins at a multiple of the noise above the floor, so its time scales with noise over slope."""
    rng = np.random.default_rng(4)
    slope, noises = 0.01, np.array([0.005, 0.01, 0.02])
    delays = []
    for noise in noises:
        log = planted(16, 4, (6, 20), 40, slope) + rng.normal(0, noise, (300, len(STEPS)))
        delays.append(np.nanmedian(shape(log, EARLY, collapse_settings).onset_position) - 40)
    most = collapse_settings.noise_multiple * noises / slope
    assert (np.diff(delays) > 0.3 * np.diff(most)).all()
    assert (np.array(delays) < most + 1).all()


def test_ranks_below_one_count_as_one(collapse_settings: Collapse) -> None:
    """A representation that is the same for all samples has rank 0, whose logarithm would be a floor of its own."""
    log = planted(16, 2, (6, 20), 45)
    values = np.exp(log)
    values[22:40] = 0.0
    found = shape(rank_scale(values), EARLY, collapse_settings)
    assert found.floor == 0.0
    assert found.onset_position == pytest.approx(39)


def measured(logs: dict[str, np.ndarray], run: str = "r1", size: str = "s") -> pd.DataFrame:
    """Rows of a measure, as `emergence.measures.follow` writes them: by step, then task."""
    identity = {"study": "anatomy", "run": run, "size": size, "parameters": 1000, "seed": 1}
    kind = {"level": "4", "layer": 2, "measure": "rankme", "variant": "answer/centred/sigma", "standard_error": np.nan}
    rows = [
        {**identity, "step": int(step), "task": task, **kind, "value": float(np.exp(log[i]))}
        for i, step in enumerate(STEPS)
        for task, log in logs.items()
    ]
    return pd.DataFrame(rows)


def test_curves_do_not_mix(collapse_settings: Collapse) -> None:
    alone = planted(16, 4, (6, 20), 45)
    other = planted(10, 5, (4, 12), 30)
    both = [measured({"COPY": alone, "ADD": other}), measured({"COPY": other, "ADD": alone}, run="r2")]
    found = collapse(pd.concat(both), collapse_settings).set_index(["run", "task"])["floor"]
    expected = {("r1", "COPY"): 4, ("r1", "ADD"): 5, ("r2", "COPY"): 5, ("r2", "ADD"): 4}
    assert found.to_dict() == pytest.approx(expected)


def test_the_order_of_rows_does_not_matter(collapse_settings: Collapse) -> None:
    rows = measured({"COPY": planted(16, 4, (6, 20), 45)})
    shuffled = collapse(rows.sample(frac=1, random_state=0), collapse_settings)
    pd.testing.assert_frame_equal(shuffled, collapse(rows, collapse_settings))


def test_table_follows_its_schema(collapse_settings: Collapse, tmp_path: Path) -> None:
    paths = [tmp_path / "r1.parquet", tmp_path / "r2.parquet"]
    tables.write(MEASURE, measured({"COPY": planted(16, 4, (6, 20), 45)}), paths[0])
    tables.write(MEASURE, measured({"COPY": np.full(len(STEPS), 1.5)}, run="r2"), paths[1])
    make(collapse_settings, paths, tmp_path / "collapse.parquet")
    found = tables.read(COLLAPSE, tmp_path / "collapse.parquet").set_index("run")
    assert found["collapse_step"].isna().to_dict() == {"r1": False, "r2": True}
    assert found["onset_step"].isna().to_dict() == {"r1": False, "r2": True}


def test_a_known_floor_is_not_looked_for(collapse_settings: Collapse) -> None:
    """A score starts wherever it does; what counts is when it leaves the floor for good."""
    rng = np.random.default_rng(6)
    curves = np.interp(AT, [0, 20, 60, 90], [-0.5, -2.0, -0.5, 1.0]) + rng.normal(0, 0.01, (50, len(STEPS)))
    found = shape(curves, EARLY, collapse_settings, floor=0.0)
    assert set(found.floor) == {0.0}
    assert set(found.floor_position) == {0}
    assert np.abs(found.onset_position - 71).max() < 2, "where it passes five noise widths above 0"
    above = shape(curves + 3.0, EARLY, collapse_settings, floor=0.0)
    assert set(above.onset_position) == {0.0}, "it has left the floor before the first checkpoint"


def test_no_curves_have_no_shape(collapse_settings: Collapse) -> None:
    found = shape(np.empty((0, len(STEPS))), EARLY, collapse_settings)
    assert found.onset_position.shape == found.floor.shape == (0,)
