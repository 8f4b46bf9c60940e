"""The solved models as trained: near their closed forms, nearer with small steps, and by data set."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from pydantic import ValidationError

from emergence.analysis.parity.models import ModelSettings, train_models
from emergence.config.parity_networks import Optimiser, Sweep
from emergence.config.parity_theory import Models
from emergence.io import tables
from emergence.schemas.parity import MODEL_CROSSINGS, MODEL_STRENGTHS
from emergence.theory.domain import TheoryError


def settings(**optimiser: Any) -> ModelSettings:
    descent = Optimiser(**{"name": "sgd", "learning_rate": 0.02, **optimiser})
    network = Sweep(
        widths=[1000], seeds=[1], steps=100, batch=4000, sigma=0.01, optimiser=descent, loss="mse", every=10
    )
    models = Models(steps=2500, seeds=[1, 2], points=150, slower=[1, 8], samples=[8, 30])
    return ModelSettings(
        target=5.0, skills=5, alpha=0.6, network=network, shares=[0.05, 0.5, 0.95], models=models
    )  # fmt: skip


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[pd.DataFrame, pd.DataFrame]:
    folder = tmp_path_factory.mktemp("models")
    train_models(settings(), folder / "models.parquet", folder / "passages.parquet")
    return tables.read(MODEL_STRENGTHS, folder / "models.parquet"), tables.read(
        MODEL_CROSSINGS, folder / "passages.parquet"
    )


@pytest.mark.long
def test_smaller_steps_come_nearer_to_the_closed_form(made: tuple[pd.DataFrame, pd.DataFrame]) -> None:
    models, passages = made
    fresh = models[models["samples"].isna()]
    error = (fresh["strength"] - fresh["closed"]).abs().groupby([fresh["model"], fresh["slower"]]).max()
    assert error["multilinear", 8] < 0.03 < error["multilinear", 1] < 0.2
    assert error["linear", 8] < 0.01
    half = passages[passages["samples"].isna() & (passages["share"] == 0.5) & (passages["slower"] == 8)]
    np.testing.assert_allclose(half["step"], half["closed"], rtol=0.02)


def test_the_first_skill_comes_when_the_sigmoid_says(made: tuple[pd.DataFrame, pd.DataFrame]) -> None:
    """ln(S/R_k(0) − 1)/(4ηP_kS) steps, with R_k(0) = σ²/3.6 and no other constant."""
    passages = made[1].query("model == 'multilinear' and slower == 8 and samples.isna() and share == 0.5")
    frequencies = np.arange(1, 6) ** -1.6 / (np.arange(1, 6) ** -1.6).sum()
    expected = np.log(5 / (1e-4 / 3.6) - 1) / (4 * 0.02 / 8 * 5 * frequencies)
    np.testing.assert_allclose(passages.groupby("skill")["closed"].first(), expected)
    np.testing.assert_allclose(passages.groupby("skill")["step"].mean(), expected, rtol=0.02)


def test_the_linear_model_does_not_wait(made: tuple[pd.DataFrame, pd.DataFrame]) -> None:
    fresh = made[1].query("samples.isna() and slower == 1").set_index(["model", "seed", "skill", "share"])["step"]
    begun, half = fresh.xs(0.05, level="share"), fresh.xs(0.5, level="share")
    assert (begun["linear"] / half["linear"]).between(0.05, 0.1).all()
    assert (begun["multilinear"] / half["multilinear"] > 0.7).all()


def test_data_sets_teach_what_they_show(made: tuple[pd.DataFrame, pd.DataFrame]) -> None:
    models, passages = made
    sets = models[models["samples"].notna() & (models["model"] == "multilinear")]
    assert (
        sets.drop_duplicates(["samples", "seed", "skill"]).groupby(["samples", "seed"])["seen"].sum() == [8, 8, 30, 30]
    ).all()
    ends = sets[sets["step"] == 2500]
    assert (ends["seen"] == 0).any()
    start = 1e-4 / 3.6 / 5
    np.testing.assert_allclose(ends.loc[ends["seen"] == 0, ["strength", "closed"]], start)
    assert (ends.loc[ends["seen"] > 0, "strength"] > 0.95).all()
    missing = passages[passages["samples"].notna() & passages["closed"].isna()]
    assert missing["step"].isna().all()
    assert len(missing) == 2 * 3 * (ends["seen"] == 0).sum()  # models, shares


@pytest.mark.parametrize(
    "optimiser", [{"name": "adam"}, {"weight_decay": 0.1}, {"halve_every": 10}], ids=["adam", "decay", "halved"]
)
def test_other_descents_are_refused(optimiser: dict[str, Any], tmp_path: Path) -> None:
    with pytest.raises(TheoryError, match=r"network\.optimiser: .*\bsgd\b"):
        train_models(settings(**optimiser), tmp_path / "a.parquet", tmp_path / "b.parquet")


def test_the_networks_learning_rate_is_among_those_tried() -> None:
    with pytest.raises(ValidationError, match=r"slower: \[10\] lacks 1"):
        Models(steps=10, seeds=[1], points=3, slower=[10], samples=[])
