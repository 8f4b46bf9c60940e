"""Stages: theory's ratios are those of its times, and networks that follow theory have the same."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest

from emergence.analysis.parity.staging import StagingSettings, compare_staging, staging_ratios
from emergence.config.parity_networks import Optimiser, Sweep
from emergence.config.parity_theory import Staging
from emergence.io import tables
from emergence.schemas.parity import CROSSINGS, STAGING
from emergence.theory import conditions
from emergence.theory import strengths as theory
from emergence.theory.model import Constants, Skills, initial_strength

CONSTANTS = Constants("mse", 0.02, 5.0, initial_strength(0.01), speed=1 / 22)
FIVE = Skills(0.6, 5)


@pytest.fixture(scope="module")
def settings() -> StagingSettings:
    descent = Optimiser(name="sgd", learning_rate=0.02)
    network = Sweep(
        widths=[1000], seeds=[1], steps=100, batch=4000, sigma=0.01, optimiser=descent, loss="mse", every=10
    )
    return StagingSettings(target=5.0, alpha=0.6, network=network, staging=Staging(epsilon=0.05, skills=8))


def measured(time: Callable[[float, int], float], width: float = 1.1) -> pd.DataFrame:
    """Crossings of networks whose skills pass shares at these times, with intervals of a factor."""
    rows: list[dict[str, Any]] = []
    for source in ("network", "published"):
        for share in (0.05, 0.5, 0.95):
            for skill in range(1, 6):
                value = time(share, skill) if source == "network" else 1.0
                bounds = {"value": value, "low": value / width, "high": value * width}
                rows.append(
                    {
                        "axis": "step",
                        "skill": skill,
                        "share": share,
                        "source": source,
                        "law": None,
                        "seeds": 3,
                        **bounds,
                    }
                )
    return pd.DataFrame(rows, columns=CROSSINGS.arrow.names)


def as_theory(share: float, skill: int) -> float:
    return float(theory.crossing_times(share, FIVE.frequencies, CONSTANTS)[skill - 1])


def test_ratios_of_theory(settings: StagingSettings) -> None:
    table = staging_ratios(measured(as_theory), settings)
    rows = table[table["source"] == "multilinear"]
    begun, saturated = (theory.crossing_times(share, Skills(0.6, 9).frequencies, CONSTANTS) for share in (0.05, 0.95))
    np.testing.assert_allclose(rows["ratio"], begun[1:] / saturated[:-1])
    assert rows["skill"].tolist() == list(range(1, 9))
    assert (rows["ratio"] > 1).tolist() == conditions.staged(Skills(0.6, 9), rows["spread"].iloc[0]).tolist()
    assert (rows["ratio"] > 1).tolist() == [True, True] + 6 * [False]
    assert (table.loc[table["source"] == "linear", "ratio"] < 0.1).all()


def test_networks_that_follow_theory_have_its_ratios(settings: StagingSettings) -> None:
    table = staging_ratios(measured(as_theory), settings)
    network, rows = table[table["source"] == "network"], table[table["source"] == "multilinear"].iloc[:4]
    assert network["skill"].tolist() == [1, 2, 3, 4]
    np.testing.assert_allclose(network["ratio"], rows["ratio"])
    np.testing.assert_allclose(network["low"], network["ratio"] / 1.21)
    np.testing.assert_allclose(network["high"], network["ratio"] * 1.21)


def test_a_skill_without_both_times_is_left_out(settings: StagingSettings) -> None:
    """Skill 4 never saturates and skill 5 never begins; so nothing is known of 4, and 3 still is."""
    late = staging_ratios(
        measured(lambda share, k: np.nan if (k, share) in {(4, 0.95), (5, 0.05)} else as_theory(share, k)), settings
    )
    assert late.loc[late["source"] == "network", "skill"].tolist() == [1, 2, 3]
    one_seed = measured(as_theory).assign(low=np.nan, high=np.nan)
    network = staging_ratios(one_seed, settings).query("source == 'network'")
    assert network["ratio"].notna().all()
    assert network["low"].isna().all()


def test_nothing_emerged(settings: StagingSettings, tmp_path: Any) -> None:
    tables.write(CROSSINGS, measured(lambda *_: np.nan).astype({"seeds": "Int64"}), tmp_path / "crossings.parquet")
    compare_staging(settings, tmp_path / "crossings.parquet", tmp_path / "stages.parquet")
    assert set(tables.read(STAGING, tmp_path / "stages.parquet")["source"]) == {"multilinear", "linear"}
