"""Effective rank of the covariance of per-sample gradients.

Gradients of the loss on the true answers, centred over the samples of a group. The covariance has the eigenvalues
of the centred Gram matrix, which is taken over all parameters; arXiv:2602.15997 used the first 50,000 only and notes
the bias, hence the ``leading`` variant beside it.
"""

from typing import Any

import numpy as np

from emergence.config.measures import GradientRank
from emergence.subjects.subject import Subject, row
from emergence.theory.spectrum import centred_gram, effective_rank_of_gram

LABEL = "gradient rank"
VARIANTS = ("rank", "rank/leading")
OPTIONS = {"samples": 64, "leading": 50_000, "every": 1}


def measure(
    subject: Subject[Any],
    rng: np.random.Generator,  # noqa: ARG001
    settings: GradientRank,
) -> list[dict[str, Any]]:
    """Effective rank of the gradient covariance of every group: over all parameters, and over the leading ones."""
    rows = []
    for group in subject.groups:
        products = subject.grams(group, settings.samples, settings.leading)
        for variant, gram in (("rank", products.full), ("rank/leading", products.leading)):
            rows.append(row(group, variant, float(effective_rank_of_gram(centred_gram(gram)))))
    return rows
