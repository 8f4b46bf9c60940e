"""The transformer as one would write it in PyTorch: modules, autograd, fused attention; weights are named as ours."""

from anatomy import Grid, Setup
from torch import Tensor, nn
from torch.nn import functional as F


class Attention(nn.Module):
    def __init__(self, width: int, heads: int, fused: bool) -> None:
        super().__init__()
        self.heads, self.fused = heads, fused
        self.qkv, self.out = nn.Linear(width, 3 * width), nn.Linear(width, width)

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        rows, length, width = x.shape
        q, k, v = self.qkv(x).view(rows, length, 3, self.heads, width // self.heads).permute(2, 0, 3, 1, 4)
        if self.fused:
            mixed = F.scaled_dot_product_attention(q, k, v, attn_mask=mask)
        else:  # which has a second derivative
            scores = q @ k.mT / (width // self.heads) ** 0.5
            mixed = scores.masked_fill(~mask, float("-inf")).softmax(dim=-1) @ v
        return self.out(mixed.transpose(1, 2).reshape(rows, length, width))


class Block(nn.Module):
    def __init__(self, width: int, heads: int, fused: bool) -> None:
        super().__init__()
        self.norm_1, self.norm_2 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.attention = Attention(width, heads, fused)
        self.expand, self.contract = nn.Linear(width, 4 * width), nn.Linear(4 * width, width)

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        x = x + self.attention(self.norm_1(x), mask)
        return x + self.contract(F.gelu(self.expand(self.norm_2(x))))


class Plain(nn.Module):
    """Logits at the places from which answers are predicted, with the weights of a set-up's model."""

    def __init__(self, setup: Setup, fused: bool = True) -> None:
        super().__init__()
        size, weights = setup.trained.size, setup.model.state_dict()
        self.token = nn.Embedding(*weights["token.weight"].shape)
        self.position = nn.Embedding(*weights["position.weight"].shape)
        self.blocks = nn.ModuleList(Block(size.width, size.heads, fused) for _ in range(size.layers))
        self.norm = nn.LayerNorm(size.width)
        self.load_state_dict(weights)

    def forward(self, tokens: Tensor, positions: Tensor, mask: Tensor, targets: Tensor) -> Tensor:
        """Of tokens (rows, length), with mask (rows, heads or 1, length, length) of places to look at."""
        x = self.token(tokens) + self.position(positions)
        for block in self.blocks:
            x = block(x, mask)
        return F.linear(self.norm(x.flatten(0, 1)[targets]), self.token.weight)


class OnGrid(nn.Module):
    """A model of inputs alone, as most libraries want one: the places of a batch are its own."""

    def __init__(self, model: Plain, grid: Grid) -> None:
        super().__init__()
        self.model = model
        self.places: tuple[Tensor, Tensor, Tensor] = grid.places

    def forward(self, tokens: Tensor) -> Tensor:
        return self.model(tokens, *self.places)
