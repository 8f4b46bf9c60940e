"""Balance of layers: of known weights, and conserved where a network descends slowly."""

import numpy as np
import pytest
import torch

from emergence.measures.api import measure
from emergence.models.parity_networks import TwoLayer
from emergence.subjects.subject import MeasureError

DATA = {"mine": (torch.ones(4, 3), torch.ones(4))}


def balance(model: torch.nn.Module) -> dict[str, float]:
    rows = measure("layer_balance", model, DATA, loss=torch.nn.functional.mse_loss)
    return dict(zip(rows["variant"], rows["value"], strict=True))


def test_of_known_weights() -> None:
    model = TwoLayer(3, 2)
    with torch.no_grad():
        model.hidden.weight.copy_(torch.tensor([[1.0, 2.0, 2.0], [0.0, 0.0, 1.0]]))
        model.hidden.bias.copy_(torch.tensor([0.0, 1.0]))
        model.readout.weight.copy_(torch.tensor([[4.0, -1.0]]))
    found = balance(model)
    assert found == pytest.approx({"difference": 17 - 11, "norm": 28, "imbalance": (7 + 1) / 28})


@pytest.mark.long
def test_slow_descent_conserves_it_and_fast_descent_does_not() -> None:
    drift = []
    for rate, steps in ((1e-3, 20_000), (0.1, 200)):
        torch.manual_seed(0)
        model, x = TwoLayer(3, 8).double(), torch.randn(16, 3).double()
        before = balance(model.float())["difference"]
        model.double()
        for _ in range(steps // 10):
            model.zero_grad()
            ((model(x) - x.prod(dim=1)) ** 2).mean().backward()
            with torch.no_grad():
                for parameter in model.parameters():
                    parameter -= rate * parameter.grad
        drift.append(abs(balance(model.float())["difference"] - before))
    assert drift[0] < 0.1 * drift[1]
    assert np.isfinite(drift).all()


def test_another_model_is_refused_in_a_line() -> None:
    with pytest.raises(MeasureError, match=r"^Linear: .*hidden\.weight"):
        balance(torch.nn.Linear(3, 1))
