"""Floors against size: planted slopes, equivalence, and tables too small for either."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from emergence.analysis.anatomy.floors import compare_floors, equivalence_bounds, fit_floors
from emergence.config.protocol import Statistics
from emergence.io import tables
from emergence.schemas.analysis import COLLAPSE
from emergence.schemas.anatomy import FLOORS

pytestmark = pytest.mark.long

SIZES = (14_000, 53_000, 203_000, 451_000)
VARIANT = "answer/centred/sigma"


def collapses(
    slope: float, noise: float, seed: int = 0, sizes: tuple[int, ...] = SIZES, seeds: int = 3, shared: float = 0.0
) -> pd.DataFrame:
    """Floors of three tasks x two levels x two layers; ``noise`` is of a value, ``shared`` of a run, in log10."""
    rng = np.random.default_rng(seed)
    kind = {"measure": "rankme", "variant": VARIANT, "floor_step": 60.0, "collapse_step": 30.0, "onset_step": np.nan}
    rows = []
    for parameters in sizes:
        for run in range(seeds):
            of_run = shared * rng.standard_normal()
            identity = {"study": "anatomy", "run": f"{parameters}-s{run}", "size": str(parameters)}
            for task, height in {"COPY": 0.9, "ADD": 0.6, "MOD": 0.3}.items():
                for level, extra in (("1", -0.1), ("2", 0.1)):
                    last = height + extra + slope * np.log10(parameters / 1e5) + of_run + noise * rng.standard_normal()
                    unit = {**identity, "parameters": parameters, "seed": run, "task": task, "level": level, **kind}
                    for layer, log in ((1, 3.0), (2, last)):
                        values = {"initial": 100.0, "floor": 10**log, "depth": 10**log / 100}
                        rows.append({**unit, "layer": layer, **values})
    return pd.DataFrame(rows)


def of_floor(found: pd.DataFrame) -> pd.DataFrame:
    return found[found["quantity"] == "floor"].set_index(["task", "method"])


@pytest.mark.parametrize("slope", [-0.2, 0.0, 0.1, 0.3])
def test_planted_slopes_are_recovered(slope: float, statistics: Statistics) -> None:
    found = of_floor(compare_floors(collapses(slope, noise=0.005), statistics))
    assert found["slope"].to_numpy() == pytest.approx(slope, abs=0.01)
    assert ((found["low"] < found["slope"]) & (found["slope"] < found["high"])).all()
    counts = {(task, "run means"): 12 for task in ("COPY", "ADD", "MOD", "all")} | {("all", "mixed model"): 12}
    assert found["runs"].to_dict() == counts


def test_only_the_last_layer_counts(statistics: Statistics) -> None:
    found = of_floor(compare_floors(collapses(0.0, noise=0.005), statistics))["mean"]
    centre = np.mean([0.9, 0.6, 0.3])
    expected = {"COPY": 10**0.9, "ADD": 10**0.6, "MOD": 10**0.3, "all": 10**centre}
    for task, mean in expected.items():
        assert found[task, "run means"] == pytest.approx(mean, rel=0.02)


def test_the_layers_of_each_run_are_its_own(statistics: Statistics) -> None:
    """Sizes of different depth: the last layer is that of the run, not of the table."""
    rows = collapses(0.1, noise=0.002)
    deep = rows["parameters"] == SIZES[-1]
    rows = pd.concat([rows, rows[deep & (rows["layer"] == 2)].assign(layer=3)])
    rows.loc[(rows["parameters"] == SIZES[-1]) & (rows["layer"] == 2), "floor"] = 1000.0
    assert of_floor(compare_floors(rows, statistics)).loc[("all", "run means"), "slope"] == pytest.approx(0.1, abs=0.01)


def test_equivalence(statistics: Statistics) -> None:
    low, high = equivalence_bounds(statistics.equivalence)
    assert (low, high) == pytest.approx((-0.0458, 0.0414), abs=1e-4)
    flat, steep, noisy = (
        of_floor(compare_floors(collapses(slope, 0.01, shared=shared), statistics)).loc[("all", "run means")]
        for slope, shared in ((0.0, 0.01), (0.1, 0.01), (0.0, 0.3))
    )
    assert flat["equivalence_p"] < 0.05
    assert low < flat["low"] < flat["high"] < high
    assert steep["equivalence_p"] > 0.5
    assert steep["low"] > high
    assert noisy["equivalence_p"] > 0.05, "noise is no evidence of invariance"
    assert noisy["low"] < low
    assert noisy["high"] > high


def test_a_slope_at_the_bound_is_rarely_called_invariant(statistics: Statistics) -> None:
    """The test has its level, and the interval its coverage; one task, so that no mixed model is fitted."""
    _, bound = equivalence_bounds(statistics.equivalence)
    found = []
    for seed in range(100):
        rows = collapses(bound, 0.0, seed, shared=0.03)
        found.append(of_floor(compare_floors(rows[rows["task"] == "ADD"], statistics)).loc[("all", "run means")])
    assert np.mean([row["equivalence_p"] < 0.05 for row in found]) <= 0.11
    assert np.mean([row["low"] <= bound <= row["high"] for row in found]) >= 0.89


def test_runs_and_not_task_levels_are_counted(statistics: Statistics) -> None:
    """What all tasks of a run share is one observation: intervals of the pooled slope are as wide as of one task."""
    found = of_floor(compare_floors(collapses(0.0, noise=0.001, shared=0.05), statistics))
    widths = (found["high"] - found["low"]).to_dict()
    assert widths["all", "run means"] == pytest.approx(widths["COPY", "run means"], rel=0.1)
    assert widths["all", "mixed model"] < widths["all", "run means"], "takes tasks of a run as independent"


def test_mixed_model_agrees_on_balanced_data(statistics: Statistics) -> None:
    found = of_floor(compare_floors(collapses(0.05, noise=0.03), statistics))
    pooled, mixed = found.loc[("all", "run means")], found.loc[("all", "mixed model")]
    assert mixed["slope"] == pytest.approx(pooled["slope"], abs=1e-4)
    assert mixed["high"] - mixed["low"] == pytest.approx(pooled["high"] - pooled["low"], rel=0.6)


def test_depths_take_initial_values_out(statistics: Statistics) -> None:
    """Floors that grow with size only as initial values do have depths that do not."""
    rows = collapses(0.2, noise=0.005)
    rows["initial"] = 10 * rows["parameters"] ** 0.2
    rows["depth"] = rows["floor"] / rows["initial"]
    found = compare_floors(rows, statistics).set_index(["quantity", "task", "method"])["slope"]
    slopes = [found[quantity, "all", "run means"] for quantity in ("floor", "initial", "depth")]
    assert slopes == pytest.approx([0.2, 0.2, 0.0], abs=0.01)


@pytest.mark.parametrize(("sizes", "seeds"), [(SIZES[:1], 2), (SIZES[:2], 1), (SIZES[:1], 5)])
def test_too_few_sizes_or_runs_give_nulls(
    sizes: tuple[int, ...], seeds: int, statistics: Statistics, tmp_path: Path
) -> None:
    tables.write(COLLAPSE, collapses(0.1, 0.01, sizes=sizes, seeds=seeds), tmp_path / "collapse.parquet")
    fit_floors(VARIANT, statistics, tmp_path / "collapse.parquet", tmp_path / "f.parquet")
    found = of_floor(tables.read(FLOORS, tmp_path / "f.parquet"))
    lines = found.xs("run means", level="method")
    assert lines[["slope", "low", "high", "equivalence_p"]].isna().all(axis=None)
    assert lines[["mean", "mean_low", "mean_high"]].notna().all(axis=None)


def test_one_run_gives_nulls(statistics: Statistics) -> None:
    found = of_floor(compare_floors(collapses(0.1, 0.01, sizes=SIZES[:1], seeds=1), statistics))
    assert found[["slope", "low", "high", "mean_low", "mean_high"]].isna().all(axis=None)


def test_floors_that_are_all_one_are_invariant(statistics: Statistics) -> None:
    """Ranks below one count as one, so a task whose floor is one in every run has no spread at all."""
    rows = collapses(0.0, noise=0.01)
    rows.loc[rows["task"] == "MOD", "floor"] = 1.0
    found = of_floor(compare_floors(rows, statistics)).loc[("MOD", "run means")]
    assert found["slope"] == 0.0
    assert found["mean"] == 1.0
    assert found["equivalence_p"] < 0.05


def test_other_variants_are_left_out(statistics: Statistics, tmp_path: Path) -> None:
    other = collapses(0.5, 0.01).assign(variant="mean/uncentred/sigma2")
    tables.write(COLLAPSE, pd.concat([other, collapses(0.0, 0.01)]), tmp_path / "collapse.parquet")
    fit_floors(VARIANT, statistics, tmp_path / "collapse.parquet", tmp_path / "f.parquet")
    slopes = of_floor(tables.read(FLOORS, tmp_path / "f.parquet"))["slope"]
    assert slopes.to_numpy() == pytest.approx(0.0, abs=0.02)


def test_the_control_has_no_floor(statistics: Statistics, tmp_path: Path) -> None:
    control = collapses(0.5, 0.01).assign(task="CTL")
    tables.write(COLLAPSE, pd.concat([control, collapses(0.0, 0.01)]), tmp_path / "collapse.parquet")
    fit_floors(VARIANT, statistics, tmp_path / "collapse.parquet", tmp_path / "f.parquet")
    found = tables.read(FLOORS, tmp_path / "f.parquet")
    assert set(found["task"]) == {"COPY", "ADD", "MOD", "all"}
    assert of_floor(found)["slope"].to_numpy() == pytest.approx(0.0, abs=0.02)
