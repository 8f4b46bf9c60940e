"""Multifractal estimators pass their checks, by their tolerances."""

import numpy as np

from emergence.calibration import multifractal
from emergence.settings.calibration import CalibrationSettings


def test_every_check_passes(calibration_settings: CalibrationSettings) -> None:
    found = list(multifractal.checks(calibration_settings))
    assert len(found) == 10
    assert [check.oracle for check in found if not check.passed] == []
    assert all(np.isfinite([check.exact, check.estimate, check.tolerance]).all() for check in found)
    assert len({(check.oracle, check.parameters) for check in found}) == len(found)
