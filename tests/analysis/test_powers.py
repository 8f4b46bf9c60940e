"""The exponent of emergence times on planted passages: exact, noisy, incomplete, absent; and what claims make of it."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from emergence import tables
from emergence.analysis.solvable.claims_transformer import claims
from emergence.analysis.solvable.powers import Passages, emergence_rows, passages, power_rows, powers
from emergence.schemas.analysis import CLAIMS
from emergence.schemas.powers import EMERGENCES, POWERS
from emergence.settings.scalar_transformer import PowerLaw, PowerSettings

ALPHA, SKILLS, UNTIL = 0.9, 5, 20_000
LAW = PowerLaw(shares=[0.05, 0.5], smoothing=5, minimum=3, tolerance=0.2, broken=0.5)
SETTINGS = PowerSettings(alpha=0.6, transformer_alpha=ALPHA, law=LAW, confidence=0.95)
K = np.arange(1, SKILLS + 1)

Times = Callable[[int], np.ndarray]


def sigmoids(times: Times, seeds: int = 3, noise: float = 0.01) -> pd.DataFrame:
    """R/S of skills that are half learned at the steps ``times(seed)`` (skills,)."""
    rng = np.random.default_rng(0)
    x = np.arange(0, UNTIL + 1, 20)
    frames = []
    for seed in range(seeds):
        for skill, half in enumerate(times(seed), 1):
            curve = 1 / (1 + np.exp(np.clip(-8 * (x / half - 1), -50, 50))) + rng.normal(0, noise, len(x))
            frames.append(pd.DataFrame({"seed": seed, "step": x, "skill": skill, "strength": curve}))
    return pd.concat(frames)


def law(exponent: float, spread: float = 0.05) -> Times:
    """Times 600·k^exponent, of each seed and skill with errors of its own."""
    rng = np.random.default_rng(1)
    return lambda _: 600 * K**exponent * np.exp(rng.normal(0, spread, SKILLS))


def late(_: int) -> np.ndarray:
    return np.full(SKILLS, 10.0 * UNTIL)


def of_k(found: Passages) -> dict[str, float]:
    rows = list(power_rows(found, 3, 0.95))
    assert [row["against"] for row in rows] == ["k", "1/P"]
    return rows[0]


@pytest.mark.parametrize("share", LAW.shares)
def test_planted_times_are_found(share: float) -> None:
    found = passages(sigmoids(law(1.9, 0.0)), ALPHA, share, 5)
    expected = 600 * K**1.9 * (1 + np.log(share / (1 - share)) / 8)
    np.testing.assert_allclose(found.steps, np.tile(expected, (3, 1)), rtol=0.1)  # at the noise of 0.01


def test_noise_and_a_spike_are_no_emergence() -> None:
    curves = sigmoids(late)
    curves.loc[curves["step"].isin([4000, 4020]), "strength"] = 1.0
    assert np.isnan(passages(curves, ALPHA, 0.05, 5).steps).all()
    assert np.isfinite(passages(curves, ALPHA, 0.05, 1).steps).all(), "without smoothing they would be"


def test_slope_is_exact_and_that_on_rarity_is_its_share_of_the_expected_one() -> None:
    seeds = np.array([100.0, 150.0, 260.0])[:, None]
    on_k, on_rarity = power_rows(Passages(seeds * K**1.3, UNTIL, ALPHA), 3, 0.95)
    assert on_k["slope"] == pytest.approx(1.3)
    assert (on_k["low"], on_k["high"]) == pytest.approx((1.3, 1.3))
    assert (on_k["expected"], on_rarity["expected"]) == (1.9, 1.0)
    assert on_rarity["slope"] == pytest.approx(1.3 / 1.9)


def test_slope_and_scale_are_those_of_least_squares_seed_by_seed() -> None:
    steps = np.exp(np.random.default_rng(2).normal(7, 1, (4, SKILLS)))
    row = of_k(Passages(steps, UNTIL, ALPHA))
    each = [stats.linregress(np.log(K), np.log(of_seed)).slope for of_seed in steps]
    low, high = stats.t.interval(0.95, 3, np.mean(each), stats.sem(each))
    assert (row["slope"], row["low"], row["high"]) == pytest.approx((np.mean(each), low, high))
    assert np.log(steps / (row["scale"] * K**1.9)).mean() == pytest.approx(0)


def test_interval_covers_the_exponent_as_often_as_it_says() -> None:
    rng = np.random.default_rng(3)
    rows = [of_k(Passages(600 * K**1.9 * np.exp(rng.normal(0, 0.3, (3, SKILLS))), UNTIL, ALPHA)) for _ in range(1000)]
    covered = np.mean([row["low"] <= 1.9 <= row["high"] for row in rows])
    assert abs(covered - 0.95) < 4 * np.sqrt(0.95 * 0.05 / 1000)


def test_a_skill_that_only_fast_seeds_learned_does_not_bend_the_law() -> None:
    rng = np.random.default_rng(4)
    steps = 600 * K**1.9 * np.exp(rng.normal(0, 0.2, (50, SKILLS)))
    cut = np.where(steps > 8000, np.nan, steps)
    learned = np.isfinite(cut).sum(axis=0)
    assert (learned[:3] == 50).all()
    assert 0 < learned[4] < 50, "the fifth skill in some seeds, which are the fast ones"
    row = of_k(Passages(cut, 8000, ALPHA))
    assert row["fitted"] == (learned == 50).sum()
    assert row["censored"] == (50 - learned).sum()
    assert row["low"] < 1.9 < row["high"]


def test_what_is_known_of_a_skill_that_not_all_learned_is_kept() -> None:
    steps = np.array([[100.0, 400.0, np.nan], [200.0, np.nan, np.nan]])
    first, second, third = emergence_rows(Passages(steps, 999.0, ALPHA), 0.95)
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
    return powers(curves, SETTINGS)


@pytest.mark.parametrize("name", WORLDS)
def test_tables_are_valid_whatever_emerges(name: str, tmp_path: Path) -> None:
    emergences, fitted = both(*WORLDS[name])
    tables.write(EMERGENCES, emergences, tmp_path / "a.parquet")
    tables.write(POWERS, fitted, tmp_path / "b.parquet")
    assert len(emergences) == 3 * 2 * SKILLS
    assert len(fitted) == 3 * 2 * 2
    table = pd.DataFrame(claims(emergences, fitted, LAW, 0.95))
    tables.write(CLAIMS, table.astype(dict.fromkeys(("value", "low", "high"), "float64")), tmp_path / "c.parquet")


def verdicts(transformer: Times, seeds: int = 3, adam: float = 0.2) -> list[str]:
    return [row["verdict"] for row in claims(*both(transformer, seeds, adam), LAW, 0.95)]


def test_verdicts() -> None:
    untestable = "not testable at this tier"
    assert verdicts(law(1.9)) == ["holds", "holds", "holds"]
    assert verdicts(law(0.9)) == ["fails", "fails", "holds"]
    assert verdicts(law(1.9), adam=1.6) == ["holds", "holds", "fails"]
    assert verdicts(law(1.9), seeds=1)[:2] == ["undecided", "undecided"]
    assert verdicts(late)[:2] == [untestable, untestable]
    assert verdicts(*WORLDS["two skills"])[:2] == [untestable, untestable]


def test_claim_on_adam_says_how_much_later_the_rarest_skill_is() -> None:
    *_, row = claims(*both(law(1.9), 3, adam=0.5), LAW, 0.95)
    ratio = both(law(1.9), 3, adam=0.5)[0].query("network == 'MLP, Adam' and share == 0.5")["value"].to_numpy()
    assert f"skill 5, 13 times as rare as skill 1, is {ratio[4] / ratio[0]:.1f} times as late" in row["control"]
