"""Tables of Study 1 alone: floors, prediction of the order of emergence, detector validity, sensitivity."""

from emergence.io.tables import RUN, UNIT, Schema

FLOORS = Schema(
    "floors",
    {
        "quantity": "string",
        "task": "string",
        "method": "string",
        "mean": "float64",
        "mean_low?": "float64",
        "mean_high?": "float64",
        "slope?": "float64",
        "low?": "float64",
        "high?": "float64",
        "equivalence_p?": "float64",
        "runs": "int64",
    },
)
"""Geometric mean of floors, initial values and depths, and their slope on log10 parameters; null where undefined."""

SIZE_SLOPES = Schema(
    "size_slopes",
    {
        "over": "string",
        "quantity": "string",
        "slope?": "float64",
        "low?": "float64",
        "high?": "float64",
        "groups": "int64",
        "runs": "int64",
    },
)
"""Slopes of log10 floor, initial value and depth on log10 ``width`` or ``layers`` among sizes that agree in the other,
with Student's interval over runs; null where no two sizes do. ``groups`` counts the values of the other."""

ORDER_PREDICTION = Schema(
    "order_prediction",
    {
        "measure": "string",
        "feature": "string",
        "statistic": "string",
        "classes": "string",
        "pairs_of": "string",
        "size": "string",
        "value?": "float64",
        "low?": "float64",
        "high?": "float64",
        "null?": "float64",
        "null_low?": "float64",
        "null_high?": "float64",
        "p?": "float64",
        "task_p?": "float64",
        "holm_p?": "float64",
        "pairs": "int64",
        "runs": "int64",
    },
)
"""How well a feature of a measure predicts the order in which task-levels emerge.

Each statistic has its interval over runs, the mean and central band of its null over task-levels, and two-sided p:
``p`` over task-levels, ``holm_p`` corrected over measures and features, ``task_p`` over whole tasks. ``pairs`` counts
the pairs of task-levels that have an order (for Spearman's correlation, the pairs of values). Null where there is
nothing to compare.
"""

DETECTOR_VALIDITY = Schema(
    "detector_validity",
    {
        "detector": "string",
        "scenario": "string",
        "width?": "float64",
        "level?": "float64",
        "noise_kind": "string",
        "noise": "float64",
        "observed": "bool",
        "spacing": "int64",
        "trials": "int64",
        "recall?": "float64",
        "recall_low?": "float64",
        "recall_high?": "float64",
        "false_positives?": "float64",
        "false_positives_low?": "float64",
        "false_positives_high?": "float64",
        "error_median?": "float64",
        "error_90?": "float64",
        "bias?": "float64",
    },
)
"""Performance of each detector on synthetic curves: a transition of a width, or none (flat at a level, or drift to it).

``noise`` is the standard deviation at a score of one half. It is ``observed`` where each curve draws its noise from the
run's own transitions; where ``width`` is null, each draws its width from them as well. Timing errors are absolute
(median and 90 % quantile), ``bias`` is the signed median (late is positive); all in checkpoints of the spacing.
"""

DETECTIONS = Schema("detections", {**UNIT, "metric": "string", "detector": "string", "step?": "float64"})
"""Step at which each detector dates the emergence of each score curve; null without an event."""

SENSITIVITY = Schema(
    "sensitivity",
    {
        "factor": "string",
        "value": "string",
        "quantity": "string",
        "estimate?": "float64",
        "low?": "float64",
        "high?": "float64",
    },
)
"""Floors and precursor rates of RankMe when one setting (``factor``) takes another value."""

LLC_SWEEP = Schema(
    "llc_sweep",
    {
        **RUN,
        "step": "int64",
        "task?": "string",
        "level?": "string",
        "step_size": "float64",
        "n_beta": "float64",
        "localisation": "float64",
        "value?": "float64",
        "standard_error?": "float64",
        "rise?": "float64",
    },
)
"""Local learning coefficient at other settings of its sampler; null where a chain diverged.

``rise`` is the mean loss of the chains less that of the checkpoint, in nats.
"""
