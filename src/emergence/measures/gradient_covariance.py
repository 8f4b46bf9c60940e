"""Effective rank of the covariance of per-sample gradients.

Gradients of the loss on the true answers, centred over the samples of a task-level. The covariance has the eigenvalues
of the centred Gram matrix, which is taken over all parameters; arXiv:2602.15997 used the first 50,000 only and notes
the bias, hence the ``leading`` variant beside it.
"""

from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from emergence.measures.gradients import gram, leading_gram, per_sample_gradients
from emergence.measures.probe import Probe
from emergence.measures.spectrum import centred_gram, effective_rank_of_gram
from emergence.models.transformer import Transformer
from emergence.settings.measures import GradientRank


def measure(
    model: Transformer,
    probe: Probe,
    rng: np.random.Generator,  # noqa: ARG001
    settings: GradientRank,
) -> list[dict[str, Any]]:
    """Effective rank of the gradient covariance of every task-level: over all parameters, and over the leading ones."""
    device = next(model.parameters()).device
    rows = []
    for level, sequences in probe.sequences.items():
        tokens = torch.from_numpy(sequences[: settings.samples]).to(device)
        answers = tokens[:, -level.answer_length :]

        def loss(logits: Tensor, answers: Tensor = answers) -> Tensor:
            return F.cross_entropy(logits.mT, answers, reduction="none").mean(dim=1)

        found = per_sample_gradients(model, tokens, level.answer_length, loss)
        values = {"rank": gram(found), "rank/leading": leading_gram(found, settings.leading)}
        whole = {"task": level.task, "level": level.level, "layer": None, "standard_error": None}
        rows += [
            {**whole, "variant": variant, "value": float(effective_rank_of_gram(centred_gram(products)))}
            for variant, products in values.items()
        ]
    return rows
