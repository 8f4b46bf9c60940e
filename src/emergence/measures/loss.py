"""The task's own loss, the baseline for signals of geometry.

In ``nats``, a mean over answer tokens of the probe set; and as what is ``known`` of the answer: 1 − loss / entropy of
the best input-independent guess, the marginal distribution of each answer position over the same answers. So it is 0
at that guess, 1 when perfect, negative for a model that does worse (as at the start), and null where all answers are
the same.
"""

from typing import Any

import numpy as np
import torch
from torch import Tensor

from emergence.config.measures import TaskLoss
from emergence.subjects.subject import Subject, row

LABEL = "own loss"
VARIANTS = ("nats", "known", "own")


def blind_loss(answers: Tensor) -> float:
    """Loss, nats per token, of the best input-independent guess of answers (examples, tokens); below 0 are no tokens.

    >>> round(blind_loss(torch.tensor([[0, 7], [1, 7]])), 4)  # ln 2 for the first token, 0 for the second
    0.3466
    """
    tokens = [column[column >= 0] for column in answers.T]
    counts = [column.unique(return_counts=True)[1].double() for column in tokens]
    total = sum(float((count * (count.sum() / count).log()).sum()) for count in counts)
    return total / sum(len(column) for column in tokens)


@torch.no_grad()
def measure(subject: Subject[Any], rng: np.random.Generator, settings: TaskLoss) -> list[dict[str, Any]]:  # noqa: ARG001
    """Loss of every group of examples; where targets are not classes, only its mean, as variant ``own``."""
    rows = []
    for group, each in zip(subject.groups, subject.losses(subject.groups, settings.samples), strict=True):
        loss, labels = float(each.double().mean()), subject.labels(group)
        if labels is None:
            rows.append(row(group, "own", loss))
            continue
        blind = blind_loss(labels.answers[: settings.samples])
        rows += [row(group, "nats", loss), row(group, "known", 1 - loss / blind if blind > 0 else np.nan)]
    return rows
