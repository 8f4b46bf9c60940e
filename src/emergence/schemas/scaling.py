"""Tables of Study 2 that need no network: scaling laws, the models that theory solves, stage-like training."""

from emergence.tables import Schema

SCALING = Schema(
    "scaling",
    {
        "model": "string",
        "axis": "string",
        "quantity": "string",
        "alpha": "float64",
        "x": "float64",
        "value": "float64",
        "asymptote": "float64",
        "law?": "float64",
    },
)
"""Direct sums over n_s skills along an axis (time, data, width, compute), beside what theory says of them.

``quantity`` is the loss or, on the axis of compute, the best width. ``asymptote`` is the power law of infinitely many
skills, ``law`` the same less what n_s skills lack; null past the reach of the law.
"""

EXPONENTS = Schema(
    "exponents",
    {
        "model": "string",
        "axis": "string",
        "quantity": "string",
        "alpha": "float64",
        "expected": "float64",
        "slope?": "float64",
        "corrected?": "float64",
        "prefactor?": "float64",
        "low": "float64",
        "high": "float64",
        "points": "int64",
    },
)
"""Exponents of the direct sums between ``low`` and ``high``: as they are, and with what n_s skills lack added back.

``prefactor`` is that of the sums, so corrected, over that of the law (geometric mean); null where points are too few.
"""

MODELS = Schema(
    "models",
    {
        "model": "string",
        "slower": "int64",
        "samples?": "int64",
        "seed": "int64",
        "skill": "int64",
        "seen?": "int64",
        "step": "int64",
        "strength": "float64",
        "closed": "float64",
    },
)
"""R_k/S of the models trained by stochastic gradient descent, and of gradient flow in closed form.

``slower`` divides the networks' learning rate. ``samples`` is the size of the data set and ``seen`` the number of its
samples that ask for the skill; null where every step had fresh samples.
"""

PASSAGES = Schema(
    "passages",
    {
        "model": "string",
        "slower": "int64",
        "samples?": "int64",
        "seed": "int64",
        "skill": "int64",
        "share": "float64",
        "step?": "float64",
        "closed?": "float64",
    },
)
"""Step at which R_k/S passes a share, in training and in closed form; null where it does not."""

STAGES = Schema(
    "stages",
    {
        "source": "string",
        "skill": "int64",
        "ratio": "float64",
        "low?": "float64",
        "high?": "float64",
        "spread?": "float64",
    },
)
"""When skill k + 1 begins over when skill k (``skill``) has saturated: training is stage-like where that is above 1.

``source`` is ``network``, where both were measured, or one of the two models, with its spread: the time of saturation
of a skill over that of its beginning.
"""
