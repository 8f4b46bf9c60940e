"""Tables of Study 2: networks on multitask sparse parity, beside what theory says of them."""

from emergence.tables import Schema

SWEEP = Schema(
    "sweep",
    {
        "sweep": "string",
        "seed": "int64",
        "width": "int64",
        "samples?": "int64",
        "step": "int64",
        "skill": "int64",
        "strength": "float64",
        "loss": "float64",
    },
)
"""Strength R_k/S and loss of each skill (from 1, the most frequent) of networks along their training.

``samples`` is the size of the data set, null where every step had fresh ones. The loss is ½·MSE or the cross-entropy
in nats, whatever was descended.
"""

CONSTANTS = Schema(
    "constants",
    {
        "constant": "string",
        "law": "string",
        "published": "float64",
        "value?": "float64",
        "low?": "float64",
        "high?": "float64",
        "residual?": "float64",
        "seeds": "int64",
        "reason?": "string",
    },
)
"""B², D_c (by either data law) and N_c from networks with one skill; null, with the reason, where none fits.

The interval is over seeds; ``residual`` is the root mean square of R/S about the fit.
"""

CURVES = Schema(
    "curves",
    {
        "axis": "string",
        "skill": "int64",
        "x": "float64",
        "source": "string",
        "law?": "string",
        "strength": "float64",
        "spread?": "float64",
        "seeds?": "int64",
    },
)
"""R_k/S over time (steps), data (samples D) or width.

``source`` is ``network`` (mean and s.d. over seeds), or theory with constants that are ``fitted`` or ``published``.
"""

CROSSINGS = Schema(
    "crossings",
    {
        "axis": "string",
        "skill": "int64",
        "share": "float64",
        "source": "string",
        "law?": "string",
        "value?": "float64",
        "low?": "float64",
        "high?": "float64",
        "ratio?": "float64",
        "ratio_low?": "float64",
        "ratio_high?": "float64",
        "seeds?": "int64",
        "reached?": "int64",
    },
)
"""Where R_k/S passes a share on an axis, by sources as in ``curves``; null where it does not.

Of networks, where the mean curve over seeds does, with an interval over seeds, and how many curves of single seeds do;
of theory with fitted constants, the interval is that of the constant. ``ratio`` is that to the first skill's.
"""

DEVIATIONS = Schema(
    "deviations",
    {
        "axis": "string",
        "source": "string",
        "law": "string",
        "value": "float64",
        "low?": "float64",
        "high?": "float64",
        "seeds": "int64",
    },
)
"""Root mean square of networks' mean R/S about each law, over all skills and points, with its interval over seeds."""

ENTROPY = Schema("entropy", {"seed": "int64", "step": "int64", "loss": "float64", "infinite": "float64"})
"""Cross-entropy in nats over all skills; ``infinite`` adds what ever more skills would cost that nobody has learned."""

ENTROPY_SLOPES = Schema(
    "entropy_slopes",
    {
        "predicted": "float64",
        "published": "float64",
        "value?": "float64",
        "low?": "float64",
        "high?": "float64",
        "start?": "float64",
        "end?": "float64",
        "seeds": "int64",
    },
)
"""Logarithmic slope of ``infinite`` over time between two steps, with an interval over seeds.

Beside it the published one, and what the theory of squared errors says.
"""
