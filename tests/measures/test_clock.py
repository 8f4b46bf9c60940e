"""Short runs of the clock: what is recorded is that of the model at each step."""

from typing import Any

import numpy as np
import pandas as pd
import pytest

from emergence.config import loading
from emergence.config.interventions import ClockSettings
from emergence.config.project import settings_for
from emergence.io import tables
from emergence.measures.clock import of_cell, record_cell, train_clock
from emergence.schemas.interventions import CLOCK_RUNS
from emergence.training.learners import TrainingError
from emergence.training.schedule import checkpoint_steps, learning_rate
from emergence.training.task_transformer import TaskLearner


@pytest.fixture(scope="module")
def settings() -> ClockSettings:
    from support.project import tier_files

    whole: Any = settings_for(loading.read(*tier_files("smoke")), "train_clock", seed="1")["settings"]
    return whole.model_copy(update={"cells": whole.cells[:2]})


@pytest.fixture(scope="module")
def rows(settings: ClockSettings) -> pd.DataFrame:
    return record_cell(settings.cells[0], settings)


def test_every_quantity_is_recorded_at_every_step(rows: pd.DataFrame, settings: ClockSettings) -> None:
    steps = checkpoint_steps(settings.records, settings.training.steps)
    for quantity in ("rate_sum", "loss", "entropy", "weight_norm", "gradient_norm", "alignment"):
        assert rows[rows["quantity"] == quantity]["step"].tolist() == steps
    ranks = rows[rows["quantity"] == "rank"]
    assert len(ranks) == 2 * len(steps)
    assert ranks["value"].between(1, 8).all()


def test_the_first_row_is_of_an_untrained_model(rows: pd.DataFrame) -> None:
    first = rows[rows["step"] == 0].set_index("quantity")["value"]
    assert first["rate_sum"] == 0
    assert first["entropy"] == pytest.approx(first["loss"], rel=0.02)  # predictions are uniform
    assert first["weight_norm"] > 0


def test_the_sum_of_rates_is_that_of_the_schedule(rows: pd.DataFrame, settings: ClockSettings) -> None:
    training = of_cell(settings.cells[0], settings).training
    sums = rows[rows["quantity"] == "rate_sum"]
    expected = [sum(learning_rate(training, step) for step in range(last)) for last in sums["step"]]
    np.testing.assert_allclose(sums["value"], expected)
    assert training.final_fraction == 1.0


def test_a_cell_that_diverges_ends_with_a_row(settings: ClockSettings, monkeypatch: pytest.MonkeyPatch) -> None:
    def step(self: TaskLearner, number: int) -> None:  # noqa: ARG001
        if number == 3:
            raise TrainingError("loss is nan")

    monkeypatch.setattr(TaskLearner, "step", step)
    monkeypatch.setattr(TaskLearner, "gradient_norm", 1.0)
    table = record_cell(settings.cells[0], settings)
    assert (table["quantity"].iloc[-1], table["step"].max()) == ("diverged", 3)


def test_a_stage_writes_all_cells_of_its_seed(settings: ClockSettings, tmp_path: Any) -> None:
    train_clock(settings, tmp_path / "table.parquet", tmp_path / "state")
    written = tables.read(CLOCK_RUNS, tmp_path / "table.parquet")
    assert written["cell"].unique().tolist() == [cell.name for cell in settings.cells]
    assert not (tmp_path / "state").exists()
