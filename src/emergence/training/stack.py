"""Two-layer networks side by side, with their gradients by hand.

Networks of all widths of one seed stand in one matrix of hidden units, since they see the same samples; seeds are a
batch of such matrices. Every input has a last entry of 1, whose weights are the biases. With z = xW, h = ReLU(z),
f = Σ_u h_u v_u + c of the units u of one network, and the derivative e of the loss by f, all gradients follow from

    G_ku = Σ_i x_ik e_i [z_iu > 0] :   ∂W_ku = v_u G_ku,   ∂v_u = Σ_k W_ku G_ku   (for Σ_i e_i h_iu = Σ_k W_ku G_ku),

so that a step is two matrix products, and no array (samples, units) is needed but one, which is worked on in place in
pieces that stay in the processor's cache.
"""

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from emergence.settings.networks import Optimiser, Target

PIECE = 2**17
"""entries (seeds, samples, units) that are worked on at a time"""


def slope(outputs: Tensor, targets: Tensor, loss: Target) -> Tensor:
    """Derivative of each sample's loss by the output; cross-entropy is that of the sign of the target."""
    match loss:
        case "mse":
            return 2 * (outputs - targets)
        case "half_mse":
            return outputs - targets
        case "cross_entropy":
            return torch.sigmoid(outputs) - (targets > 0).to(outputs)


class Stack:
    """Networks (seeds, widths) over the same number of inputs; seeds have samples of their own."""

    def __init__(self, inputs: int, widths: Sequence[int], seeds: int, device: torch.device) -> None:
        units = sum(widths)
        self.widths, self.device = list(widths), device
        self.first = torch.empty(seeds, inputs + 1, units, device=device)
        self.second = torch.empty(seeds, units, device=device)
        self.offset = torch.empty(seeds, len(widths), device=device)
        network = torch.repeat_interleave(torch.arange(len(widths)), torch.tensor(self.widths))
        self.member = F.one_hot(network, len(widths)).to(self.first)

    @property
    def parameters(self) -> list[Tensor]:
        """All weights, biases among them."""
        return [self.first, self.second, self.offset]

    def initialise(self, sigma: float, seeds: Sequence[int]) -> "Stack":
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
        """Put gradients of the mean loss over samples into ``grad``; inputs (seeds, samples, inputs + 1)."""
        readout = self.second[..., None] * self.member
        moved, offset = torch.zeros_like(self.first), torch.zeros_like(self.offset)
        inputs, targets = inputs.to(self.device), targets.to(self.device)
        for x, target in zip(inputs.split(self._piece, 1), targets.split(self._piece, 1), strict=True):
            hidden = torch.bmm(x, self.first).relu_()
            error = slope(torch.baddbmm(self.offset[:, None], hidden, readout), target[..., None], loss)
            active = hidden.sign_()
            if len(self.widths) == 1:
                x = x * error  # there are fewer inputs than units
            else:
                active *= error @ self.member.T  # each unit has its network's error
            moved.baddbmm_(x.mT, active)
            offset += error.sum(dim=1)
        moved /= inputs.shape[1]
        self.first.grad = moved * self.second[:, None]
        self.second.grad = (moved * self.first).sum(dim=1)
        self.offset.grad = offset / inputs.shape[1]

    def state(self, seed: int, width: int) -> dict[str, Tensor]:
        """Weights of one network, by their places in the stack, as `emergence.models.mlp.TwoLayer` names them."""
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


def optimiser(stack: Stack, settings: Optimiser) -> torch.optim.Optimizer:
    """SGD without momentum, or Adam."""
    kind = {"sgd": torch.optim.SGD, "adam": torch.optim.Adam}[settings.name]
    return kind(stack.parameters, lr=settings.learning_rate, weight_decay=settings.weight_decay)
