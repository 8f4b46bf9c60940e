"""Exponents of planted emergence times, and slopes of planted losses."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from synthetic.skill_curves import SKILLS, UNTIL, K, Times, late, law, sigmoids

from emergence.analysis.parity import power_laws as module
from emergence.analysis.parity.power_laws import (
    EmergenceTimes,
    EntropySettings,
    PowerSettings,
    emergence_rows,
    emergence_times,
    power_laws,
    power_rows,
)
from emergence.config.parity_theory import PowerLawSettings
from emergence.io import tables
from emergence.schemas.parity import EMERGENCE_TIMES, ENTROPY, ENTROPY_SLOPES, POWER_LAWS, SWEEP
from emergence.theory.model import Skills

ALPHA = 0.9
LAW = PowerLawSettings(shares=[0.05, 0.5], smoothing=5, minimum=3, tolerance=0.2, broken=0.5)
SETTINGS = PowerSettings(alpha=0.6, transformer_alpha=ALPHA, law=LAW, confidence=0.95)


def of_k(times: EmergenceTimes) -> dict[str, float]:
    rows = list(power_rows(times, 3, 0.95))
    assert [row["against"] for row in rows] == ["k", "1/P"]
    return rows[0]


@pytest.mark.parametrize("share", LAW.shares)
def test_planted_times_are_found(share: float) -> None:
    times = emergence_times(sigmoids(law(1.9, 0.0)), ALPHA, share, 5)
    expected = 600 * K**1.9 * (1 + np.log(share / (1 - share)) / 8)
    np.testing.assert_allclose(times.steps, np.tile(expected, (3, 1)), rtol=0.1)  # at the noise of 0.01


def test_noise_and_a_spike_are_no_emergence() -> None:
    curves = sigmoids(late)
    curves.loc[curves["step"].isin([4000, 4020]), "strength"] = 1.0
    assert np.isnan(emergence_times(curves, ALPHA, 0.05, 5).steps).all()
    assert np.isfinite(emergence_times(curves, ALPHA, 0.05, 1).steps).all(), "without smoothing they would be"


def test_slope_is_exact_and_that_on_rarity_is_its_share_of_the_expected_one() -> None:
    seeds = np.array([100.0, 150.0, 260.0])[:, None]
    on_k, on_rarity = power_rows(EmergenceTimes(seeds * K**1.3, UNTIL, ALPHA), 3, 0.95)
    assert on_k["slope"] == pytest.approx(1.3)
    assert (on_k["low"], on_k["high"]) == pytest.approx((1.3, 1.3))
    assert (on_k["expected"], on_rarity["expected"]) == (1.9, 1.0)
    assert on_rarity["slope"] == pytest.approx(1.3 / 1.9)


def test_slope_and_scale_are_those_of_least_squares_seed_by_seed() -> None:
    steps = np.exp(np.random.default_rng(2).normal(7, 1, (4, SKILLS)))
    row = of_k(EmergenceTimes(steps, UNTIL, ALPHA))
    each = [stats.linregress(np.log(K), np.log(of_seed)).slope for of_seed in steps]
    low, high = stats.t.interval(0.95, 3, np.mean(each), stats.sem(each))
    assert (row["slope"], row["low"], row["high"]) == pytest.approx((np.mean(each), low, high))
    assert np.log(steps / (row["scale"] * K**1.9)).mean() == pytest.approx(0)


def test_interval_covers_the_exponent_as_often_as_it_says() -> None:
    rng = np.random.default_rng(3)
    rows = [
        of_k(EmergenceTimes(600 * K**1.9 * np.exp(rng.normal(0, 0.3, (3, SKILLS))), UNTIL, ALPHA)) for _ in range(1000)
    ]
    covered = np.mean([row["low"] <= 1.9 <= row["high"] for row in rows])
    assert abs(covered - 0.95) < 4 * np.sqrt(0.95 * 0.05 / 1000)


def test_a_skill_that_only_fast_seeds_learned_does_not_bend_the_law() -> None:
    rng = np.random.default_rng(4)
    steps = 600 * K**1.9 * np.exp(rng.normal(0, 0.2, (50, SKILLS)))
    cut = np.where(steps > 8000, np.nan, steps)
    learned = np.isfinite(cut).sum(axis=0)
    assert (learned[:3] == 50).all()
    assert 0 < learned[4] < 50, "the fifth skill in some seeds, which are the fast ones"
    row = of_k(EmergenceTimes(cut, 8000, ALPHA))
    assert row["fitted"] == (learned == 50).sum()
    assert row["censored"] == (50 - learned).sum()
    assert row["low"] < 1.9 < row["high"]


def test_what_is_known_of_a_skill_that_not_all_learned_is_kept() -> None:
    steps = np.array([[100.0, 400.0, np.nan], [200.0, np.nan, np.nan]])
    first, second, third = emergence_rows(EmergenceTimes(steps, 999.0, ALPHA), 0.95)
    assert first["value"] == pytest.approx(np.sqrt(100 * 200))
    assert first["low"] < 100 < 200 < first["high"]
    assert "value" not in second
    assert (second["earliest"], second["reached"], second["seeds"], second["until"]) == (400, 1, 2, 999)
    assert np.isnan(third["earliest"])
    assert third["reached"] == 0


WORLDS: dict[str, tuple[Times, int]] = {
    "planted": (law(1.9), 3),
    "nothing emerges": (late, 3),
    "one run": (law(1.9), 1),
    "two skills": (lambda _: 600 * np.array([1.0, 4.0, 900.0, 900.0, 900.0]), 2),
}


def both(transformer: Times, seeds: int, adam: float = 0.2) -> tuple[pd.DataFrame, ...]:
    curves = {
        "MLP, SGD": (sigmoids(law(1.6)), 0.6),
        "MLP, Adam": (sigmoids(law(adam)), 0.6),
        "transformer, SGD": (sigmoids(transformer, seeds), ALPHA),
    }
    return power_laws(curves, SETTINGS)


@pytest.mark.parametrize("name", WORLDS)
def test_tables_are_valid_whatever_emerges(name: str, tmp_path: Path) -> None:
    emergences, fitted = both(*WORLDS[name])
    tables.write(EMERGENCE_TIMES, emergences, tmp_path / "a.parquet")
    tables.write(POWER_LAWS, fitted, tmp_path / "b.parquet")
    assert len(emergences) == 3 * 2 * SKILLS
    assert len(fitted) == 3 * 2 * 2


STEPS = np.arange(10, 20001, 10)
ENTROPY_SETTINGS = EntropySettings(alpha=0.4, skills=60, ranks=(2, 20), published=0.45, confidence=0.95)


def rows(pace: float, seeds: int = 3, skills: int = 60) -> pd.DataFrame:
    """Skills that are learned at once when P_k·t^pace passes a constant: L ∝ t^(−pace·α/(α+1)) for ever more skills."""
    rng, given, frames = np.random.default_rng(1), Skills(0.4, skills), []
    for seed in range(1, seeds + 1):
        factor = 0.02 * np.exp(0.02 * rng.standard_normal())
        for skill, frequency in enumerate(given.frequencies, start=1):
            left = 1 / (1 + (frequency * factor * STEPS**pace) ** 8)
            frames.append(pd.DataFrame({"step": STEPS, "loss": np.log(2) * left, "skill": skill, "seed": seed}))
    return pd.concat(frames).assign(sweep="planted", width=500, samples=None, strength=0.0).astype({"samples": "Int64"})


@pytest.mark.long
@pytest.mark.parametrize("pace", [1.0, 1.5])
def test_a_planted_slope_is_found(pace: float, tmp_path: Path) -> None:
    tables.write(SWEEP, rows(pace), tmp_path / "sweep.parquet")
    module.fit_entropy_slopes(
        ENTROPY_SETTINGS, *(tmp_path / f"{name}.parquet" for name in ("sweep", "losses", "slopes"))
    )
    (row,) = tables.read(ENTROPY_SLOPES, tmp_path / "slopes.parquet").to_dict("records")
    assert row["value"] == pytest.approx(-pace * 0.4 / 1.4, abs=0.03)
    assert row["low"] < row["value"] < row["high"] < row["low"] + 0.03
    assert row["predicted"] == pytest.approx(-0.2857, abs=1e-4)
    assert row["start"] < row["end"]
    losses = tables.read(ENTROPY, tmp_path / "losses.parquet")
    missing = (losses["infinite"] - losses["loss"]).unique()
    assert missing == pytest.approx(np.log(2) * Skills(0.4, 60).beyond)


def test_without_the_missing_skills_the_slope_would_bend() -> None:
    losses = module.total_loss(rows(1.0), Skills(0.4, 60))
    start, end = 100.0, 2000.0
    bent = module.log_slopes(losses.assign(infinite=losses["loss"]), start, end)
    assert bent.mean() < module.log_slopes(losses, start, end).mean() - 0.05


def test_where_nothing_is_learned_there_is_no_slope(tmp_path: Path) -> None:
    tables.write(SWEEP, rows(1.0).assign(loss=0.7), tmp_path / "sweep.parquet")
    module.fit_entropy_slopes(
        ENTROPY_SETTINGS, *(tmp_path / f"{name}.parquet" for name in ("sweep", "losses", "slopes"))
    )
    (row,) = tables.read(ENTROPY_SLOPES, tmp_path / "slopes.parquet").to_dict("records")
    assert np.isnan([row["value"], row["low"], row["start"]]).all()
    assert row["seeds"] == 0
