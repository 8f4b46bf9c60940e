"""Direction of the collapse: top-down only if the last layer falls strictly first."""

from itertools import permutations
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from emergence import tables
from emergence.analysis.direction import direction, make, top_down
from emergence.analysis.intervals import clopper_pearson
from emergence.schemas.analysis import COLLAPSE, DIRECTION, TOP_DOWN
from emergence.settings.analysis import DirectionSettings

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
    found = direction(collapses(steps))
    assert set(found["last_first"]) == {last_first}
    assert set(found["downward"]) == {downward}
    assert found["layer"].tolist() == [1, 2, 3, 4]


def test_the_median_over_seeds_and_levels_counts() -> None:
    found = direction(collapses([[20, 20, 20, 20, 20], [10, 10, 12, 90, 90]]))
    assert found["collapse_step"].tolist() == [20, 12]
    assert found["low"].tolist() == [20, 10]
    assert found["high"].tolist() == [20, 90]
    assert found["last_first"].all()


def test_a_layer_that_mostly_does_not_collapse_cannot_be_first() -> None:
    nothing = np.nan
    found = direction(collapses([[20, 20, 20], [5, nothing, nothing]]))
    assert not found["last_first"].any()
    assert found["collapse_step"].isna().tolist() == [False, True]


def test_units_are_judged_apart() -> None:
    down, up = [[20.0], [10.0]], [[10.0], [20.0]]
    units = [collapses(down), collapses(up, task="ADD"), collapses(up, size="4x32"), collapses(down, "ADD", "4x32")]
    found = direction(pd.concat(units)).drop_duplicates(["task", "size"]).set_index(["task", "size"])["last_first"]
    expected = {("COPY", "4x16"): True, ("ADD", "4x16"): False, ("COPY", "4x32"): False, ("ADD", "4x32"): True}
    assert found.to_dict() == expected


def every_order(layers: int, size: str = "4x16") -> pd.DataFrame:
    """One unit for each order in which layers can fall."""
    orders = permutations(range(10, 10 * layers + 10, 10))
    return pd.concat([collapses([[float(x)] for x in order], f"T{i}", size) for i, order in enumerate(orders)])


@pytest.mark.parametrize("statistic", ["last_first", "downward"])
def test_chance_is_the_share_of_all_orders(statistic: str) -> None:
    found = top_down(direction(every_order(4)), 0.95).set_index(["size", "statistic"]).loc[("all", statistic)]
    assert found["units"] == 24
    assert found["share"] == pytest.approx(found["chance"])


def test_chance_knows_the_depth_of_each_size() -> None:
    units = direction(pd.concat([every_order(2, "2x16"), every_order(3, "3x16")]))
    found = top_down(units, 0.95).set_index(["size", "statistic"])
    for size in ("2x16", "3x16"):
        assert found.loc[(size, "last_first"), "chance"] == pytest.approx(found.loc[(size, "last_first"), "share"])


def test_shares_count_units_by_size_and_over_all() -> None:
    down, up = [[20.0], [10.0]], [[10.0], [20.0]]
    units = [collapses(down), collapses(down, "ADD"), collapses(up, "COPY", "4x32"), collapses(down, "ADD", "4x32")]
    found = top_down(direction(pd.concat(units)), 0.95).set_index(["statistic", "size"])
    counts = found.loc["last_first", ["count", "units"]].to_numpy().tolist()
    assert counts == [[3, 4], [2, 2], [1, 2]]
    low, high = clopper_pearson(3, 4, 0.95)
    assert found.loc[("last_first", "all"), ["share", "low", "high"]].tolist() == pytest.approx([0.75, low, high])


def test_tables_hold_the_primary_variant(tmp_path: Path) -> None:
    other = collapses([[10.0], [20.0]], variant="mean/uncentred/sigma2")
    tables.write(COLLAPSE, pd.concat([other, collapses([[20.0], [np.nan]])]), tmp_path / "collapse.parquet")
    settings = DirectionSettings(variant=VARIANT, confidence=0.95, left_out=["CTL"])
    make(settings, tmp_path / "collapse.parquet", tmp_path / "steps.parquet", tmp_path / "shares.parquet")
    assert tables.read(DIRECTION, tmp_path / "steps.parquet")["collapse_step"].fillna(-1).tolist() == [20, -1]
    shares = tables.read(TOP_DOWN, tmp_path / "shares.parquet")
    assert shares["count"].tolist() == [0, 0, 0, 0]


def test_the_control_has_no_direction(tmp_path: Path) -> None:
    control = collapses([[10.0], [20.0]], task="CTL")
    tables.write(COLLAPSE, pd.concat([control, collapses([[20.0], [10.0]])]), tmp_path / "collapse.parquet")
    settings = DirectionSettings(variant=VARIANT, confidence=0.95, left_out=["CTL"])
    make(settings, tmp_path / "collapse.parquet", tmp_path / "steps.parquet", tmp_path / "shares.parquet")
    assert set(tables.read(DIRECTION, tmp_path / "steps.parquet")["task"]) == {"COPY"}
    shares = tables.read(TOP_DOWN, tmp_path / "shares.parquet")
    assert shares[["count", "units"]].to_numpy().tolist() == [[1, 1]] * 4
