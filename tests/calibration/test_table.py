"""The table, and the figure drawn from it."""

from pathlib import Path
from types import SimpleNamespace

import pandas as pd
import pytest

from emergence import tables
from emergence.calibration import probes, spectra, table
from emergence.calibration.checks import Check
from emergence.figures import calibration as figure
from emergence.schemas.calibration import CALIBRATION
from emergence.settings.calibration import CalibrationSettings, FigureS2Settings

FAILED = Check("LLC", "diverged", "8 parameters", 4.0, float("nan"), 0.4, "10%")
FAR = Check("LLC", "far off", "8 parameters", 4.0, 40.0, 0.4, "10%", 0.1)


@pytest.fixture
def subjects(monkeypatch: pytest.MonkeyPatch) -> None:
    broken = SimpleNamespace(checks=lambda settings: iter([FAILED, FAR]))  # noqa: ARG005
    monkeypatch.setattr(table, "SUBJECTS", (spectra, probes, broken))


@pytest.mark.usefixtures("subjects")
def test_rows_follow_the_schema_and_failures_are_kept(
    calibration_settings: CalibrationSettings, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level("INFO"):
        table.make(calibration_settings, tmp_path / "c.parquet", tmp_path / "c.csv")
    found = tables.read(CALIBRATION, tmp_path / "c.parquet").set_index("oracle")
    assert found.loc["diverged", ["estimate", "error", "standard_error"]].isna().all()
    assert not found.loc["diverged", "passed"]
    assert found.loc["far off", "error"] == 36.0
    assert found["passed"].sum() == len(found) - 2
    assert "diverged" in caplog.text
    assert f"{len(found) - 2} of {len(found)} checks passed" in caplog.text
    assert pd.read_csv(tmp_path / "c.csv")["oracle"].tolist() == found.index.tolist()


@pytest.mark.usefixtures("subjects")
def test_the_same_settings_give_the_same_table(calibration_settings: CalibrationSettings) -> None:
    first, again = table.calibrate(calibration_settings), table.calibrate(calibration_settings)
    pd.testing.assert_frame_equal(first, again)
    seed = calibration_settings.calibration.model_copy(update={"seed": 1})
    other = table.calibrate(calibration_settings.model_copy(update={"calibration": seed}))
    assert (other["exact"] == first["exact"]).all()
    assert (other["estimate"] != first["estimate"]).sum() > 3


@pytest.mark.usefixtures("subjects")
def test_failures_are_drawn(calibration_settings: CalibrationSettings, tmp_path: Path) -> None:
    table.make(calibration_settings, tmp_path / "c.parquet", tmp_path / "c.csv")
    figure.make(FigureS2Settings(dpi=80), tmp_path / "c.parquet", tmp_path / "s2.pdf", tmp_path / "s2.png")
    assert (tmp_path / "s2.pdf").read_bytes().startswith(b"%PDF")
    assert (tmp_path / "s2.png").read_bytes().startswith(b"\x89PNG")
