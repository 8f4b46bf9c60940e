"""Tables of the language models: test items, and the phases of representations with their shares."""

from emergence.io.tables import UNIT, Schema

ITEMS = Schema(
    "items",
    {
        "probe": "string",
        "kind": "string",
        "pair": "int64",
        "prompt": "string",
        "right": "string",
        "wrong?": "string",
    },
)
"""Test items for language models: a prompt, and a right and a wrong continuation, each with its leading space.

Pairs are mirrored: the right continuation of one item is the wrong one of the other. Items of the probe ``text`` are
excerpts in two halves, each a pair of its own, without a wrong continuation.
"""

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
"""RankMe's initial value, early floor, later peak and final value of each smoothed curve, and the phases between them.

The phases follow one another by construction, so ``in_order`` says that all three are present.
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
"""Share of units whose last layer shows a phase, by size and over all, with exact intervals.

``groups`` are the ``probe sets``, where a unit is set × size and counts if most of its runs do, or the excerpts of
``text``, where a unit is a run.
"""
