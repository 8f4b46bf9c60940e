"""Tables of the runs: baselines and behaviour of the models, measures along training, calibration of the estimators."""

from emergence.io.tables import LEVEL, RUN, Schema

BASELINES = Schema("baselines", {**LEVEL, "metric": "string", "value": "float64"})
"""Best input-independent score of each metric on the evaluation set: the most frequent answer, or their entropy."""

BEHAVIOUR = Schema("behaviour", {**RUN, "step": "int64", **LEVEL, "metric": "string", "value": "float64"})
"""Value of each metric on each task-level at each evaluation."""

MEASURE = Schema(
    "measure",
    {
        **RUN,
        "step": "int64",
        "task?": "string",
        "level?": "string",
        "layer?": "int64",
        "measure": "string",
        "variant": "string",
        "value?": "float64",
        "standard_error?": "float64",
    },
)
"""Values of a measure at one checkpoint; task, level and layer are null where a value is of the whole model.

A value is null where the estimator failed.
"""

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
"""One row a check of an estimator against its exact value.

``error`` is estimate less exact value, null where the estimator failed; ``tolerance`` is absolute.
"""
