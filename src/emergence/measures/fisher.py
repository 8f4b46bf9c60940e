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

from emergence.measures.gradients import gram, leading_gram, per_sample_gradients
from emergence.measures.probe import Probe
from emergence.measures.spectrum import effective_rank_of_gram
from emergence.models.transformer import Transformer
from emergence.settings.measures import GradientRank


def scores(generator: torch.Generator) -> Any:
    """Loss whose gradient is the score: minus the log-likelihood of answers drawn from the model's own predictions."""

    def loss(logits: Tensor) -> Tensor:
        chances = logits.detach().softmax(dim=-1).cpu()
        drawn = torch.multinomial(chances.flatten(0, 1), 1, generator=generator).view(logits.shape[:2])
        return F.cross_entropy(logits.mT, drawn.to(logits.device), reduction="none").sum(dim=1)

    return loss


def measure(model: Transformer, probe: Probe, rng: np.random.Generator, settings: GradientRank) -> list[dict[str, Any]]:
    """Fisher effective rank of every task-level: over all parameters, and over the leading ones; and its trace."""
    generator = torch.Generator().manual_seed(int(rng.integers(2**63)))
    device = next(model.parameters()).device
    rows = []
    for level, sequences in probe.sequences.items():
        tokens = torch.from_numpy(sequences[: settings.samples]).to(device)
        found = per_sample_gradients(model, tokens, level.answer_length, scores(generator))
        products = gram(found)
        values = {
            "rank": effective_rank_of_gram(products),
            "rank/leading": effective_rank_of_gram(leading_gram(found, settings.leading)),
            "trace": products.diagonal().mean(),
        }
        whole = {"task": level.task, "level": level.level, "layer": None, "standard_error": None}
        rows += [{**whole, "variant": variant, "value": float(value)} for variant, value in values.items()]
    return rows
