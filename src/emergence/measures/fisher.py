"""Effective rank of the Fisher information.

The true Fisher: score vectors of answers drawn from the model itself, each token given the true tokens before it. Its
non-zero eigenvalues are those of the samples x samples Gram matrix of the scores, so the effective rank (exponential
of the entropy of the normalised eigenvalues; Roy & Vetterli 2007) needs no matrix over parameters.
"""

from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from emergence.config.measures import GradientRank
from emergence.subjects.subject import Loss, NotFiniteError, Subject, row
from emergence.theory.spectrum import effective_rank_of_gram

LABEL = "Fisher rank"
VARIANTS = ("rank", "rank/leading", "trace")
OPTIONS = {"samples": 64, "leading": 50_000, "every": 1}


def scores(generator: torch.Generator) -> Loss:
    """Loss whose gradient is the score: minus the log-likelihood of answers drawn from the model's own predictions."""

    def loss(logits: Tensor) -> Tensor:
        chances = logits.detach().softmax(dim=-1).cpu()
        if not chances.isfinite().all():
            raise NotFiniteError("a prediction is not finite", "measure an earlier checkpoint")
        drawn = torch.multinomial(chances.flatten(0, 1), 1, generator=generator).view(logits.shape[:2])
        return F.cross_entropy(logits.mT, drawn.to(logits.device), reduction="none").sum(dim=1)

    return loss


def measure(subject: Subject[Any], rng: np.random.Generator, settings: GradientRank) -> list[dict[str, Any]]:
    """Effective rank of every group's Fisher information, over all and over the leading parameters; and its trace."""
    generator = torch.Generator().manual_seed(int(rng.integers(2**63)))
    rows = []
    for group in subject.groups:
        products = subject.grams(group, settings.samples, settings.leading, scores(generator))
        rows += [
            row(group, "rank", float(effective_rank_of_gram(products.full))),
            row(group, "rank/leading", float(effective_rank_of_gram(products.leading))),
            row(group, "trace", float(products.full.diagonal().mean())),
        ]
    return rows
