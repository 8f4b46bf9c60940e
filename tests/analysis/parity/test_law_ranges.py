"""Where conditions of the scaling laws are met: planted sums on both sides of each."""

import numpy as np
import pandas as pd
import pytest

from emergence.analysis.parity.law_ranges import met_ranges, required
from emergence.config import loading
from emergence.config.parity_theory import Laws


@pytest.fixture(scope="module")
def laws(default: loading.Config) -> Laws:
    return default.parity.scaling.laws.model_copy(update={"skills": 1000, "alphas": [0.5], "margin": 10.0})


def sums(axis: str, x: np.ndarray, width: np.ndarray | None = None) -> pd.DataFrame:
    kinds = {"loss": x} | ({} if width is None else {"width": width})
    rows = [pd.DataFrame({"x": x, "quantity": name, "value": value}) for name, value in kinds.items()]
    return pd.concat(rows).assign(model="multilinear", axis=axis, alpha=0.5)


@pytest.mark.parametrize(
    ("axis", "high"),
    [("time", 1000**1.5 / 10), ("data", 1000**1.5 / 10), ("width", 1000 / 10)],
)
def test_a_finite_number_of_skills_ends_the_range(axis: str, high: float, laws: Laws) -> None:
    x = np.geomspace(1, 1e5, 501)
    (row,) = met_ranges(sums(axis, x), laws).to_dict("records")
    assert row["low"] == 1
    assert row["high"] == pytest.approx(high, rel=0.03)
    assert row["high"] <= high * (1 + 1e-9)


def test_compute_asks_for_balance_at_the_best_width(laws: Laws) -> None:
    """N^1.5 = T at N = C^0.4; a width four times as large is ten times N^2.5/C off at 32."""
    x = np.geomspace(1e3, 1e6, 7)
    assert met_ranges(sums("compute", x, x**0.4), laws)["high"].item() == pytest.approx(1e6)
    assert np.isnan(met_ranges(sums("compute", x, 4 * x**0.4), laws)["high"].item())
    assert [one.name for one in required("compute", 1e4, 0.5, 40.0, laws)] == ["D ≫ T³", "N^(α+1) ≈ T"]
