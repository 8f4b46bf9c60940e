"""The table of a comparison with the reference run."""

from emergence.tables import Schema

REPRODUCTION = Schema(
    "reproduction",
    {
        "of": "string",
        "name": "string",
        "kind": "string",
        "reference_verdict?": "string",
        "verdict?": "string",
        "reference?": "float64",
        "reference_low?": "float64",
        "reference_high?": "float64",
        "value?": "float64",
        "low?": "float64",
        "high?": "float64",
        "outcome": "string",
        "reason": "string",
    },
)
"""One row a claim or calibration check (``of``): what the reference run found, what this one did, and how they agree.

The outcome is ``same``, ``within sampling``, ``differs``, ``missing`` from this run or ``added`` by it. Null where a
run has no such value; of checks, the verdict is passed or failed, and there is no interval.
"""
