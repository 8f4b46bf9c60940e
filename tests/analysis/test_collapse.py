"""Collapse of planted curves, and its direction over planted layers."""

from itertools import permutations
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from support.damage import one_line

from emergence.analysis.collapse import (
    CollapseError,
    compare_collapse_steps,
    compare_layers,
    count_directions,
    describe_collapse,
    detect_collapses,
    find_collapses,
    rank_scale,
)
from emergence.analysis.intervals import clopper_pearson
from emergence.config.protocol import Collapse
from emergence.io import tables
from emergence.schemas.analysis import COLLAPSE, DIRECTION, DIRECTION_SHARES
from emergence.schemas.trajectories import MEASURE

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
        found = describe_collapse(planted(initial, floor, (begin, end), onset), EARLY, collapse_settings)
        assert found.initial == pytest.approx(np.log(initial))
        assert found.floor == pytest.approx(np.log(floor))
        assert end <= found.floor_position <= onset
        assert found.collapse_position == pytest.approx((begin + end) / 2), "half of the way, in logarithm"
        assert found.onset_position == pytest.approx(onset), "without noise, as soon as the floor is left"


def test_a_planted_collapse_is_recovered_from_noise(collapse_settings: Collapse) -> None:
    rng = np.random.default_rng(1)
    log = planted(16, 4, (6, 20), 45) + rng.normal(0, 0.02, (200, len(STEPS)))
    found = describe_collapse(log, EARLY, collapse_settings)
    assert np.abs(found.initial - np.log(16)).max() < 0.1
    assert np.abs(found.floor - np.log(4)).max() < 0.1
    assert np.abs(found.collapse_position - 13).max() < 1
    assert np.abs(np.median(found.onset_position) - 45) < 3


@pytest.mark.parametrize("onset", [45, 60, 100])
def test_noise_is_rarely_taken_for_recovery(onset: int, collapse_settings: Collapse) -> None:
    """On the floor, five noise widths are passed for five checkpoints by a real departure only."""
    log = planted(16, 4, (6, 20), onset) + np.random.default_rng(5).normal(0, 0.01, (300, len(STEPS)))
    found = describe_collapse(log, EARLY, collapse_settings)
    assert (found.onset_position < onset - 4).mean() <= 0.05


def test_steps_are_those_of_the_positions(collapse_settings: Collapse) -> None:
    rows = measured({"COPY": planted(16, 4, (6, 20), 45), "ADD": planted(12, 6, (4, 10), 30)})
    found = find_collapses(rows, collapse_settings).set_index("task")
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
    found = describe_collapse(log, EARLY, collapse_settings)
    assert np.isnan(found.collapse_position).all()


@pytest.mark.parametrize(("floor", "collapses"), [(9.0, False), (7.9, True)])
def test_a_collapse_must_be_deep(floor: float, collapses: bool, collapse_settings: Collapse) -> None:
    found = describe_collapse(planted(10, floor, (6, 20), 45), EARLY, collapse_settings)
    assert np.isfinite(found.collapse_position) == collapses


def test_a_fall_after_the_first_steps_is_no_early_collapse(collapse_settings: Collapse) -> None:
    found = describe_collapse(planted(16, 4, (EARLY + 5, EARLY + 25), EARLY + 40), EARLY, collapse_settings)
    assert np.isnan(found.collapse_position)
    assert found.floor == pytest.approx(np.log(16))


@pytest.mark.parametrize("noise", [0.0, 0.02])
def test_without_recovery_there_is_no_onset(noise: float, collapse_settings: Collapse) -> None:
    log = np.interp(AT, [6, 20], np.log([16, 4])) + np.random.default_rng(3).normal(0, noise, (100, len(STEPS)))
    found = describe_collapse(log, EARLY, collapse_settings)
    assert np.isfinite(found.collapse_position).all()
    assert np.isfinite(found.onset_position).mean() <= 0.05


@pytest.mark.parametrize(("length", "recovers"), [(4, False), (6, True)])
def test_a_short_visit_above_the_floor_is_no_recovery(length: int, recovers: bool, collapse_settings: Collapse) -> None:
    log = np.interp(AT, [6, 20], np.log([16, 4]))
    log[50 : 50 + length] += 1.0
    assert np.isfinite(describe_collapse(log, EARLY, collapse_settings).onset_position) == recovers


def test_a_noisier_curve_recovers_later(collapse_settings: Collapse) -> None:
    """Recovery begins at a multiple of the noise above the floor, so its time scales with noise over slope."""
    rng = np.random.default_rng(4)
    slope, noises = 0.01, np.array([0.005, 0.01, 0.02])
    delays = []
    for noise in noises:
        log = planted(16, 4, (6, 20), 40, slope) + rng.normal(0, noise, (300, len(STEPS)))
        delays.append(np.nanmedian(describe_collapse(log, EARLY, collapse_settings).onset_position) - 40)
    most = collapse_settings.noise_multiple * noises / slope
    assert (np.diff(delays) > 0.3 * np.diff(most)).all()
    assert (np.array(delays) < most + 1).all()


