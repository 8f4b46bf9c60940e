"""Tables about tasks, behaviour and measures."""

from emergence.tables import LEVEL, RUN, Schema

BASELINES = Schema("baselines", {**LEVEL, "metric": "string", "value": "float64"})
"""Best input-blind guess of each metric on the evaluation set: the most frequent answer, or the entropy of answers."""

BEHAVIOUR = Schema("behaviour", {**RUN, "step": "int64", **LEVEL, "metric": "string", "value": "float64"})
"""What a model can do at each evaluation."""

MEASURE = Schema(
    "measure",
    {
        **RUN,
        "step": "int64",
        "task?": "string",
        "level?": "string",
        "layer?": "int64",
        "measure": "string",
        "variant": "string",
        "value?": "float64",
        "standard_error?": "float64",
    },
)
"""What is seen at one checkpoint; task, level and layer are null where the value is of the whole model.

A value is null where the estimator failed, and a row of its own says so.
"""

PLATEAU = Schema(
    "plateau",
    {
        **RUN,
        "step": "int64",
        "task?": "string",
        "level?": "string",
        "step_size": "float64",
        "n_beta": "float64",
        "localisation": "float64",
        "value?": "float64",
        "standard_error?": "float64",
        "rise?": "float64",
    },
)
"""Local learning coefficient under other settings of its sampler; null where a chain diverged.

``rise`` is the loss that the chains gain over the checkpoint's, in nats.
"""
