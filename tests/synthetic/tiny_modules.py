"""Modules of the usual kinds, of tokens and of images, with examples."""

from typing import Any

import torch
from torch import Tensor, nn

from emergence.subjects.examples import IGNORED


class Mix(nn.Module):
    """Each token and the mean of those up to it; gives a tuple, as blocks that keep a cache do."""

    def __init__(self) -> None:
        super().__init__()
        self.read, self.write = nn.Linear(10, 6), nn.Linear(6, 5)

    def forward(self, x: Tensor) -> tuple[Tensor, None]:
        before = x.cumsum(dim=1) / torch.arange(1, x.shape[1] + 1)[:, None]
        return x + self.write(torch.tanh(self.read(torch.cat([x, before], dim=-1)))), None


class Tokens(nn.Module):
    """A tiny model of sequences with tied weights; its blocks give tuples, its forward an object with logits."""

    def __init__(self, branches: bool = False) -> None:
        super().__init__()
        self.embed = nn.Embedding(7, 5)
        self.blocks = nn.ModuleList(Mix() for _ in range(2))
        self.head = nn.Linear(5, 7, bias=False)
        self.head.weight = self.embed.weight
        self.branches = branches

    def forward(self, tokens: Tensor) -> Any:
        x = self.embed(tokens)
        if self.branches and bool((tokens >= 0).all()):  # as masks are looked at in many models
            x = 2 * x
        for block in self.blocks:
            x, _ = block(x)
        return type("Output", (), {"logits": self.head(x)})()


def generator() -> torch.Generator:
    return torch.Generator().manual_seed(0)


def sequences() -> tuple[Tensor, Tensor]:
    tokens = torch.randint(0, 7, (9, 6), generator=generator())
    targets = tokens[:, 1:].clone()
    targets[::2, :3] = IGNORED
    return tokens[:, :-1], targets


def images() -> tuple[nn.Module, Tensor, Tensor]:
    model = nn.Sequential(nn.Conv2d(2, 4, 3), nn.ReLU(), nn.Flatten(), nn.Linear(16, 3))
    return model, torch.randn(9, 2, 4, 4, generator=generator()), torch.arange(9) % 3