def test_ranks_below_one_count_as_one(collapse_settings: Collapse) -> None:
    """A representation that is the same for all samples has rank 0, whose logarithm would be a floor of its own."""
    log = planted(16, 2, (6, 20), 45)
    values = np.exp(log)
    values[22:40] = 0.0
    found = describe_collapse(rank_scale(values), EARLY, collapse_settings)
    assert found.floor == 0.0
    assert found.onset_position == pytest.approx(39)


def measured(logs: dict[str, np.ndarray], run: str = "r1", size: str = "s") -> pd.DataFrame:
    """Rows of a measure, as `emergence.measures.run` writes them: by step, then task."""
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
    found = find_collapses(pd.concat(both), collapse_settings).set_index(["run", "task"])["floor"]
    expected = {("r1", "COPY"): 4, ("r1", "ADD"): 5, ("r2", "COPY"): 5, ("r2", "ADD"): 4}
    assert found.to_dict() == pytest.approx(expected)


def test_the_order_of_rows_does_not_matter(collapse_settings: Collapse) -> None:
    rows = measured({"COPY": planted(16, 4, (6, 20), 45)})
    shuffled = find_collapses(rows.sample(frac=1, random_state=0), collapse_settings)
    pd.testing.assert_frame_equal(shuffled, find_collapses(rows, collapse_settings))


def test_table_follows_its_schema(collapse_settings: Collapse, tmp_path: Path) -> None:
    paths = [tmp_path / "r1.parquet", tmp_path / "r2.parquet"]
    tables.write(MEASURE, measured({"COPY": planted(16, 4, (6, 20), 45)}), paths[0])
    tables.write(MEASURE, measured({"COPY": np.full(len(STEPS), 1.5)}, run="r2"), paths[1])
    detect_collapses(collapse_settings, paths, tmp_path / "collapse.parquet")
    found = tables.read(COLLAPSE, tmp_path / "collapse.parquet").set_index("run")
    assert found["collapse_step"].isna().to_dict() == {"r1": False, "r2": True}
    assert found["onset_step"].isna().to_dict() == {"r1": False, "r2": True}


def test_a_known_floor_is_not_looked_for(collapse_settings: Collapse) -> None:
    """A score starts wherever it does; what counts is when it leaves the floor for good."""
    rng = np.random.default_rng(6)
    curves = np.interp(AT, [0, 20, 60, 90], [-0.5, -2.0, -0.5, 1.0]) + rng.normal(0, 0.01, (50, len(STEPS)))
    found = describe_collapse(curves, EARLY, collapse_settings, floor=0.0)
    assert set(found.floor) == {0.0}
    assert set(found.floor_position) == {0}
    assert np.abs(found.onset_position - 71).max() < 2, "where it passes five noise widths above 0"
    above = describe_collapse(curves + 3.0, EARLY, collapse_settings, floor=0.0)
    assert set(above.onset_position) == {0.0}, "it has left the floor before the first checkpoint"


def test_a_run_that_starts_after_the_first_steps_is_named(collapse_settings: Collapse) -> None:
    rows = measured({"COPY": planted(16, 4, (6, 20), 45)}, run="late")
    late = rows[rows["step"] > collapse_settings.floor_until]
    with pytest.raises(CollapseError, match=r"^late: .*\bstep 440\b.*floor_until \(400\)") as error:
        find_collapses(late, collapse_settings)
    one_line(error)


def test_no_curves_have_no_shape(collapse_settings: Collapse) -> None:
    found = describe_collapse(np.empty((0, len(STEPS))), EARLY, collapse_settings)
    assert found.onset_position.shape == found.floor.shape == (0,)


VARIANT = "answer/centred/sigma"


def collapses(steps: list[list[float]], task: str = "COPY", size: str = "4x16", variant: str = VARIANT) -> pd.DataFrame:
    """Collapse steps of each layer in each of several curves of one unit: ``steps[layer][curve]``."""
    rows = [
        {
            "study": "anatomy",
            "run": f"{size}-s{curve}",
            "size": size,
            "parameters": 1000,
            "seed": curve,
            "task": task,
            "level": "4",
            "layer": layer,
            "measure": "rankme",
            "variant": variant,
            "initial": 16.0,
            "floor": 4.0,
            "floor_step": 60.0,
            "depth": 0.25,
            "onset_step": 90.0,
            "collapse_step": step,
        }
        for layer, curves in enumerate(steps, start=1)
        for curve, step in enumerate(curves)
    ]
    return pd.DataFrame(rows)


@pytest.mark.parametrize(
    ("steps", "last_first", "downward"),
    [
        ([[40], [30], [20], [10]], True, True),  # top-down
        ([[10], [20], [30], [40]], False, False),  # bottom-up
        ([[30], [20], [10], [10]], False, True),  # a tie for the first place
        ([[20], [20], [20], [20]], False, False),  # all at once
        ([[30], [10], [20], [15]], False, True),  # last layer second
        ([[10], [40], [30], [5]], True, True),  # last layer first, no order above it
        ([[30], [20], [10], [np.nan]], False, False),  # the last layer does not collapse: decrease is undone by it
        ([[np.nan], [np.nan], [np.nan], [10]], True, True),  # no other layer collapses
        ([[np.nan], [np.nan], [np.nan], [np.nan]], False, False),
    ],
)
def test_planted_orders(steps: list[list[float]], last_first: bool, downward: bool) -> None:
    found = compare_collapse_steps(collapses(steps))
    assert set(found["last_first"]) == {last_first}
    assert set(found["downward"]) == {downward}
    assert found["layer"].tolist() == [1, 2, 3, 4]


