"""Networks of the parity study: two-layer ReLU networks with one output, alone or many side by side, and a transformer.

`TwoLayer` is a PyTorch module; `BatchedMLP` trains many with gradients by hand. Side by side, networks of all widths of
one seed stand in one matrix of hidden units, since they see the same samples; seeds are a batch of such matrices. Every
input has a last entry of 1, whose weights are the biases. With z = xW, h = ReLU(z), f = Σ_u h_u v_u + c of the units u
of one network, and the derivative e of the loss by f, all gradients follow from

    G_ku = Σ_i x_ik e_i [z_iu > 0] :   ∂W_ku = v_u G_ku,   ∂v_u = Σ_k W_ku G_ku   (for Σ_i e_i h_iu = Σ_k W_ku G_ku),

so that a step is two matrix products, and only one array (samples, units) is needed, which is updated in place in
pieces that stay in the processor's cache.

The transformer has one block, and one number is read out of all its final states. As in arXiv:2404.17563, appendix K.2:
each input is a token, the one-hot vector of its value (0 or 1) with that of its position behind; a linear map, one
causal pre-norm block with ReLUs, and a linear map of all final states together. Weights have PyTorch's default
initialisation.
"""

import math
from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from emergence.config.parity_networks import Target
from emergence.models.transformer import Block

PIECE = 2**17
"""entries (samples, units) processed at a time"""


class TwoLayer(nn.Module):
    """f(x) = w₂·ReLU(W₁x + b₁) + b₂."""

    def __init__(self, inputs: int, width: int) -> None:
        super().__init__()
        self.hidden, self.activation, self.readout = nn.Linear(inputs, width), nn.ReLU(), nn.Linear(width, 1)

    def forward(self, inputs: Tensor) -> Tensor:
        """Outputs (samples,) of inputs (samples, inputs)."""
        return self.readout(self.activation(self.hidden(inputs)))[:, 0]


def slope(outputs: Tensor, targets: Tensor, loss: Target) -> Tensor:
    """Derivative of each sample's loss by the output; cross-entropy is that of the sign of the target.

    Args:
        outputs: Of the network.
        targets: In the shape of the outputs, or one that broadcasts to it.
        loss: Squared error, half of it, or cross-entropy.
    """
    match loss:
        case "mse":
            return 2 * (outputs - targets)
        case "half_mse":
            return outputs - targets
        case "cross_entropy":
            return torch.sigmoid(outputs) - (targets > 0).to(outputs)


class BatchedMLP:
    """Networks (seeds, widths) over the same number of inputs; seeds have samples of their own."""

    def __init__(self, inputs: int, widths: Sequence[int], seeds: int, device: torch.device) -> None:
        units = sum(widths)
        self.widths, self.device = list(widths), device
        self.first = torch.empty(seeds, inputs + 1, units, device=device)
        self.second = torch.empty(seeds, units, device=device)
        self.offset = torch.empty(seeds, len(widths), device=device)
        self.network = torch.repeat_interleave(torch.arange(len(widths)), torch.tensor(self.widths)).to(device)
        self.member = F.one_hot(self.network, len(widths)).to(self.first)

    @property
    def parameters(self) -> list[Tensor]:
        """All weights, biases among them."""
        return [self.first, self.second, self.offset]

    def initialise(self, sigma: float, seeds: Sequence[int]) -> "BatchedMLP":
        """Draw all parameters from N(0, σ²); what a network draws depends on its seed and width alone."""
        for row, seed in enumerate(seeds):
            for number, (width, units) in enumerate(zip(self.widths, self._units(), strict=True)):
                own = int(np.random.SeedSequence([seed, width]).generate_state(1)[0])  # torch keeps 32 bits of a seed
                generator = torch.Generator().manual_seed(own)
                drawn = sigma * torch.randn(self.first.shape[1] + 1, width, generator=generator)
                self.first[row, :, units] = drawn[:-1].to(self.device)
                self.second[row, units] = drawn[-1].to(self.device)
                self.offset[row, number] = sigma * torch.randn((), generator=generator).item()
        return self

    def outputs(self, inputs: Tensor) -> Tensor:
        """Outputs (seeds, samples, widths) for inputs (1 or seeds, samples, inputs + 1)."""
        readout = self.second[..., None] * self.member
        parts = [
            torch.baddbmm(self.offset[:, None], torch.matmul(piece.to(self.device), self.first).relu_(), readout)
            for piece in inputs.split(self._piece, dim=1)
        ]
        return torch.cat(parts, dim=1)

    def gradients(self, inputs: Tensor, targets: Tensor, loss: Target) -> None:
        """Put gradients of the mean loss over samples into ``grad``.

        Args:
            inputs: (seeds, samples, inputs + 1), the last of which is 1.
            targets: (seeds, samples), the same for all widths.
            loss: Of a sample, as in `slope`.
        """
        readout = self.second[..., None] * self.member
        moved, offset = torch.zeros_like(self.first), torch.zeros_like(self.offset)
        inputs, targets = inputs.to(self.device), targets.to(self.device)
        for seed, weights in enumerate(self.first):  # one product after the other is faster than a batch of small ones
            pieces = (each[seed].split(max(1, PIECE // weights.shape[1])) for each in (inputs, targets))
            for x, target in zip(*pieces, strict=True):
                hidden = (x @ weights).relu_()
                error = slope(torch.addmm(self.offset[seed], hidden, readout[seed]), target[:, None], loss)
                active = hidden.sign_()
                if len(self.widths) == 1:
                    x = x * error  # there are fewer inputs than units
                else:
                    active *= error.index_select(1, self.network)  # each unit has its network's error
                moved[seed].addmm_(x.T, active)
                offset[seed] += error.sum(dim=0)
        moved /= inputs.shape[1]
        self.first.grad = moved * self.second[:, None]
        self.second.grad = (moved * self.first).sum(dim=1)
        self.offset.grad = offset / inputs.shape[1]

    def state(self, seed: int, width: int) -> dict[str, Tensor]:
        """Weights of one network, by the numbers of its seed and width, as `TwoLayer` names them."""
        units = self._units()[width]
        return {
            "hidden.weight": self.first[seed, :-1, units].T.contiguous(),
            "hidden.bias": self.first[seed, -1, units].clone(),
            "readout.weight": self.second[seed, None, units].clone(),
            "readout.bias": self.offset[seed, width, None].clone(),
        }

    @property
    def _piece(self) -> int:
        return max(1, PIECE // self.second.numel())

    def _units(self) -> list[slice]:
        ends = torch.tensor(self.widths).cumsum(0).tolist()
        return [slice(end - width, end) for end, width in zip(ends, self.widths, strict=True)]


class ReluBlock(Block):
    """The block of the other transformers, with ReLUs in place of GELUs."""

    activation = staticmethod(F.relu)


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


def initialised(seed: int, inputs: int, width: int, heads: int) -> ScalarTransformer:
    """A model with PyTorch's default initialisation from the seed alone; the global generator is left alone.

    Args:
        seed: Of the weights.
        inputs: Number of binary inputs.
        width: Of the residual stream.
        heads: Of the attention.
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return ScalarTransformer(inputs, width, heads)
