"""Effective rank of the covariance of per-sample gradients.

Gradients of the loss on the true answers, centred over the samples of a group. The covariance has the eigenvalues
of the centred Gram matrix, which is taken over all parameters; arXiv:2602.15997 used the first 50,000 only and notes
the bias, hence the ``leading`` variant beside it.
"""

from typing import Any

import numpy as np

from emergence.measures.spectrum import centred_gram, effective_rank_of_gram
from emergence.measures.subject import Subject, row
from emergence.settings.measures import GradientRank


def measure(
    subject: Subject[Any],
    rng: np.random.Generator,  # noqa: ARG001
    settings: GradientRank,
) -> list[dict[str, Any]]:
    """Effective rank of the gradient covariance of every group: over all parameters, and over the leading ones."""
    rows = []
    for group in subject.groups:
        products = subject.grams(group, settings.samples, settings.leading)
        for variant, gram in (("rank", products.whole), ("rank/leading", products.leading)):
            rows.append(row(group, variant, float(effective_rank_of_gram(centred_gram(gram)))))
    return rows
