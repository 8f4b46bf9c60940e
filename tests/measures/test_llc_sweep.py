"""The sweep of the learning coefficient's settings: every choice at every share of the run, nothing else changed."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from emergence.config.anatomy import LLCSweep
from emergence.config.measures import LocalLearning
from emergence.io import tables
from emergence.measures.llc_sweep import LLCSweepSettings, grid, sweep_llc
from emergence.measures.run import MeasureSettings, measure_run
from emergence.schemas.anatomy import LLC_SWEEP
from emergence.schemas.trajectories import MEASURE

OPTIONS = LocalLearning(
    chains=2, burn_in=1, draws=3, pool=2, examples=1, step_size=1e-5, n_beta=100.0, localisation=10.0, own=True,
    seed=7, every=5,
)  # fmt: skip
GRID = LLCSweep(at=[0.0, 0.4, 1.0], step_sizes=[1e-6, 1e-5], localisations=[1.0, 10.0], n_betas=[10.0, 1000.0])
SETTINGS = LLCSweepSettings(options=OPTIONS, sweep=GRID, device="cpu")
VARIED = ["step_size", "localisation", "n_beta"]


@pytest.fixture
def table(trajectory: Path, probes: Path, tmp_path: Path) -> pd.DataFrame:
    sweep_llc(SETTINGS, trajectory, probes, tmp_path / "llc_sweep.parquet", tmp_path / "state")
    return tables.read(LLC_SWEEP, tmp_path / "llc_sweep.parquet")


def test_choices_change_one_plane_and_one_line() -> None:
    choices = [(choice.step_size, choice.localisation, choice.n_beta) for choice in grid(SETTINGS)]
    plane = {(step, pull, 100.0) for step in (1e-6, 1e-5) for pull in (1.0, 10.0)}
    assert set(choices) == plane | {(1e-5, 10.0, 10.0), (1e-5, 10.0, 1000.0)}
    assert len(choices) == 6
    rest = [choice.model_dump(exclude=set(VARIED)) for choice in grid(SETTINGS)]
    assert rest == [OPTIONS.model_dump(exclude=set(VARIED))] * 6


@pytest.mark.long
def test_every_choice_at_every_share_of_the_run(table: pd.DataFrame) -> None:
    """Of checkpoints 0, 1, 2, 6, 10 and 12 the first, the third and the last; the mixture and every task-level."""
    assert set(table["step"]) == {0, 2, 12}
    sizes = table.groupby(["step", *VARIED]).size()
    assert len(sizes) == 3 * 6
    assert set(sizes) == {1 + 3}
    assert table.groupby("step")["task"].apply(lambda task: task.isna().sum()).to_dict() == dict.fromkeys((0, 2, 12), 6)
    assert set(table["run"]) == {"2x8-s3"}


@pytest.mark.long
def test_the_rise_is_the_loss_that_was_gained(table: pd.DataFrame) -> None:
    np.testing.assert_allclose(table["rise"] * table["n_beta"], table["value"])
    assert table["value"].notna().all()


@pytest.mark.long
def test_the_choice_configured_is_what_is_followed(
    table: pd.DataFrame, trajectory: Path, probes: Path, tmp_path: Path
) -> None:
    """At the same checkpoint, with the same draws."""
    every = MeasureSettings(measure="llc", options=OPTIONS.model_copy(update={"every": 1}), device="cpu")
    measure_run(every, trajectory, probes, tmp_path / "llc.parquet", tmp_path / "state")
    rows = tables.read(MEASURE, tmp_path / "llc.parquet").query("variant == 'mixture' and step == 12")
    configured = {name: getattr(OPTIONS, name) for name in VARIED}
    same = table[(table[VARIED] == list(configured.values())).all(axis=1) & (table["step"] == 12)]
    assert same["value"].tolist() == rows["value"].tolist()
    assert same["standard_error"].tolist() == rows["standard_error"].tolist()


def test_chains_that_diverge_are_null_and_the_rest_is_not(trajectory: Path, probes: Path, tmp_path: Path) -> None:
    wild = SETTINGS.model_copy(update={"sweep": GRID.model_copy(update={"at": [1.0], "step_sizes": [1e-6, 1e30]})})
    sweep_llc(wild, trajectory, probes, tmp_path / "llc_sweep.parquet", tmp_path / "state")
    rows = tables.read(LLC_SWEEP, tmp_path / "llc_sweep.parquet")
    assert rows.groupby("step_size")["value"].apply(lambda value: value.isna().all()).to_dict() == {
        1e-6: False, 1e-5: False, 1e30: True,
    }  # fmt: skip
    assert rows["rise"].isna().equals(rows["value"].isna())
