"""Gram matrices of per-sample gradients against torch.func: ``vmap(grad)``, then products of what it gives."""

from collections.abc import Iterator
from functools import partial
from typing import Any

import torch
from anatomy import Setup, setups
from plain import Plain
from timing import Agreement, Case, Peer, Work
from torch import Tensor
from torch.func import functional_call, grad, vmap
from torch.nn import functional as F

from emergence.config.measures import GradientRank
from emergence.subjects.subject import Grams
from emergence.tasks import TaskLevel


def cases() -> Iterator[Case]:
    """Of all task-levels, at every size: over all parameters, and over the leading ones."""
    for setup in setups():
        ours, peer = partial(grams, setup), Peer("torch.func", partial(functional, setup))
        yield Case("gradient Grams, a checkpoint", setup.name, ours, (peer,))


def options(setup: Setup) -> GradientRank:
    assert setup.measures.gradient_covariance is not None
    return setup.measures.gradient_covariance


def grams(setup: Setup) -> list[Grams]:
    """Ours."""
    asked = options(setup)
    return [setup.subject.grams(level, asked.samples, asked.leading) for level in setup.subject.groups]


def functional(setup: Setup) -> tuple[Work, Agreement]:
    """The peer's."""
    model, asked = Plain(setup, fused=False), options(setup)
    weights = {name: weight.detach() for name, weight in model.named_parameters()}

    def of_level(level: TaskLevel) -> Grams:
        tokens = torch.from_numpy(setup.subject.probe.sequences[level][: asked.samples])
        length = tokens.shape[1] - 1
        positions, mask = torch.arange(length)[None], torch.ones(length, length, dtype=torch.bool).tril()[None, None]
        targets = torch.arange(level.prompt_length - 1, length)

        def loss(weights: dict[str, Tensor], one: Tensor) -> Tensor:
            logits: Any = functional_call(model, weights, (one[None, :-1], positions, mask, targets))
            return F.cross_entropy(logits, one[level.prompt_length :])

        each = vmap(grad(loss), in_dims=(None, 0))(weights, tokens)
        rows = torch.cat([each[name].flatten(1) for name in weights], dim=1)
        leading = rows[:, : asked.leading]
        return Grams(rows @ rows.T, leading @ leading.T)

    def work() -> list[Grams]:
        return [of_level(level) for level in setup.subject.groups]

    pairs = list(zip(grams(setup), work(), strict=True))
    apart = max(
        float((getattr(own, part) - getattr(other, part)).abs().max() / getattr(own, part).abs().max())
        for own, other in pairs
        for part in ("full", "leading")
    )
    return work, Agreement("Gram", apart, 1e-5)
