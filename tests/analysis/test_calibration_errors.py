"""Errors of checks in units of their tolerances."""

import numpy as np
import pandas as pd

from emergence.analysis.calibration_errors import errors_in_tolerances

CHECKS = pd.DataFrame(
    {
        "estimator": ["RankMe", "LLC", "RankMe"],
        "error": [0.2, -3.0, np.nan],
        "standard_error": [np.nan, 1.0, np.nan],
        "tolerance": [0.4, 2.0, 1.0],
    }
)


def test_errors_are_in_tolerances_and_checks_of_an_estimator_together() -> None:
    rows = errors_in_tolerances(CHECKS)
    assert rows["estimator"].tolist() == ["RankMe", "RankMe", "LLC"]
    assert rows["number"].tolist() == [0, 0, 1]
    ends = rows[["low", "value", "high"]].to_numpy()
    np.testing.assert_allclose(ends, [[0.5, 0.5, 0.5], [np.nan] * 3, [-2.0, -1.5, -1.0]])
