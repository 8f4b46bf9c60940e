"""Tables of Study 4 about pairs of language models, plain and with the collapse prevented."""

from emergence.io.tables import Schema

LANGUAGE_ARM_RUNS = Schema(
    "language_arm_runs",
    {
        "run": "string",
        "size": "string",
        "parameters": "int64",
        "seed": "int64",
        "arm": "string",
        "step": "int64",
        "quantity": "string",
        "value?": "float64",
    },
)
"""Paired language models along training, ``plain`` and ``prevent``: ``loss`` of the held-out passages, nats a token,
and ``rank``, RankMe (centred, σ) of the last layer's states on them; a row ``diverged`` ends a run."""

LANGUAGE_ARM_EFFECTS = Schema(
    "language_arm_effects",
    {
        "size": "string",
        "ratio?": "float64",
        "low?": "float64",
        "high?": "float64",
        "difference?": "float64",
        "difference_low?": "float64",
        "difference_high?": "float64",
        "pairs": "int64",
        "diverged": "int64",
        "loss?": "float64",
        "loss_against?": "float64",
        "lowest?": "float64",
        "lowest_against?": "float64",
    },
)
"""Runs whose collapse is prevented against plain ones, by size and over ``all``, with Student's intervals over pairs.

``ratio`` is that of the steps at which the two runs of a pair reach the higher of their final losses (geometric mean),
``difference`` that of the final losses in nats a token. ``loss`` and ``lowest``, the lowest rank over the initial one,
are means over the runs whose collapse is prevented, those ``_against`` over plain runs; ``diverged`` counts pairs of
which a run diverged, which are left out.
"""
