"""Tables of Study 3: networks of neurons over training, their nulls and their rivals."""

from emergence.tables import RUN, Schema

DEGREE = Schema(
    "degree",
    {
        **RUN,
        "step": "int64",
        "network": "string",
        "alpha_0?": "float64",
        "alpha_0_error?": "float64",
        "width?": "float64",
        "width_error?": "float64",
        "fall?": "float64",
        "widening?": "float64",
        "E?": "float64",
        "E_error?": "float64",
        "fit?": "float64",
        "survivors?": "float64",
        "mean_weight?": "float64",
    },
)
"""Degree of emergence of each network (trained, or one of its nulls) at each checkpoint: E = widening × fall.

``fall`` is ln[α₀(0)/α₀(t)], ``widening`` w(t)/w(0). Null where no node survives the cut-offs, at t or at 0; errors are
standard errors over samples of nodes, null with a single sample. ``mean_weight`` is mean |w|, of the trained alone.
"""

SPECTRA = Schema(
    "spectra", {**RUN, "step": "int64", "network": "string", "q": "int64", "alpha?": "float64", "f?": "float64"}
)
"""Multifractal spectrum f(α) at whole moments q; null where no node survives the cut-offs."""

UNTRAINED = Schema(
    "untrained",
    {
        "study": "string",
        "size": "string",
        "network": "string",
        "runs": "int64",
        "pairs": "int64",
        "mean?": "float64",
        "largest?": "float64",
        "sampling?": "float64",
    },
)
"""|E| where nothing was learned: from one untrained network of a size to another, over ordered pairs of runs.

``sampling`` is the standard error of E between two draws of the samples of nodes. Null with a single run, or sample.
"""

CAPABILITY = Schema(
    "capability",
    {**RUN, "step": "int64", "capability": "float64", "E?": "float64", "mean_weight?": "float64"},
)
"""Mean score over task-levels, the control left out, beside E and mean |w| at the checkpoints that have both."""

RIVALS = Schema("rivals", {**RUN, "quantity": "string", "value?": "float64"})
"""What each run says of E and its rivals (see `emergence.analysis.multifractal.rivals`); null where undefined."""

OVER_RUNS = Schema(
    "over_runs",
    {
        "study": "string",
        "size": "string",
        "quantity": "string",
        "value?": "float64",
        "low?": "float64",
        "high?": "float64",
        "runs": "int64",
    },
)
"""Means of table ``rivals`` with Student's intervals over the runs that have a value; study and size may be ``all``."""
