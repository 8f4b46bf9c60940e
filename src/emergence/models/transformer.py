"""A pre-norm GPT on one page: decoder-only, learned positions, tied embeddings, explicit attention.

Attention is written out rather than fused, for two reasons: fused kernels have no second derivative, which Hessian
measures need, and at these lengths the plain product is faster. Weights start as in GPT-2: N(0, 0.02²), residual
projections scaled by 1/√(2·layers).
"""

import math
from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn import functional as F

ROWS = 96  # rows in a slice, see `hidden_states_in_slices`
SIGMA = 0.02
"""Standard deviation of an initial weight, as in GPT-2."""


class Attention(nn.Module):
    """Causal multi-head self-attention within packed rows."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.qkv = nn.Linear(width, 3 * width)
        self.out = nn.Linear(width, width)

    def forward(self, x: Tensor, bias: Tensor, at: Tensor | None = None) -> Tensor:
        """Attend within rows.

        Args:
            x: (rows, length, width).
            bias: That of `attention_bias`.
            at: Flat positions (positions,); all if None.

        Returns:
            (rows, length, width), or (positions, width) at the flat positions alone.
        """
        rows, length, width = x.shape
        heads = self.qkv(x).view(rows, length, 3, self.heads, width // self.heads).permute(2, 0, 3, 1, 4)
        q, k, v = heads.reshape(3, rows * self.heads, length, -1)  # one copy here saves one at every product
        scores = torch.baddbmm(bias, q, k.transpose(1, 2), alpha=1 / math.sqrt(width // self.heads))
        mixed = torch.bmm(scores.softmax(dim=-1), v).view(rows, self.heads, length, -1).transpose(1, 2)
        return self.out(_chosen(mixed.reshape(rows, length, width), at))


class Block(nn.Module):
    """x + attention(norm(x)), then x + MLP(norm(x))."""

    activation: Callable[[Tensor], Tensor] = staticmethod(F.gelu)

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.norm_1, self.norm_2 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.attention = Attention(width, heads)
        self.expand, self.contract = nn.Linear(width, 4 * width), nn.Linear(4 * width, width)

    def forward(self, x: Tensor, bias: Tensor, at: Tensor | None = None) -> Tensor:
        """Add attention and MLP to the residual stream.

        Args:
            x: (rows, length, width).
            bias: That of `attention_bias`.
            at: Flat positions (positions,); all if None.

        Returns:
            (rows, length, width), or (positions, width) at the flat positions alone.
        """
        x = _chosen(x, at) + self.attention(self.norm_1(x), bias, at)
        return x + self.contract(self.activation(self.expand(self.norm_2(x))))


def _chosen(x: Tensor, at: Tensor | None) -> Tensor:
    """(rows, length, width) as it is, or (positions, width) at flat positions."""
    return x if at is None else x.flatten(0, 1).index_select(0, at)


class Transformer(nn.Module):
    """Decoder-only transformer over packed rows of tokens."""

    def __init__(self, layers: int, width: int, heads: int, vocabulary: int, context: int) -> None:
        super().__init__()
        self.heads = heads
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
                scale = SIGMA / math.sqrt(2 * len(self.blocks)) if name in residual else SIGMA
                nn.init.normal_(parameter, 0.0, scale, generator=generator)
            else:
                nn.init.constant_(parameter, float("norm" in name and name.endswith("weight")))
        return self

    def embed(self, tokens: Tensor, positions: Tensor) -> Tensor:
        """Sum of both embeddings: (rows, length, width)."""
        return self.token(tokens) + self.position(positions)

    def hidden_states(self, tokens: Tensor, positions: Tensor, mask: Tensor) -> list[Tensor]:
        """Residual stream after the embedding and after each block.

        Args:
            tokens: (rows, length), int64.
            positions: Place of each token in its sequence (rows, length), int64.
            mask: (rows, length, length), bool, true where attention is allowed.

        Returns:
            layers + 1 tensors of shape (rows, length, width).
        """
        states = [self.embed(tokens, positions)]
        bias = attention_bias(mask, self.heads, states[0].dtype)
        for block in self.blocks:
            states.append(block(states[-1], bias))
        return states

    def logits(self, states: Tensor) -> Tensor:
        """Read out final states (..., width) as (..., vocabulary)."""
        return F.linear(self.norm(states), self.token.weight)

    def forward(self, tokens: Tensor, positions: Tensor, mask: Tensor, targets: Tensor) -> Tensor:
        """Logits (targets, vocabulary) at the flat grid positions ``targets``, from which a token is predicted.

        Args:
            tokens: (rows, length).
            positions: Place of each token in its sequence (rows, length).
            mask: (rows, length, length), true where attention is allowed.
            targets: Flat grid positions (targets,).
        """
        return self.logits(self.final_states(tokens, positions, mask, targets))

    def final_states(self, tokens: Tensor, positions: Tensor, mask: Tensor, targets: Tensor) -> Tensor:
        """States (targets, width) after the last block, at the flat grid positions ``targets`` alone.

        The last block is computed at these alone: a third of all tokens.

        Args:
            tokens: (rows, length).
            positions: Place of each token in its sequence (rows, length).
            mask: (rows, length, length), true where attention is allowed.
            targets: Flat grid positions (targets,).
        """
        states, bias = self.embed(tokens, positions), attention_bias(mask, self.heads, self.token.weight.dtype)
        *earlier, last = self.blocks
        for block in earlier:
            states = block(states, bias)
        return last(states, bias, targets)


def attention_bias(mask: Tensor, heads: int, dtype: torch.dtype) -> Tensor:
    """Bias of attention scores (rows x heads, length, length): 0 where attention is allowed, −∞ elsewhere.

    Args:
        mask: (rows, length, length), true where attention is allowed.
        heads: Of the attention.
        dtype: Of the scores.
    """
    bias = torch.zeros(mask.shape, dtype=dtype, device=mask.device)
    return bias.masked_fill_(~mask, -math.inf).repeat_interleave(heads, dim=0)


@torch.no_grad()
def hidden_states_in_slices(model: Transformer, tokens: Tensor, positions: Tensor, mask: Tensor) -> list[Tensor]:
    """`Transformer.hidden_states` of many rows without gradients, a few rows at a time.

    Rows do not see each other. A slice that fits the processor's cache is a third faster than all rows at once.

    Args:
        model: Run on each slice.
        tokens: (rows, length).
        positions: Place of each token in its sequence (rows, length).
        mask: (rows, length, length), true where attention is allowed.
    """
    slices = zip(tokens.split(ROWS), positions.split(ROWS), mask.split(ROWS), strict=True)
    parts = [model.hidden_states(*arrays) for arrays in slices]
    return [torch.cat(layer) for layer in zip(*parts, strict=True)]


@torch.no_grad()
def logits_in_slices(model: Transformer, tokens: Tensor, positions: Tensor, mask: Tensor, targets: Tensor) -> Tensor:
    """The model's logits (targets, vocabulary) for many rows without gradients, a few rows at a time.

    Args:
        model: Run on each slice.
        tokens: (rows, length).
        positions: Place of each token in its sequence (rows, length).
        mask: (rows, length, length), true where attention is allowed.
        targets: Flat grid positions (targets,), in any order.
    """
    cells = ROWS * tokens.shape[1]
    order = targets.argsort()
    sizes = torch.bincount(targets // cells, minlength=-(-len(tokens) // ROWS)).tolist()
    within = (targets[order] % cells).split(sizes)
    slices = zip(tokens.split(ROWS), positions.split(ROWS), mask.split(ROWS), within, strict=True)
    return torch.cat([model(*arrays) for arrays in slices])[order.argsort()]
