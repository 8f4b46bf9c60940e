"""Settings of the default tier, with shorter chains."""

import pytest

from emergence.config.calibration import Calibration, CalibrationSettings, LangevinLengths
from emergence.config.measures import LocalLearning


@pytest.fixture(scope="session")
def calibration_settings() -> CalibrationSettings:
    lengths = LangevinLengths(copies=256, burn_in=1000, draws=400)
    values = {"deviations": 4.0, "relative": 0.1, "labels": 400, "signs": 400, "examples": 20000, "chains": lengths}
    chains = {"chains": 2, "burn_in": 10, "draws": 40, "pool": 64, "examples": 1, "step_size": 3e-5, "n_beta": 100.0}
    llc = LocalLearning(**chains, localisation=1e4, own=False, seed=404, every=10)
    return CalibrationSettings(calibration=Calibration(seed=505, **values), epsilon=1e-7, llc={"anatomy": llc})
