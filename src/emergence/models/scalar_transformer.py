"""The transformer of the solvable model's experiments: one block, and one number read out of all its final states.

As in arXiv:2404.17563, appendix K.2: each input is a token, the one-hot vector of its value (0 or 1) with that of its
position behind; a linear map, one causal pre-norm block with ReLUs, and a linear map of all final states together.
Weights start as PyTorch draws them.
"""

import math

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from emergence.models.transformer import Block


def parameter_count(inputs: int, width: int) -> int:
    """Exact number of parameters: (3 + n)d embed, the block has 12d² + 13d, the last norm 2d, the read-out nd + 1.

    >>> parameter_count(inputs=37, width=512)
    3192833
    """
    return (3 + inputs) * width + 12 * width**2 + 13 * width + 2 * width + inputs * width + 1


class ReluBlock(Block):
    """The block of the other transformers, with ReLUs in place of GELUs."""

    def forward(self, x: Tensor, bias: Tensor) -> Tensor:
        """Map (rows, length, width) to the same; ``bias`` is 0 or −∞, added to the scores of attention."""
        x = x + self.attention(self.norm_1(x), bias)
        return x + self.contract(F.relu(self.expand(self.norm_2(x))))


class ScalarTransformer(nn.Module):
    """f(x) = w·[h_1 … h_n] + b of the normed final states h of n binary inputs."""

    bias: Tensor

    def __init__(self, inputs: int, width: int, heads: int) -> None:
        super().__init__()
        self.embedding = nn.Linear(2 + inputs, width)
        self.block = ReluBlock(width, heads)
        self.norm = nn.LayerNorm(width)
        self.readout = nn.Linear(inputs * width, 1)
        ahead = torch.full((inputs, inputs), -math.inf).triu(1)
        self.register_buffer("bias", ahead, persistent=False)

    def embed(self, inputs: Tensor) -> Tensor:
        """Embedding (samples, inputs, width) of inputs (samples, inputs) that are 0 or 1.

        The linear map of two one-hot vectors is the sum of two of its columns and its bias.
        """
        zero, one = self.embedding.weight[:, 0], self.embedding.weight[:, 1]
        position = self.embedding.weight[:, 2:].T
        return inputs[..., None] * (one - zero) + (position + zero + self.embedding.bias)

    def hidden_states(self, inputs: Tensor) -> list[Tensor]:
        """Residual stream (samples, inputs, width) after the embedding and after the block."""
        embedded = self.embed(inputs)
        return [embedded, self.block(embedded, self.bias)]

    def forward(self, inputs: Tensor) -> Tensor:
        """Outputs (samples,) of inputs (samples, inputs) that are 0 or 1."""
        return self.readout(self.norm(self.hidden_states(inputs)[-1]).flatten(1))[:, 0]


def drawn(seed: int, inputs: int, width: int, heads: int) -> ScalarTransformer:
    """A model whose weights are PyTorch's defaults, a function of the seed alone; the global generator stays."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return ScalarTransformer(inputs, width, heads)
