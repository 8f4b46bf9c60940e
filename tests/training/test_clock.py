"""Short runs of the clock: what is recorded is that of the model at each step."""

from typing import Any

import numpy as np
import pandas as pd
import pytest

from emergence.config import loading
from emergence.config.project import settings_for
from emergence.config.short_runs import ClockSettings
from emergence.io import tables
from emergence.schemas.interventions import CLOCK_RUNS
from emergence.training.clock import alike, of_cell, record_cells, train_clock
from emergence.training.lockstep import Lockstep
from emergence.training.schedule import checkpoint_steps, learning_rate


@pytest.fixture(scope="module")
def settings() -> ClockSettings:
    from support.project import tier_files

    whole: Any = settings_for(loading.read(*tier_files("smoke")), "train_clock", seed="1")["settings"]
    return whole.model_copy(update={"cells": whole.cells[:2]})


@pytest.fixture(scope="module")
def rows(settings: ClockSettings) -> pd.DataFrame:
    return record_cells(settings.cells[:1], settings)


@pytest.mark.long
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


def test_a_cell_that_diverges_ends_with_a_row_and_others_go_on(
    settings: ClockSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = Lockstep.step

    def step(self: Lockstep, number: int) -> None:
        plain(self, number)
        self.runs[0].diverged |= number == 3

    monkeypatch.setattr(Lockstep, "step", step)
    table = record_cells(settings.cells[:2], settings)
    broken, whole = (table[table["cell"] == cell.name] for cell in settings.cells[:2])
    assert (broken["quantity"].iloc[-1], broken["step"].max()) == ("diverged", 3)
    assert whole["step"].max() == settings.training.steps


def test_cells_of_one_size_and_tasks_train_together(default: loading.Config) -> None:
    cells = default.interventions.cells  # type: ignore[union-attr]
    groups = alike(cells)
    assert sorted(cell.name for group in groups for cell in group) == sorted(cell.name for cell in cells)
    for group in groups:
        assert len({(cell.size.layers, cell.size.width, *cell.tasks) for cell in group}) == 1
    assert len(groups) < len(cells) / 6


@pytest.mark.long
def test_a_stage_writes_all_cells_of_its_seed(settings: ClockSettings, tmp_path: Any) -> None:
    train_clock(settings, tmp_path / "table.parquet", tmp_path / "state")
    written = tables.read(CLOCK_RUNS, tmp_path / "table.parquet")
    assert set(written["cell"]) == {cell.name for cell in settings.cells}
    assert not (tmp_path / "state").exists()
