"""Linear probes: how much of the answer a linear read-out recovers from each layer.

A ridge classifier (one-hot least squares, closed form) reads every answer token from the residual stream at the equals
sign. Accuracy is that on held-out prompts: all examples of a prompt stand on one side, so that a small input space
cannot be learned by heart. Beside it the same probe trained on shuffled answers (``shuffled``), whose accuracy is what
guessing reaches.
"""

from itertools import groupby
from operator import attrgetter
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional as F

from emergence.config.measures import LinearProbe
from emergence.subjects.subject import MeasureError, Subject, group_name, row
from emergence.theory.spectrum import ROUNDING

LABEL = "linear probe"
VARIANTS = ("answer", "shuffled")
OPTIONS = {"ridge": 0.1, "every": 1}


def held_out(groups: NDArray[np.int64], rng: np.random.Generator) -> Tensor:
    """Which examples are held out (examples,): those of a random half of the groups."""
    names = np.unique(groups)
    chosen = rng.permutation(names)[: len(names) // 2]
    return torch.from_numpy(np.isin(groups, chosen))


def accuracy(x: Tensor, answers: Tensor, test: Tensor, ridge: float) -> Tensor:
    """Held-out accuracy of a ridge read-out of each answer token: (layers,), a mean over tokens.

    The penalty is ``ridge`` times the mean variance of a feature, so it does not depend on the scale of x. NaN where
    nothing is held out, since all examples have one prompt.

    Args:
        x: Representations (layers, examples, width), float64.
        answers: Token ids (examples, tokens).
        test: Whether an example is held out (examples,).
        ridge: Penalty over the mean variance of a feature.
    """
    answers = answers.unique(return_inverse=True)[1]  # only tokens that occur are classes
    targets, train = F.one_hot(answers).to(x.dtype), ~test
    mean, centre = x[:, train].mean(dim=1, keepdim=True), targets[train].mean(dim=0)
    seen = x[:, train] - mean
    constant = (seen**2).mean(dim=(1, 2)) <= ROUNDING**2 * (x[:, train] ** 2).mean(dim=(1, 2))
    seen = torch.where(constant[:, None, None], 0, seen)  # a constant representation reads the most frequent answer
    covariance = seen.mT @ seen / train.sum()
    variance = covariance.diagonal(dim1=1, dim2=2).mean(dim=1)
    scale = torch.where(variance > 0, variance, 1)
    penalty = ridge * scale[:, None, None] * torch.eye(x.shape[2], dtype=x.dtype, device=x.device)
    weights = torch.linalg.solve(covariance + penalty, seen.mT @ (targets[train] - centre).flatten(1) / train.sum())
    scores = ((x[:, test] - mean) @ weights).unflatten(2, targets.shape[1:]) + centre
    return (scores.argmax(dim=-1) == answers[test]).double().mean(dim=(1, 2))


def measure(subject: Subject[Any], rng: np.random.Generator, settings: LinearProbe) -> list[dict[str, Any]]:
    """Held-out accuracy of every layer, for every group of examples, beside the control of shuffled answers.

    Raises:
        MeasureError: if targets are not classes.
    """
    rows = []
    for group, representations in groupby(subject.representations(), key=attrgetter("group")):
        labels = subject.labels(group)
        targets = None if labels is None else labels.answers[:, (labels.answers >= 0).all(dim=0)]
        if labels is None or targets is None or targets.shape[1] == 0:
            raise MeasureError(
                f"{group_name(group)}: a linear probe needs classes; no target is a class in every example"
            )
        order = torch.from_numpy(rng.permutation(len(targets))).to(targets.device)
        test = held_out(labels.prompts.cpu().numpy(), rng).to(targets.device)
        parts = [part for part in representations if part.pooling == "answer"]
        for variant, answers in (("answer", targets), ("shuffled", targets[order])):
            values = [accuracy(part.values, answers, test, settings.ridge) for part in parts]
            layers = [layer for part in parts for layer in part.layers]
            pairs = zip(layers, torch.cat(values).tolist(), strict=True)
            rows += [row(group, variant, value, layer=layer) for layer, value in pairs]
    return rows
