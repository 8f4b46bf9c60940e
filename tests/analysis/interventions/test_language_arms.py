"""Paired language models on synthetic curves that go through one power law at different speeds."""

import numpy as np
import pandas as pd
import pytest
from synthetic.language_arm_tables import diverged, language_arm_runs

from emergence.analysis.interventions.language_arms import estimate_effects, pair_effects, step_at
from emergence.config.protocol import Statistics


def exchanged(runs: pd.DataFrame) -> pd.DataFrame:
    """The same runs under each other's arm."""
    return runs.assign(arm=runs["arm"].map({"plain": "prevent", "prevent": "plain"}))


@pytest.mark.parametrize("ratio", [0.6, 1.0, 1.5])
def test_the_ratio_is_the_planted_one(ratio: float, statistics: Statistics) -> None:
    rows = estimate_effects(language_arm_runs(ratio), statistics).set_index("size")
    assert list(rows.index) == ["all", "neox16", "neox32"]
    assert rows["ratio"].to_numpy() == pytest.approx(ratio, rel=0.04)
    assert rows.loc["all", "low"] < rows.loc["all", "ratio"] < rows.loc["all", "high"]
    assert rows["pairs"].tolist() == [6, 3, 3]
    assert np.sign(rows["difference"].round(2)).tolist() == [np.sign(ratio - 1)] * 3
    assert rows["difference"].to_numpy() == pytest.approx((rows["loss"] - rows["loss_against"]).to_numpy())
    assert rows.loc["all", ["lowest", "lowest_against"]].tolist() == pytest.approx([0.9, 0.4])


@pytest.mark.parametrize("ratio", [0.6, 1.5])
def test_exchanged_runs_have_the_inverse_ratio(ratio: float) -> None:
    runs = language_arm_runs(ratio)
    one, other = pair_effects(runs), pair_effects(exchanged(runs))
    assert one["log_ratio"].to_numpy() == pytest.approx(-other["log_ratio"].to_numpy())
    assert one["difference"].to_numpy() == pytest.approx(-other["difference"].to_numpy())


def test_a_better_run_is_timed_at_the_plain_runs_final_loss() -> None:
    runs = language_arm_runs(0.5, pairs=1, noise=0.0)
    losses = runs[runs["quantity"] == "loss"].pivot_table(index="step", columns="arm", values="value")
    level = losses["plain"].loc[640]
    at = step_at(losses["prevent"].drop(0), level)
    assert at == pytest.approx(320, rel=0.02)
    assert pair_effects(runs)["log_ratio"].item() == pytest.approx(np.log(at / 640))


@pytest.mark.long
def test_without_an_effect_an_interval_lies_beside_one_as_often_as_it_says(statistics: Statistics) -> None:
    """Neither side is favoured, as by a worse run that is timed at a loss it never reaches."""
    beside = {"below": 0, "above": 0}
    for study in range(80):
        row = estimate_effects(language_arm_runs(1.0, noise=0.1, seed=study), statistics).iloc[0]
        beside["below"] += row["high"] <= 1
        beside["above"] += row["low"] > 1
    assert max(beside.values()) <= 6  # 2 of 80 are expected on each side


def test_a_step_is_interpolated_in_its_logarithm() -> None:
    losses = pd.Series([5.0, 4.0, 2.0, 3.0], index=[10, 20, 80, 90])
    assert step_at(losses, 3.0) == pytest.approx(40)
    assert step_at(losses, 5.5) == 10
    assert step_at(losses, 4.0) == pytest.approx(20)
    assert np.isnan(step_at(losses, 1.0))


def test_a_pair_with_a_run_that_diverged_is_left_out_and_counted(statistics: Statistics) -> None:
    runs = language_arm_runs(0.7)
    rows = estimate_effects(diverged(runs, "neox16-s0"), statistics).set_index("size")
    assert rows["pairs"].tolist() == [5, 2, 3]
    assert rows["diverged"].tolist() == [1, 1, 0]
    assert rows["ratio"].to_numpy() == pytest.approx(0.7, rel=0.04)


def test_a_tier_without_pairs_has_no_effect(statistics: Statistics) -> None:
    row = estimate_effects(language_arm_runs(1.0, pairs=0), statistics).iloc[0]
    assert (row["size"], row["pairs"]) == ("all", 0)
    assert np.isnan(row["ratio"])
