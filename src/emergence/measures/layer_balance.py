"""Squared weights of both layers of a two-layer network: a quantity that gradient flow conserves (arXiv:2404.17563).

For a ReLU neuron with incoming weights w_j, bias b_j and read-out v_j, gradient flow conserves v_j² − |w_j|² − b_j²,
as it does a_k² − |B_k|² in the multilinear model. From a small start the two layers therefore grow alike.
``difference`` is the sum of this over neurons, which is conserved as well, ``norm`` that of both parts, and
``imbalance`` the mean size of a neuron's difference over its mean norm, from 0 to 1. All are of weights alone: task and
level are null.
"""

from typing import Any

import numpy as np

from emergence.subjects.subject import MeasureError, Subject, row

LABEL = "balance of layers"
VARIANTS = ("difference", "norm", "imbalance")
OPTIONS = {"every": 1}
LAYERS = ("hidden.weight", "hidden.bias", "readout.weight")


def measure(subject: Subject[Any], rng: np.random.Generator, settings: Any) -> list[dict[str, Any]]:  # noqa: ARG001
    """Difference and sum of the squared weights before and behind the neurons of a two-layer network.

    Raises:
        MeasureError: if the model's weights are not named as those of such a network.
    """
    weights = subject.model.state_dict()
    if not weights.keys() >= set(LAYERS):
        raise MeasureError(
            f"{type(subject.model).__name__}: no two-layer network with weights {', '.join(LAYERS)}",
            "switch it off (measures: {layer_balance: null})",
        )
    incoming, bias, outgoing = (weights[name].double().cpu().numpy() for name in LAYERS)
    before, behind = (incoming**2).sum(axis=1) + bias**2, (outgoing**2).sum(axis=0)
    difference, norm = behind - before, behind + before
    return [
        row(None, "difference", float(difference.sum())),
        row(None, "norm", float(norm.sum())),
        row(None, "imbalance", float(np.abs(difference).sum() / norm.sum())),
    ]
