"""Tables of Study 3: neuron interaction networks over training, their nulls and baselines."""

from emergence.io.tables import RUN, Schema

DEGREE_OF_EMERGENCE = Schema(
    "degree_of_emergence",
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
standard errors over samples of nodes, null with a single sample. ``mean_weight`` is mean |w| of the trained network.
"""

SPECTRA = Schema(
    "spectra", {**RUN, "step": "int64", "network": "string", "q": "int64", "alpha?": "float64", "f?": "float64"}
)
"""Multifractal spectrum f(α) at integer moments q; null where no node survives the cut-offs."""

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
"""|E| without learning: from one untrained network of a size to another, over ordered pairs of runs.

``sampling`` is the standard error of E between two draws of the samples of nodes. Null for a single run, or sample.
"""

CAPABILITY = Schema(
    "capability",
    {**RUN, "step": "int64", "capability": "float64", "E?": "float64", "mean_weight?": "float64"},
)
"""Mean score over task-levels without the control, beside E and mean |w|, at the checkpoints that have both."""

BASELINE_COMPARISON = Schema("baseline_comparison", {**RUN, "quantity": "string", "value?": "float64"})
"""Quantities of each run that compare E with its baselines (`emergence.analysis.neuromfa.baselines`); or null."""

RUN_MEANS = Schema(
    "run_means",
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
"""Means of table ``baseline_comparison`` over runs with Student's intervals; study and size may be ``all``."""
