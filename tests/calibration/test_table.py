"""The table of all checks."""

from pathlib import Path

import pandas as pd
import pytest

from emergence.calibration import linear_probe, rankme, table
from emergence.config.calibration import CalibrationSettings
from emergence.io import tables
from emergence.measures import loss
from emergence.measures.checks import Check
from emergence.measures.declarations import MeasureDeclaration
from emergence.schemas.trajectories import CALIBRATION

FAILED = Check("LLC", "diverged", "8 parameters", 4.0, float("nan"), 0.4, "10%")
FAR = Check("LLC", "far off", "8 parameters", 4.0, 40.0, 0.4, "10%", 0.1)


@pytest.fixture
def few_estimators(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two estimators, and a measure that declares checks of its own, which fail."""
    monkeypatch.setattr(table, "ESTIMATORS", (rankme, linear_probe))
    monkeypatch.setattr(table, "declared", lambda: {"loss": MeasureDeclaration("loss", has_checks=True)})
    monkeypatch.setattr(loss, "checks", lambda settings: iter([FAILED, FAR]), raising=False)  # noqa: ARG005


@pytest.mark.usefixtures("few_estimators")
def test_rows_follow_the_schema_and_failures_are_kept(
    calibration_settings: CalibrationSettings, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level("INFO"):
        table.calibrate_estimators(calibration_settings, tmp_path / "c.parquet", tmp_path / "c.csv")
    rows = tables.read(CALIBRATION, tmp_path / "c.parquet").set_index("oracle")
    assert rows.loc["diverged", ["estimate", "error", "standard_error"]].isna().all()
    assert not rows.loc["diverged", "passed"]
    assert rows.loc["far off", "error"] == 36.0
    assert rows["passed"].sum() == len(rows) - 2
    assert "diverged" in caplog.text
    assert f"{len(rows) - 2} of {len(rows)} checks passed" in caplog.text
    assert pd.read_csv(tmp_path / "c.csv")["oracle"].tolist() == rows.index.tolist()


@pytest.mark.usefixtures("few_estimators")
def test_the_same_settings_give_the_same_table(calibration_settings: CalibrationSettings) -> None:
    first, again = table.calibrate(calibration_settings), table.calibrate(calibration_settings)
    pd.testing.assert_frame_equal(first, again)
    seed = calibration_settings.calibration.model_copy(update={"seed": 1})
    other = table.calibrate(calibration_settings.model_copy(update={"calibration": seed}))
    assert (other["exact"] == first["exact"]).all()
    assert (other["estimate"] != first["estimate"]).sum() > 3
