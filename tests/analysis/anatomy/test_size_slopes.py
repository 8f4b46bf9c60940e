"""Floors over width and over depth: planted slopes, each at the other fixed."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from emergence.analysis.anatomy.size_slopes import compare_sizes, fit_size_slopes
from emergence.config.protocol import Statistics
from emergence.config.training import Size
from emergence.io import tables
from emergence.schemas.analysis import COLLAPSE
from emergence.schemas.anatomy import SIZE_SLOPES

pytestmark = pytest.mark.long

VARIANT = "answer/centred/sigma"
SHAPES = [(4, 64), (4, 128), (4, 256), (2, 128), (8, 128), (6, 384)]
SIZES = [Size(name=f"{layers}x{width}", layers=layers, width=width, heads=4) for layers, width in SHAPES]


def collapses(width: float, layers: float, noise: float = 0.01, sizes: list[Size] = SIZES) -> pd.DataFrame:
    """Floors that are powers of width and depth; initial values grow with the root of the width."""
    rng, rows = np.random.default_rng(3), []
    for size in sizes:
        for seed in (1, 2, 3):
            log = 0.5 + width * np.log10(size.width) + layers * np.log10(size.layers) + noise * rng.standard_normal()
            initial = 10 ** (0.5 * np.log10(size.width) + 1)
            unit = {"study": "anatomy", "run": f"{size.name}-s{seed}", "size": size.name, "seed": seed,
                    "parameters": 12 * size.layers * size.width**2, "task": "COPY", "level": "1",
                    "measure": "rankme", "variant": VARIANT}  # fmt: skip
            values = {"initial": initial, "floor": 10**log, "depth": 10**log / initial}
            rows.append({**unit, "layer": size.layers, **values})
    steps = {"floor_step": 60.0, "collapse_step": 30.0, "onset_step": np.nan}
    return pd.DataFrame(rows).assign(**steps)


@pytest.mark.parametrize(("width", "layers"), [(0.0, 0.0), (0.3, 0.0), (0.0, -0.2), (0.3, -0.2)])
def test_each_slope_is_its_own_whatever_the_other(width: float, layers: float, statistics: Statistics) -> None:
    """A line over parameters would mix the two; 6 x 384 shares neither with another size."""
    slopes = compare_sizes(collapses(width, layers), SIZES, statistics).set_index(["over", "quantity"])
    for over, planted in (("width", width), ("layers", layers)):
        row = slopes.loc[(over, "floor")]
        assert row["slope"] == pytest.approx(planted, abs=0.03)
        assert row["low"] < planted < row["high"]
        assert (row["groups"], row["runs"]) == (1, 9)
    assert slopes.loc[("width", "initial"), "slope"] == pytest.approx(0.5)
    assert slopes.loc[("width", "depth"), "slope"] == pytest.approx(width - 0.5, abs=0.03)
    assert slopes.loc[("layers", "initial"), "slope"] == pytest.approx(0.0, abs=1e-9)


def test_groups_of_other_heights_share_one_slope(statistics: Statistics) -> None:
    """Two depths with two widths each: their different heights are no slope."""
    sizes = [
        Size(name=f"{layers}x{width}", layers=layers, width=width, heads=4) for layers in (2, 8) for width in (64, 256)
    ]
    row = (
        compare_sizes(collapses(0.2, 1.0, sizes=sizes), sizes, statistics).set_index(["over", "quantity"]).loc["width"]
    )
    assert row.loc["floor", "slope"] == pytest.approx(0.2, abs=0.03)
    assert row.loc["floor", ["groups", "runs"]].tolist() == [2, 12]


def test_without_two_sizes_that_differ_in_one_there_is_no_slope(statistics: Statistics) -> None:
    sizes = [SIZES[0], SIZES[-1]]
    slopes = compare_sizes(collapses(0.0, 0.0, sizes=sizes), sizes, statistics)
    assert slopes["slope"].isna().all()
    assert (slopes["groups"] == 0).all()


def test_the_stage_takes_the_primary_variant_of_tasks(statistics: Statistics, tmp_path: Path) -> None:
    rows = collapses(0.3, 0.0)
    others = [rows.assign(variant="mean/centred/sigma", floor=1.0), rows.assign(task="CTL", floor=1.0)]
    tables.write(COLLAPSE, pd.concat([rows, *others])[COLLAPSE.arrow.names], tmp_path / "collapse.parquet")
    fit_size_slopes(VARIANT, SIZES, statistics, tmp_path / "collapse.parquet", tmp_path / "slopes.parquet")
    pd.testing.assert_frame_equal(
        tables.read(SIZE_SLOPES, tmp_path / "slopes.parquet"), compare_sizes(rows, SIZES, statistics)
    )
