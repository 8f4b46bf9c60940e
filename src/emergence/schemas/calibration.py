"""The table of estimators against exact values."""

from emergence.tables import Schema

CALIBRATION = Schema(
    "calibration",
    {
        "estimator": "string",
        "oracle": "string",
        "parameters": "string",
        "exact": "float64",
        "estimate?": "float64",
        "standard_error?": "float64",
        "error?": "float64",
        "tolerance": "float64",
        "reason": "string",
        "passed": "bool",
    },
)
"""One row a check: error is estimate less exact value, null where the estimator failed; the tolerance is absolute."""
