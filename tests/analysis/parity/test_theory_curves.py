"""Curves of theory in one table: each panel obeys its own law."""

import numpy as np
import pandas as pd
import pytest

from emergence.analysis.parity.theory_curves import tabulate_theory
from emergence.config import loading
from emergence.io import tables
from emergence.schemas.parity import THEORY_CURVES


@pytest.fixture(scope="module")
def curves(default: loading.Config, tmp_path_factory: pytest.TempPathFactory) -> pd.DataFrame:
    path = tmp_path_factory.mktemp("theory") / "table.parquet"
    given = default.parity.theory_curves
    finite = given.finite.model_copy(update={"skills": 5000})
    compute = given.compute.model_copy(update={"alphas": [0.6], "widths": [10, 100, 1000], "skills": 10_000})
    tabulate_theory(given.model_copy(update={"points": 30, "finite": finite, "compute": compute}), path)
    return tables.read(THEORY_CURVES, path)


def of(curves: pd.DataFrame, panel: str, **where: object) -> pd.DataFrame:
    rows = curves[curves["panel"] == panel]
    for name, value in where.items():
        rows = rows[rows[name] == value]
    return rows


def test_modes_are_learned_in_the_order_of_their_strength(curves: pd.DataFrame) -> None:
    half = {mode: np.interp(0.5, rows["value"], rows["x"]) for mode, rows in of(curves, "modes").groupby("parameter")}
    assert half[1.0] < half[0.5] < half[0.25] < 100
    assert half[0.5] == pytest.approx(np.log(0.5 / 0.001 - 1) / (2 * 0.5), rel=0.01)


def test_three_neurons_have_a_rate_near_a_third(curves: pd.DataFrame) -> None:
    speeds = sorted(of(curves, "neurons", curve="sigmoid")["parameter"].unique())
    assert speeds[0] == pytest.approx(1 / 3, abs=0.03)
    assert speeds[1] == 1
    flow, nearest = (of(curves, "neurons", curve=name) for name in ("flow", "sigmoid"))
    apart = {speed: np.abs(flow["value"].to_numpy() - of["value"].to_numpy()).mean()
             for speed, of in nearest.groupby("parameter")}  # fmt: skip
    assert apart[speeds[0]] < 0.05 < apart[1]


def test_the_correction_explains_small_alpha(curves: pd.DataFrame) -> None:
    """Where 5,000 skills are few, the power law misses the sum and the corrected law does not."""
    rows = of(curves, "finite", alpha=0.1).pivot(index="x", columns="curve", values="value").loc[100:]
    assert (rows["power law"] / rows["sum"] - 1).min() > 0.3
    assert np.abs(rows["corrected"] / rows["sum"] - 1).max() < 0.05


def test_the_best_width_grows_with_compute_as_its_law_says(curves: pd.DataFrame) -> None:
    """Each width ends on a plateau; where it is balanced, no other of the widths is better by much."""
    widths = of(curves, "compute", curve="width")
    for width, rows in widths.groupby("parameter"):
        assert (rows.sort_values("x")["value"].diff().dropna() <= 1e-12).all()
        balanced = of(curves, "compute", curve="balanced", parameter=width)
        if len(balanced):
            assert balanced["x"].item() == pytest.approx(width**2.6)
            least = min(
                np.interp(balanced["x"].item(), other["x"], other["value"]) for _, other in widths.groupby("parameter")
            )
            assert balanced["value"].item() <= 1.3 * least
