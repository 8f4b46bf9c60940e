"""Linear probes against scikit-learn: the same ridge on the same representations and halves, every layer and level."""

from collections.abc import Iterator
from functools import partial

import numpy as np
import torch
from anatomy import Setup, setups
from timing import Agreement, Case, Peer, Work
from torch import Tensor
from torch.nn import functional as F

from emergence.measures.linear_probe import accuracy, held_out

Task = tuple[Tensor, Tensor, Tensor]
"""Representations (layers, examples, width), answers (examples, tokens) and which examples are held out"""


def cases() -> Iterator[Case]:
    """At every size; representations are given."""
    for setup in setups():
        assert setup.measures.linear_probe is not None
        given, ridge = tasks(setup), setup.measures.linear_probe.ridge
        peer = Peer("scikit-learn", partial(sklearn, given, ridge))
        yield Case("linear probes, a checkpoint", setup.name, partial(ours, given, ridge), (peer,))


def tasks(setup: Setup) -> list[Task]:
    """What probes read at a checkpoint."""
    rng, subject, given = np.random.default_rng(0), setup.subject, []
    for part in subject.representations():
        if part.pooling == "answer":
            labels = subject.labels(part.group)
            given.append((part.values, labels.answers, held_out(labels.prompts.numpy(), rng)))
    return given


def ours(given: list[Task], ridge: float) -> Tensor:
    """Accuracies (levels, layers)."""
    return torch.stack([accuracy(*task, ridge) for task in given])


def sklearn(given: list[Task], ridge: float) -> tuple[Work, Agreement]:
    """The peer's."""
    from sklearn.linear_model import Ridge

    def of_layer(x: Tensor, answers: Tensor, test: Tensor) -> float:
        train, classes = ~test, answers.unique(return_inverse=True)[1]
        onehot, seen = F.one_hot(classes), x[train]
        variance = float(seen.var(dim=0, correction=0).mean())
        model = Ridge(alpha=ridge * variance * len(seen)).fit(seen.numpy(), onehot[train].flatten(1).numpy())
        scores = model.predict(x[test].numpy()).reshape(-1, *onehot.shape[1:])
        return float((scores.argmax(axis=-1) == classes[test].numpy()).mean())

    def work() -> Tensor:
        each = [[of_layer(x, answers, test) for x in layers] for layers, answers, test in given]
        return torch.tensor(each, dtype=torch.float64)

    return work, Agreement("accuracy", float((ours(given, ridge) - work()).abs().nan_to_num().max()), 1e-2)
