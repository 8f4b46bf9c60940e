"""Tables about the limits of prediction: does geometry know the order in which task-levels emerge?"""

from emergence.tables import UNIT, Schema

ONSETS = Schema(
    "onsets",
    {
        **UNIT,
        "measure": "string",
        "floor?": "float64",
        "floor_step?": "float64",
        "early?": "float64",
        "onset_step?": "float64",
        "changepoint_step?": "float64",
    },
)
"""What a measure's curve of a task-level looks like, from its primary variant.

Its floor, its value at the end of the early phase, the start of its departure from the floor, its change-point; null
where it never departs or has no change-point, and all of them where the estimator never gave a value.
"""

LIMITS = Schema(
    "limits",
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
"""How well a feature of a measure orders the emergence of task-levels.

Each statistic has its interval over runs, the mean and central band of its null over task-levels, and two-sided p:
``p`` over task-levels, ``holm_p`` that corrected over measures and features, ``task_p`` over whole tasks. ``pairs`` are
the pairs of task-levels that have an order (of Spearman's correlation: the pairs of values). Null where there is
nothing to compare.
"""
