"""Constants from networks with one skill: planted ones are found, and what cannot be fitted says why."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from emergence.analysis.parity import constants as module
from emergence.analysis.parity.constants import ConstantSettings
from emergence.io import tables
from emergence.schemas.parity import CONSTANTS, SWEEP
from emergence.theory.domain import TheoryError

Plant = Callable[..., pd.DataFrame]
TRUE = {"speed": 1 / 20, "shots": 700.0, "neurons": 3.5}


@pytest.mark.parametrize("law", ["published", "linear"])
def test_planted_constants_are_found(law: str, plant: Plant, constant_settings: ConstantSettings) -> None:
    sweeps = plant("step", 1, noise=0.01), plant("samples", 1, law, noise=0.01), plant("width", 1, noise=0.01)
    found = module.fit_each_constant(*sweeps, constant_settings).set_index(["constant", "law"])
    for name, of in {"speed": "sigmoid", "shots": law, "neurons": "linear"}.items():
        row = found.loc[(name, of)]
        assert row["value"] == pytest.approx(TRUE[name], rel=0.02)
        assert row["low"] <= TRUE[name] * 1.01
        assert row["high"] >= TRUE[name] * 0.99
        assert row["residual"] < 0.012
        assert row["seeds"] == 4
    other = found.loc[("shots", "linear" if law == "published" else "published")]
    assert other["residual"] > 0.05  # so that data tell the laws apart


def test_intervals_widen_with_the_spread_of_seeds(plant: Plant, constant_settings: ConstantSettings) -> None:
    ratios = []
    for spread in (0.02, 0.2):
        sweeps = plant("step", 1, spread=spread), plant("samples", 1, spread=spread), plant("width", 1, spread=spread)
        found = module.fit_each_constant(*sweeps, constant_settings)
        ratios.append(np.log(found["high"] / found["low"]).iloc[0])
    assert ratios[1] > 5 * ratios[0]


def test_what_cannot_be_fitted_says_why(plant: Plant, constant_settings: ConstantSettings, tmp_path: Path) -> None:
    flat = plant("step", 1).assign(strength=0.0)
    for name, rows in {"time": flat, "data": plant("samples", 1), "width": plant("width", 1)}.items():
        tables.write(SWEEP, rows, tmp_path / f"{name}.parquet")
    paths = (tmp_path / f"{name}.parquet" for name in ("time", "data", "width", "constants"))
    module.fit_constants(constant_settings, *paths)
    found = tables.read(CONSTANTS, tmp_path / "constants.parquet").set_index("constant")
    assert np.isnan(found.loc["speed", "value"])
    assert "B²: no best value" in found.loc["speed", "reason"]
    assert found.loc["neurons", "value"] == pytest.approx(3.5, rel=1e-3)


def test_cross_entropy_has_no_closed_form(constant_settings: ConstantSettings) -> None:
    with pytest.raises(TheoryError, match="cross_entropy"):
        module.sweep_constants(constant_settings.time.model_copy(update={"loss": "cross_entropy"}), 5.0)
