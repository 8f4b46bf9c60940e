"""Tables of the power law of emergence times, over three kinds of network."""

from emergence.tables import Schema

EMERGENCES = Schema(
    "emergences",
    {
        "network": "string",
        "share": "float64",
        "skill": "int64",
        "frequency": "float64",
        "value?": "float64",
        "low?": "float64",
        "high?": "float64",
        "earliest?": "float64",
        "reached": "int64",
        "seeds": "int64",
        "until": "float64",
    },
)
"""Steps at which R_k/S first passes a share: geometric mean over seeds with Student's interval.

Null where not all seeds pass it by the last step, ``until``, which is then a lower bound of the others; ``earliest``
is the first of the ``reached``.
"""

POWERS = Schema(
    "powers",
    {
        "network": "string",
        "share": "float64",
        "against": "string",
        "expected": "float64",
        "slope?": "float64",
        "low?": "float64",
        "high?": "float64",
        "scale?": "float64",
        "fitted": "int64",
        "skills": "int64",
        "seeds": "int64",
        "censored": "int64",
    },
)
"""Slope of log emergence time on log k or log 1/P_k: mean over seeds with Student's interval.

Fitted to the skills that emerged in every seed, so that the slow seeds of a late skill are not left out; null where
these are fewer than the minimum. ``censored`` counts the pairs of skill and seed that had not emerged by the last step.
``scale`` (steps) is that of the line with the expected slope, scale · x^expected, nearest to the same skills.
"""
