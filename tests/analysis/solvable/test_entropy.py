"""The loss of the cross-entropy variant: a planted slope is found, once the missing skills are added back."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from emergence import tables
from emergence.analysis.solvable import entropy as module
from emergence.schemas.solvable import ENTROPY, ENTROPY_SLOPES, SWEEP
from emergence.settings.solvable import EntropySettings
from emergence.theory.skills import Skills

STEPS = np.arange(10, 20001, 10)
SETTINGS = EntropySettings(alpha=0.4, skills=60, ranks=(2, 20), published=0.45, confidence=0.95)


def rows(pace: float, seeds: int = 3, skills: int = 60) -> pd.DataFrame:
    """Skills that are learned at once when P_k·t^pace passes a constant: L ∝ t^(−pace·α/(α+1)) for ever more skills."""
    rng, given, frames = np.random.default_rng(1), Skills(0.4, skills), []
    for seed in range(1, seeds + 1):
        factor = 0.02 * np.exp(0.02 * rng.standard_normal())
        for skill, frequency in enumerate(given.frequencies, start=1):
            left = 1 / (1 + (frequency * factor * STEPS**pace) ** 8)
            frames.append(pd.DataFrame({"step": STEPS, "loss": np.log(2) * left, "skill": skill, "seed": seed}))
    return pd.concat(frames).assign(sweep="planted", width=500, samples=None, strength=0.0).astype({"samples": "Int64"})


@pytest.mark.parametrize("pace", [1.0, 1.5])
def test_a_planted_slope_is_found(pace: float, tmp_path: Path) -> None:
    tables.write(SWEEP, rows(pace), tmp_path / "sweep.parquet")
    module.make(SETTINGS, *(tmp_path / f"{name}.parquet" for name in ("sweep", "losses", "slopes")))
    (found,) = tables.read(ENTROPY_SLOPES, tmp_path / "slopes.parquet").to_dict("records")
    assert found["value"] == pytest.approx(-pace * 0.4 / 1.4, abs=0.03)
    assert found["low"] < found["value"] < found["high"] < found["low"] + 0.03
    assert found["predicted"] == pytest.approx(-0.2857, abs=1e-4)
    assert found["start"] < found["end"]
    losses = tables.read(ENTROPY, tmp_path / "losses.parquet")
    missing = (losses["infinite"] - losses["loss"]).unique()
    assert missing == pytest.approx(np.log(2) * Skills(0.4, 60).beyond)


def test_without_the_missing_skills_the_slope_would_bend() -> None:
    found = module.losses(rows(1.0), Skills(0.4, 60))
    start, end = 100.0, 2000.0
    bent = module.slopes(found.assign(infinite=found["loss"]), start, end)
    assert bent.mean() < module.slopes(found, start, end).mean() - 0.05


def test_where_nothing_is_learned_there_is_no_slope(tmp_path: Path) -> None:
    tables.write(SWEEP, rows(1.0).assign(loss=0.7), tmp_path / "sweep.parquet")
    module.make(SETTINGS, *(tmp_path / f"{name}.parquet" for name in ("sweep", "losses", "slopes")))
    (found,) = tables.read(ENTROPY_SLOPES, tmp_path / "slopes.parquet").to_dict("records")
    assert np.isnan([found["value"], found["low"], found["start"]]).all()
    assert found["seeds"] == 0
