"""Tables of the phases that representations of language models pass."""

from emergence.tables import UNIT, Schema

PHASES = Schema(
    "phases",
    {
        **UNIT,
        "layer": "int64",
        "variant": "string",
        "initial": "float64",
        "floor": "float64",
        "floor_step": "float64",
        "peak": "float64",
        "peak_step": "float64",
        "final": "float64",
        "final_step": "float64",
        "collapse": "bool",
        "expansion": "bool",
        "compression": "bool",
        "in_order": "bool",
    },
)
"""RankMe's initial value, early floor, peak after it and last value of each curve, smoothed, and the phases between.

They follow one another by construction, so ``in_order`` says that all three are there.
"""

PHASE_SHARES = Schema(
    "phase_shares",
    {
        "groups": "string",
        "size": "string",
        "phase": "string",
        "count": "int64",
        "units": "int64",
        "share": "float64",
        "low": "float64",
        "high": "float64",
    },
)
"""Share of units whose last layer passes a phase, by size and over all, with exact intervals.

``groups`` are the ``probe sets``, where a unit is set x size and counts if most of its runs do, or the passages of
``text``, where a unit is a run.
"""
