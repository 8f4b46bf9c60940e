"""Settings of the default tier, with shorter chains."""

import pytest

from emergence.config.calibration import Calibration, CalibrationSettings, LangevinLengths


@pytest.fixture(scope="session")
def calibration_settings() -> CalibrationSettings:
    lengths = LangevinLengths(copies=256, burn_in=1000, draws=400)
    values = {"deviations": 4.0, "relative": 0.1, "labels": 400, "signs": 400, "examples": 20000, "chains": lengths}
    return CalibrationSettings(calibration=Calibration(seed=505, **values), epsilon=1e-7)
