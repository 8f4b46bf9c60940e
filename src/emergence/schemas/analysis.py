"""Tables that the analysis writes and figures read."""

from emergence.tables import UNIT, Schema

EVENTS = Schema(
    "events",
    {
        **UNIT,
        "metric": "string",
        "emerged": "bool",
        "step?": "float64",
        "step_before?": "float64",
        "step_after?": "float64",
        "width?": "float64",
        "final_score": "float64",
    },
)
"""First persistent passage of a score; ``step`` is interpolated between the evaluations before and after."""

SCORES = Schema("scores", {**UNIT, "metric": "string", "step": "int64", "score": "float64"})
"""Behaviour on one scale: 0 at the best input-blind guess, 1 when perfect."""

COLLAPSE = Schema(
    "collapse",
    {
        **UNIT,
        "layer": "int64",
        "measure": "string",
        "variant": "string",
        "initial": "float64",
        "floor": "float64",
        "floor_step": "float64",
        "depth": "float64",
        "collapse_step?": "float64",
        "onset_step?": "float64",
    },
)
"""Early collapse of each curve, its depth as a share of the initial value, and the onset of recovery."""

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

DIRECTION = Schema(
    "direction",
    {
        "task": "string",
        "size": "string",
        "parameters": "int64",
        "layer": "int64",
        "collapse_step?": "float64",
        "low?": "float64",
        "high?": "float64",
        "last_first": "bool",
        "downward": "bool",
    },
)
"""Median and quartiles of the collapse step of each task x size x layer, and what they say of the unit."""

TOP_DOWN = Schema(
    "top_down",
    {
        "size": "string",
        "statistic": "string",
        "count": "int64",
        "units": "int64",
        "share": "float64",
        "low": "float64",
        "high": "float64",
        "chance": "float64",
    },
)
"""Share of task x size units whose last layer is first, or whose collapse step decreases with depth."""

LEADS = Schema(
    "leads",
    {
        **UNIT,
        "measure": "string",
        "metric": "string",
        "definition": "string",
        "family": "string",
        "other_seeds?": "string",
        "event_step": "float64",
        "lead?": "float64",
        "margin": "float64",
        "relation": "string",
        "shift": "float64",
        "placebo, family?": "float64",
        "placebo, other_seeds?": "float64",
        "control?": "float64",
        "random?": "float64",
        "own score": "float64",
    },
)
"""Each event against a measure by each definition: lead and margin in checkpoints, chance of leading under each null.

Difficulty is told apart by family and by the runs of other seeds. With a single task there is no placebo, without a
control task no control; a cross-correlation has no time to hold against random ones.
"""

NULL_LEADS = Schema(
    "null_leads",
    {
        **UNIT,
        "measure": "string",
        "metric": "string",
        "definition": "string",
        "family": "string",
        "other_seeds?": "string",
        "event_step": "float64",
        "null": "string",
        "quantile": "float64",
        "lead": "float64",
    },
)
"""Deciles of the leads that an event has under each null that has any."""

PRECURSORS = Schema(
    "precursors",
    {
        "measure": "string",
        "metric": "string",
        "definition": "string",
        "classes": "string",
        "difficulty": "string",
        "size": "string",
        "control": "string",
        "events": "int64",
        "runs": "int64",
        "rate?": "float64",
        "low?": "float64",
        "high?": "float64",
        "naive_low?": "float64",
        "naive_high?": "float64",
        "excess?": "float64",
        "excess_low?": "float64",
        "excess_high?": "float64",
        "p?": "float64",
        "holm_p?": "float64",
    },
)
"""Share of events that a measure leads, the same under each null, and the excess of the one over the other.

``p`` is that of no excess (one-sided, by the signs of whole runs), ``holm_p`` corrected over the family in config.
"""

HIERARCHY = Schema(
    "hierarchy",
    {
        "measure": "string",
        "metric": "string",
        "definition": "string",
        "classes": "string",
        "difficulty": "string",
        "size": "string",
        "relation": "string",
        "count": "int64",
        "events": "int64",
        "runs": "int64",
        "share": "float64",
        "low?": "float64",
        "high?": "float64",
    },
)
"""Share of events that a measure leads, keeps pace with, lags, or has no time for; intervals over runs."""

CONFIGURED = "as configured"
"""The factor of the first rows of tables in which one setting changes at a time."""

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
"""Floors and precursor rates of RankMe when one setting (factor) takes another value."""

STABILITY = Schema(
    "stability",
    {
        "claim": "string",
        "factor": "string",
        "setting": "string",
        "value?": "float64",
        "low?": "float64",
        "high?": "float64",
        "verdict": "string",
        "changed": "bool",
    },
)
"""Claims judged again, first as configured and then when one setting (factor) takes another value.

``changed``: the alternative changes what the claim rests on, be it by little; others do not touch it.
"""

CLAIMS = Schema(
    "claims",
    {
        "claim": "string",
        "study": "string",
        "statement": "string",
        "published": "string",
        "value?": "float64",
        "low?": "float64",
        "high?": "float64",
        "interval": "string",
        "control": "string",
        "verdict": "string",
        "stability": "string",
        "power": "string",
        "rule": "string",
    },
)
"""Published claims with this run's evidence, the control beside it, the verdict and its rule.

``stability`` says how the verdict fares under other settings; it is filled where the claims of all studies are joined,
and empty where nothing of the grid touches a claim. ``power`` says of an undecided claim what it would take to decide
it, or how likely this run was to.
"""
