"""The two-layer network of the solvable model's experiments: one hidden layer of ReLUs, one output."""

from torch import Tensor, nn


class TwoLayer(nn.Module):
    """f(x) = w₂·ReLU(W₁x + b₁) + b₂."""

    def __init__(self, inputs: int, width: int) -> None:
        super().__init__()
        self.hidden, self.activation, self.readout = nn.Linear(inputs, width), nn.ReLU(), nn.Linear(width, 1)

    def forward(self, inputs: Tensor) -> Tensor:
        """Outputs (samples,) of inputs (samples, inputs)."""
        return self.readout(self.activation(self.hidden(inputs)))[:, 0]
