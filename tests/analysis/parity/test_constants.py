"""Constants from networks with one skill: planted ones are found, and what cannot be fitted says why."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from emergence.analysis.parity import constants as module
from emergence.analysis.parity.constants import ConstantSettings
from emergence.io import tables
from emergence.schemas.parity import CONSTANTS, SHOTS, SWEEP
from emergence.theory import strengths
from emergence.theory.domain import TheoryError
from emergence.theory.model import Constants

pytestmark = pytest.mark.long

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


def test_a_free_start_finds_both_constants(plant: Plant, constant_settings: ConstantSettings) -> None:
    found = module.fit_each_constant(
        plant("step", 1, noise=0.01, spread=0.02), plant("samples", 1), plant("width", 1), constant_settings
    ).set_index(["constant", "law"])
    speed, start = found.loc[("speed", module.FREE)], found.loc[("start", module.FREE)]
    assert speed["value"] == pytest.approx(TRUE["speed"], rel=0.03)
    assert np.log(start["value"]) == pytest.approx(np.log(start["published"]), abs=0.5)
    assert start["published"] == pytest.approx(0.01**2 / 3.6 / 5)
    assert speed["low"] < TRUE["speed"] < speed["high"]


def test_a_start_that_is_not_the_published_one_moves_the_fixed_fit_alone(
    plant: Plant, constant_settings: ConstantSettings
) -> None:
    """Curves that begin at a hundred times the published strength: only a free start finds their rate."""
    rows = plant("step", 1)
    late = Constants("mse", 0.02, 5.0, 100 * 0.01**2 / 3.6, speed=TRUE["speed"])
    strength = strengths.of_time(rows["step"].to_numpy(), 1.0, late)[:, 0] / 5
    found = module.fit_each_constant(
        rows.assign(strength=strength), plant("samples", 1), plant("width", 1), constant_settings
    ).set_index(["constant", "law"])
    assert found.loc[("speed", module.FREE), "value"] == pytest.approx(TRUE["speed"], rel=1e-3)
    assert found.loc[("speed", "sigmoid"), "value"] > 1.3 * TRUE["speed"]
    assert found.loc[("speed", "sigmoid"), "residual"] > 5 * found.loc[("speed", module.FREE), "residual"]


def test_shots_of_each_sweep(plant: Plant, constant_settings: ConstantSettings, tmp_path: Path) -> None:
    names = {"one_skill_data": {}, "shots_width50": {"widths": [50]}, "shots_sigma0.1": {"sigma": 0.1}}
    sweeps = {name: constant_settings.data.model_copy(update=changed) for name, changed in names.items()}
    paths = []
    for name in names:
        paths.append(tmp_path / f"{name}.parquet")
        tables.write(SWEEP, plant("samples", 1, noise=0.01).assign(sweep=name), paths[-1])
    settings = module.ShotSettings(target=5.0, sweeps=sweeps, resampling=constant_settings.resampling)
    module.fit_shots(settings, paths, tmp_path / "shots.parquet")
    found = tables.read(SHOTS, tmp_path / "shots.parquet").query("law == 'linear'").set_index("sweep")
    assert found["value"].tolist() == pytest.approx([TRUE["shots"]] * 3, rel=0.02)
    assert found.loc["shots_width50", "width"] == 50
    assert found.loc["shots_sigma0.1", "sigma"] == 0.1


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
    found = tables.read(CONSTANTS, tmp_path / "constants.parquet").set_index(["constant", "law"])
    assert found.loc["speed", "value"].isna().all()
    assert found.loc["speed", "reason"].str.contains("B²: no best value").all()
    assert found.loc[("neurons", "linear"), "value"] == pytest.approx(3.5, rel=1e-3)


def test_cross_entropy_has_no_closed_form(constant_settings: ConstantSettings) -> None:
    with pytest.raises(TheoryError, match="cross_entropy"):
        module.sweep_constants(constant_settings.time.model_copy(update={"loss": "cross_entropy"}), 5.0)
