"""Errors of the calibration checks in units of their tolerances, which differ by orders of magnitude.

A check passes where the error of its estimate (table ``calibration``) is at most its tolerance, that is, where the
relative error lies between -1 and 1.
"""

import pandas as pd

from emergence.analysis.select import numbered


def errors_in_tolerances(calibration: pd.DataFrame) -> pd.DataFrame:
    """Relative errors, check by check.

    Args:
        calibration: Table ``calibration``.

    Returns:
        The checks, those of an estimator together and estimators in the order of their first checks. Columns ``value``,
        ``low`` and ``high`` are the error over the tolerance, and the same less and plus the standard error, where the
        estimate has one; ``number`` is that of the estimator.
    """
    value = calibration["error"] / calibration["tolerance"]
    spread = (calibration["standard_error"] / calibration["tolerance"]).fillna(0)
    rows = calibration.assign(value=value, low=value - spread, high=value + spread)
    return numbered(rows, ["estimator"]).sort_values("number", kind="stable", ignore_index=True)
