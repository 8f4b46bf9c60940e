"""Linear probes: how much of the answer a linear read-out finds in each layer, before and after it is behaved.

A ridge classifier (one-hot least squares, closed form) reads every answer token from the residual stream at the equals
sign. Accuracy is that on held-out prompts: all examples of a prompt stand on one side, so that a small input space
cannot be learned by heart. Beside it the same probe trained on shuffled answers (``shuffled``), whose accuracy is what
guessing reaches.
"""

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional as F

from emergence.measures.probe import Probe, representations
from emergence.models.transformer import Transformer
from emergence.settings.measures import LinearProbe
from emergence.tasks import vocabulary


def held_out(groups: NDArray[np.int64], rng: np.random.Generator) -> Tensor:
    """Which examples are held out (examples,): those of a random half of the groups."""
    names = np.unique(groups)
    chosen = rng.permutation(names)[: len(names) // 2]
    return torch.from_numpy(np.isin(groups, chosen))


def accuracy(x: Tensor, answers: Tensor, test: Tensor, ridge: float) -> Tensor:
    """Held-out accuracy of a ridge read-out of each answer token: (layers,), a mean over tokens.

    ``x`` is (layers, examples, width), float64; ``answers`` (examples, tokens) of token ids; ``test`` (examples,) of
    bool. The penalty is ``ridge`` times the mean variance of a feature, so it does not depend on the scale of x.
    """
    targets = F.one_hot(answers, vocabulary.SIZE).to(x.dtype)
    train = ~test
    mean, centre = x[:, train].mean(dim=1, keepdim=True), targets[train].mean(dim=0)
    seen = x[:, train] - mean
    covariance = seen.mT @ seen / train.sum()
    variance = covariance.diagonal(dim1=1, dim2=2).mean(dim=1)
    scale = torch.where(variance > 0, variance, 1)  # a constant representation reads the most frequent answer
    penalty = ridge * scale[:, None, None] * torch.eye(x.shape[2], dtype=x.dtype, device=x.device)
    weights = torch.linalg.solve(covariance + penalty, seen.mT @ (targets[train] - centre).flatten(1) / train.sum())
    scores = ((x[:, test] - mean) @ weights).unflatten(2, targets.shape[1:]) + centre
    return (scores.argmax(dim=-1) == answers[test]).double().mean(dim=(1, 2))


def measure(model: Transformer, probe: Probe, rng: np.random.Generator, settings: LinearProbe) -> list[dict[str, Any]]:
    """Held-out accuracy after every block, for every task-level, beside the control of shuffled answers."""
    rows = []
    for index, (level, pooled) in enumerate(representations(model, probe)):
        x, groups = pooled["answer"], probe.prompts.examples[index]
        answers = torch.from_numpy(probe.sequences[level][:, level.prompt_length :]).to(x.device)
        order = torch.from_numpy(rng.permutation(len(answers))).to(x.device)
        test = held_out(groups, rng).to(x.device)
        for variant, labels in (("answer", answers), ("shuffled", answers[order])):
            rows += [
                {
                    "task": level.task,
                    "level": level.level,
                    "layer": layer,
                    "variant": variant,
                    "value": value,
                    "standard_error": None,
                }
                for layer, value in enumerate(accuracy(x, labels, test, settings.ridge).tolist(), start=1)
            ]
    return rows
