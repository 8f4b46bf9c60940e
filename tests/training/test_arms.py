"""Paired runs: all arms start from the same weights, and differ in what their intervention changes."""

from typing import Any

import pandas as pd
import pytest

from emergence.config import loading
from emergence.config.project import settings_for
from emergence.config.short_runs import PairedSettings
from emergence.training import interventions
from emergence.training.arms import train_seeds


@pytest.fixture(scope="module")
def settings() -> PairedSettings:
    from support.project import tier_files

    given: Any = settings_for(loading.read(*tier_files("smoke")), "train_arms", size="2x8")["settings"]
    return given


@pytest.fixture(scope="module")
def rows(settings: PairedSettings) -> pd.DataFrame:
    return train_seeds([1], settings)


@pytest.mark.long
def test_all_arms_are_one_run_until_they_differ(rows: pd.DataFrame) -> None:
    scores = rows[rows["quantity"] == "exact_match"].pivot_table(
        index=["step", "task", "level"], columns="arm", values="value"
    )
    assert scores.loc[0].eq(scores.loc[0]["plain"], axis=0).all(axis=None)
    ranks = rows[rows["quantity"] == "rank"].pivot_table(index="step", columns="arm", values="value")
    assert (ranks.loc[:9, "late"] == ranks.loc[:9, "plain"]).all()  # its penalty begins at step 10
    assert ranks.loc[3, "earlier"] != ranks.loc[3, "plain"]


def test_the_sham_has_the_gradient_norm_of_the_arm_that_it_is_matched_to(rows: pd.DataFrame) -> None:
    norms = rows[rows["quantity"] == "penalty_gradient"].pivot_table(index="step", columns="arm", values="value")
    assert norms["sham"].dropna().tolist() == pytest.approx(norms["prevent"].dropna().tolist(), rel=1e-4, abs=1e-9)


def test_baselines_stand_beside(rows: pd.DataFrame, settings: PairedSettings) -> None:
    baselines = rows[rows["quantity"] == "baseline"]
    assert len(baselines) == len(settings.tasks)
    assert baselines["value"].between(0, 1).all()


@pytest.mark.long
def test_a_penalty_that_diverges_ends_its_arm_alone(settings: PairedSettings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(interventions, "rank_gain", lambda states, step: states.now.sum() * float("nan"))  # noqa: ARG005
    rows = train_seeds([1], settings)
    diverged = rows[rows["quantity"] == "diverged"]
    assert diverged[["arm", "step"]].to_numpy().tolist() == [["deepen", 0]]
    assert rows[rows["arm"] == "sham"]["step"].max() == 30
