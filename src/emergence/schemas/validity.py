"""Tables about the detectors of events."""

from emergence.tables import UNIT, Schema

VALIDITY = Schema(
    "validity",
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
"""What a detector makes of planted curves: a transition of a width, or none (flat at a level, or drift to it).

``noise`` is the standard deviation of a score of one half. It is ``observed`` where each curve draws its noise from
that of the run's own transitions; with a null width each draws its width from theirs as well. Errors of time are
absolute, their median and 90 % quantile; bias is the median with its sign (late is positive); all in checkpoints of the
spacing.
"""

DETECTIONS = Schema("detections", {**UNIT, "metric": "string", "detector": "string", "step?": "float64"})
"""Step at which each detector sees each real curve emerge; null where it sees no event."""