def test_the_median_over_seeds_and_levels_counts() -> None:
    found = compare_collapse_steps(collapses([[20, 20, 20, 20, 20], [10, 10, 12, 90, 90]]))
    assert found["collapse_step"].tolist() == [20, 12]
    assert found["low"].tolist() == [20, 10]
    assert found["high"].tolist() == [20, 90]
    assert found["last_first"].all()


def test_a_layer_that_mostly_does_not_collapse_cannot_be_first() -> None:
    nothing = np.nan
    found = compare_collapse_steps(collapses([[20, 20, 20], [5, nothing, nothing]]))
    assert not found["last_first"].any()
    assert found["collapse_step"].isna().tolist() == [False, True]


def test_units_are_judged_apart() -> None:
    down, up = [[20.0], [10.0]], [[10.0], [20.0]]
    units = [collapses(down), collapses(up, task="ADD"), collapses(up, size="4x32"), collapses(down, "ADD", "4x32")]
    found = (
        compare_collapse_steps(pd.concat(units))
        .drop_duplicates(["task", "size"])
        .set_index(["task", "size"])["last_first"]
    )
    expected = {("COPY", "4x16"): True, ("ADD", "4x16"): False, ("COPY", "4x32"): False, ("ADD", "4x32"): True}
    assert found.to_dict() == expected


def every_order(layers: int, size: str = "4x16") -> pd.DataFrame:
    """One unit for each order in which layers can fall."""
    orders = permutations(range(10, 10 * layers + 10, 10))
    return pd.concat([collapses([[float(x)] for x in order], f"T{i}", size) for i, order in enumerate(orders)])


@pytest.mark.parametrize("statistic", ["last_first", "downward"])
def test_chance_is_the_share_of_all_orders(statistic: str) -> None:
    found = (
        count_directions(compare_collapse_steps(every_order(4)), 0.95)
        .set_index(["size", "statistic"])
        .loc[("all", statistic)]
    )
    assert found["units"] == 24
    assert found["share"] == pytest.approx(found["chance"])


def test_chance_knows_the_depth_of_each_size() -> None:
    units = compare_collapse_steps(pd.concat([every_order(2, "2x16"), every_order(3, "3x16")]))
    found = count_directions(units, 0.95).set_index(["size", "statistic"])
    for size in ("2x16", "3x16"):
        assert found.loc[(size, "last_first"), "chance"] == pytest.approx(found.loc[(size, "last_first"), "share"])


def test_shares_count_units_by_size_and_over_all() -> None:
    down, up = [[20.0], [10.0]], [[10.0], [20.0]]
    units = [collapses(down), collapses(down, "ADD"), collapses(up, "COPY", "4x32"), collapses(down, "ADD", "4x32")]
    found = count_directions(compare_collapse_steps(pd.concat(units)), 0.95).set_index(["statistic", "size"])
    counts = found.loc["last_first", ["count", "units"]].to_numpy().tolist()
    assert counts == [[3, 4], [2, 2], [1, 2]]
    low, high = clopper_pearson(3, 4, 0.95)
    assert found.loc[("last_first", "all"), ["share", "low", "high"]].tolist() == pytest.approx([0.75, low, high])


def test_tables_hold_the_primary_variant(tmp_path: Path) -> None:
    other = collapses([[10.0], [20.0]], variant="mean/uncentred/sigma2")
    tables.write(COLLAPSE, pd.concat([other, collapses([[20.0], [np.nan]])]), tmp_path / "collapse.parquet")
    paths = [tmp_path / f"{name}.parquet" for name in ("collapse", "steps", "shares")]
    compare_layers(VARIANT, 0.95, ["CTL"], *paths)
    assert tables.read(DIRECTION, tmp_path / "steps.parquet")["collapse_step"].fillna(-1).tolist() == [20, -1]
    shares = tables.read(DIRECTION_SHARES, tmp_path / "shares.parquet")
    assert shares["count"].tolist() == [0, 0, 0, 0]


def test_the_control_has_no_direction(tmp_path: Path) -> None:
    control = collapses([[10.0], [20.0]], task="CTL")
    tables.write(COLLAPSE, pd.concat([control, collapses([[20.0], [10.0]])]), tmp_path / "collapse.parquet")
    paths = [tmp_path / f"{name}.parquet" for name in ("collapse", "steps", "shares")]
    compare_layers(VARIANT, 0.95, ["CTL"], *paths)
    assert set(tables.read(DIRECTION, tmp_path / "steps.parquet")["task"]) == {"COPY"}
    shares = tables.read(DIRECTION_SHARES, tmp_path / "shares.parquet")
    assert shares[["count", "units"]].to_numpy().tolist() == [[1, 1]] * 4
