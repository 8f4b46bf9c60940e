"""A pre-norm GPT on one page: decoder-only, learned positions, tied embeddings, explicit attention.

Attention is written out rather than fused, for two reasons: fused kernels have no second derivative, which Hessian
measures need, and at these lengths the plain product is the faster. Weights start as in GPT-2: N(0, 0.02²), residual
projections scaled by 1/√(2·layers).
"""

import math

import torch
from torch import Tensor, nn
from torch.nn import functional as F

ROWS = 96  # rows in a slice, see `hidden_states_in_slices`


def parameter_count(layers: int, width: int, vocabulary: int, context: int) -> int:
    """Exact number of parameters: 12d² + 13d a block, 2d for the last norm, d a token and a position.

    >>> parameter_count(layers=2, width=128, vocabulary=21, context=43)
    404992
    """
    return layers * (12 * width**2 + 13 * width) + 2 * width + (vocabulary + context) * width


class Attention(nn.Module):
    """Causal multi-head self-attention within packed rows."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.qkv = nn.Linear(width, 3 * width)
        self.out = nn.Linear(width, width)

    def forward(self, x: Tensor, bias: Tensor) -> Tensor:
        """Map (rows, length, width) to the same; ``bias`` is 0 or −∞, added to the scores."""
        rows, length, width = x.shape
        q, k, v = self.qkv(x).view(rows, length, 3, self.heads, width // self.heads).permute(2, 0, 3, 1, 4)
        scores = (q * (1 / math.sqrt(width // self.heads))) @ k.transpose(-1, -2) + bias
        mixed = scores.softmax(dim=-1) @ v
        return self.out(mixed.transpose(1, 2).reshape(rows, length, width))


class Block(nn.Module):
    """x + attention(norm(x)), then x + MLP(norm(x))."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.norm_1, self.norm_2 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.attention = Attention(width, heads)
        self.expand, self.contract = nn.Linear(width, 4 * width), nn.Linear(4 * width, width)

    def forward(self, x: Tensor, bias: Tensor) -> Tensor:
        """Map (rows, length, width) to the same."""
        x = x + self.attention(self.norm_1(x), bias)
        return x + self.contract(F.gelu(self.expand(self.norm_2(x))))


class Transformer(nn.Module):
    """Decoder-only transformer over packed rows of tokens."""

    def __init__(self, layers: int, width: int, heads: int, vocabulary: int, context: int) -> None:
        super().__init__()
        self.token = nn.Embedding(vocabulary, width)
        self.position = nn.Embedding(context, width)
        self.blocks = nn.ModuleList(Block(width, heads) for _ in range(layers))
        self.norm = nn.LayerNorm(width)

    def initialise(self, generator: torch.Generator) -> "Transformer":
        """Draw every weight from ``generator`` (GPT-2's scheme) and return the model."""
        residual = {
            f"blocks.{i}.{name}.weight" for i in range(len(self.blocks)) for name in ("attention.out", "contract")
        }
        for name, parameter in self.named_parameters():
            if parameter.dim() > 1:
                scale = 0.02 / math.sqrt(2 * len(self.blocks)) if name in residual else 0.02
                nn.init.normal_(parameter, 0.0, scale, generator=generator)
            else:
                nn.init.constant_(parameter, float("norm" in name and name.endswith("weight")))
        return self

    def hidden_states(self, tokens: Tensor, positions: Tensor, mask: Tensor) -> list[Tensor]:
        """Residual stream after the embedding and after each block.

        ``tokens`` and ``positions`` are (rows, length) of int64, ``mask`` is (rows, length, length) of bool, true where
        attention is allowed. Returns layers + 1 tensors of shape (rows, length, width).
        """
        states = [self.token(tokens) + self.position(positions)]
        bias = torch.zeros(mask.shape, dtype=states[0].dtype, device=tokens.device)
        bias = bias.masked_fill_(~mask, -math.inf).unsqueeze(1)
        for block in self.blocks:
            states.append(block(states[-1], bias))
        return states

    def logits(self, states: Tensor) -> Tensor:
        """Read out final states (..., width) as (..., vocabulary)."""
        return F.linear(self.norm(states), self.token.weight)

    def forward(self, tokens: Tensor, positions: Tensor, mask: Tensor, targets: Tensor) -> Tensor:
        """Logits (targets, vocabulary) at the flat grid positions ``targets``, from which a token is predicted."""
        return self.logits(self.hidden_states(tokens, positions, mask)[-1].flatten(0, 1)[targets])


@torch.no_grad()
def hidden_states_in_slices(model: Transformer, tokens: Tensor, positions: Tensor, mask: Tensor) -> list[Tensor]:
    """`Transformer.hidden_states` of a tall grid without gradients, a few rows at a time.

    Rows do not see each other. A slice that fits the processor's cache is a third faster than all rows at once.
    """
    slices = zip(tokens.split(ROWS), positions.split(ROWS), mask.split(ROWS), strict=True)
    parts = [model.hidden_states(*arrays) for arrays in slices]
    return [torch.cat(layer) for layer in zip(*parts, strict=True)]
