"""Stages: theory's ratios are those of its times, and networks that follow theory have the same."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from emergence.analysis.parity.staging import StagingSettings, compare_staging, staging_ratios
from emergence.config.parity_networks import Optimiser, Sweep
from emergence.config.parity_theory import Staging
from emergence.io import tables
from emergence.schemas.parity import STAGING
from emergence.schemas.trajectories import BEHAVIOUR
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
    return StagingSettings(
        target=5.0, alpha=0.6, network=network, staging=Staging(epsilon=0.05, skills=8), confidence=0.95
    )


def measured(rate: float = 1.0, late: int | None = None) -> pd.DataFrame:
    """R/S of networks that follow theory, each faster or slower by a factor; one skill never comes if it is late."""
    steps, frames = np.arange(0, 40001, 20), []
    for seed, factor in enumerate((0.9, 1.0, 1.1), 1):
        strength = theory.of_time(steps * factor * rate, FIVE.frequencies, CONSTANTS) / CONSTANTS.target
        for skill in range(1, 6):
            values = strength[:, skill - 1] * (skill != late)
            frames.append(pd.DataFrame({"seed": seed, "step": steps, "skill": skill, "strength": values}))
    return pd.concat(frames)


def test_ratios_of_theory(settings: StagingSettings) -> None:
    table = staging_ratios(measured(), settings)
    rows = table[table["source"] == "multilinear"]
    begun, saturated = (theory.crossing_times(share, Skills(0.6, 9).frequencies, CONSTANTS) for share in (0.05, 0.95))
    np.testing.assert_allclose(rows["ratio"], begun[1:] / saturated[:-1])
    assert rows["skill"].tolist() == list(range(1, 9))
    assert (rows["ratio"] > 1).tolist() == conditions.staged(Skills(0.6, 9), rows["spread"].iloc[0]).tolist()
    assert (rows["ratio"] > 1).tolist() == [True, True] + 6 * [False]
    assert (table.loc[table["source"] == "linear", "ratio"] < 0.1).all()


def test_networks_that_follow_theory_have_its_ratios(settings: StagingSettings) -> None:
    table = staging_ratios(measured(), settings)
    network, rows = table[table["source"] == "network"], table[table["source"] == "multilinear"].iloc[:4]
    assert network["skill"].tolist() == [1, 2, 3, 4]
    np.testing.assert_allclose(network["ratio"], rows["ratio"], rtol=0.005)


def test_what_seeds_have_in_common_does_not_blur_the_ratio(settings: StagingSettings) -> None:
    """Networks differ by a tenth in speed; ends of both times would allow half as much again."""
    network = staging_ratios(measured(), settings).query("source == 'network'")
    assert (network["high"] / network["low"] < 1.02).all()


def test_a_skill_without_both_times_is_left_out(settings: StagingSettings) -> None:
    """Skill 4 is never learned: nothing is known of it, nor of when it begins after 3."""
    late = staging_ratios(measured(late=4), settings).query("source == 'network'")
    assert late["skill"].tolist() == [1, 2]
    one_seed = staging_ratios(measured().query("seed == 1"), settings).query("source == 'network'")
    assert one_seed["ratio"].notna().all()
    assert one_seed["low"].isna().all()


def test_nothing_emerged(settings: StagingSettings, tmp_path: Path) -> None:
    run = {"study": "parity", "run": "planted", "size": "mlp", "parameters": 1, "task": "PARITY"}
    rows = measured().assign(**run, metric="true_strength", value=0.0)
    rows = rows.assign(level=rows["skill"].astype(str))
    tables.write(BEHAVIOUR, rows[BEHAVIOUR.arrow.names], tmp_path / "behaviour.parquet")
    compare_staging(settings, [tmp_path / "behaviour.parquet"], tmp_path / "stages.parquet")
    assert set(tables.read(STAGING, tmp_path / "stages.parquet")["source"]) == {"multilinear", "linear"}
