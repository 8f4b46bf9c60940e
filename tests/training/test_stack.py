"""Stacked networks: the gradients of autograd, the same networks alone or together, the same as a PyTorch module."""

import numpy as np
import pytest
import torch
from torch.nn import functional as F

from emergence.models.mlp import TwoLayer
from emergence.settings.networks import Optimiser, Target
from emergence.training import stack as module
from emergence.training.stack import Stack, optimiser

CPU = torch.device("cpu")
INPUTS = 7


def batch(seeds: int, samples: int) -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(seeds * 1000 + samples)
    inputs = torch.randint(0, 2, (seeds, samples, INPUTS), generator=generator).float()
    targets = 2.0 * torch.randint(0, 2, (seeds, samples), generator=generator) - 1
    return F.pad(inputs, (0, 1), value=1.0), 3 * targets


def network(stack: Stack, seed: int, place: int) -> TwoLayer:
    """One network of a stack in float64."""
    model = TwoLayer(INPUTS, stack.widths[place])
    model.load_state_dict(stack.state(seed, place))
    return model.double()


def losses(outputs: torch.Tensor, targets: torch.Tensor, loss: Target) -> torch.Tensor:
    match loss:
        case "mse":
            return ((outputs - targets) ** 2).mean()
        case "half_mse":
            return ((outputs - targets) ** 2).mean() / 2
        case "cross_entropy":
            return F.binary_cross_entropy_with_logits(outputs, (targets > 0).double())


@pytest.mark.parametrize("loss", ["mse", "half_mse", "cross_entropy"])
@pytest.mark.parametrize("widths", [[5], [1, 4, 3]])
@pytest.mark.parametrize("piece", [1, 100, 2**17])
def test_gradients_are_those_of_autograd(
    loss: Target, widths: list[int], piece: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "PIECE", piece)
    stack = Stack(INPUTS, widths, 2, CPU).initialise(0.7, [1, 2])
    inputs, targets = batch(2, 33)
    stack.gradients(inputs, targets, loss)
    moved = Stack(INPUTS, widths, 2, CPU)
    for ours, gradient in zip(moved.parameters, stack.parameters, strict=True):
        ours.copy_(gradient.grad)
    for seed in range(2):
        for place in range(len(widths)):
            model = network(stack, seed, place)
            losses(model(inputs[seed, :, :-1].double()), targets[seed].double(), loss).backward()
            found = moved.state(seed, place)
            for name, parameter in model.named_parameters():
                assert found[name].double() == pytest.approx(parameter.grad, rel=1e-4, abs=1e-5)


def test_outputs_are_those_of_the_module() -> None:
    stack = Stack(INPUTS, [6, 2], 2, CPU).initialise(0.5, [3, 4])
    inputs, _ = batch(2, 20)
    found = stack.outputs(inputs)
    assert found.shape == (2, 20, 2)
    for seed in range(2):
        for place in range(2):
            with torch.no_grad():
                expected = network(stack, seed, place)(inputs[seed, :, :-1].double())
            assert found[seed, :, place].double() == pytest.approx(expected, abs=1e-5)
    one_for_all = stack.outputs(inputs[:1])
    assert torch.equal(one_for_all[0], found[0])
    assert not torch.equal(one_for_all[1], found[1])


def test_a_network_starts_alike_alone_and_in_any_company() -> None:
    together, alone = Stack(INPUTS, [2, 5], 3, CPU), Stack(INPUTS, [5], 1, CPU)
    together.initialise(0.3, [1, 8, 65537])
    alone.initialise(0.3, [8])
    assert all(
        torch.equal(a, b) for a, b in zip(together.state(1, 1).values(), alone.state(0, 0).values(), strict=True)
    )
    assert not torch.equal(together.first[0], together.first[2])  # though torch keeps 32 bits of a seed


def test_all_parameters_start_with_the_given_spread() -> None:
    stack = Stack(20, [2000], 1, CPU).initialise(0.01, [1])
    for part in (stack.first[0, :-1], stack.first[0, -1], stack.second):
        assert part.std().item() == pytest.approx(0.01, rel=0.06)
    offsets = torch.stack([Stack(1, [1], 1, CPU).initialise(0.01, [seed]).offset for seed in range(300)])
    assert offsets.std().item() == pytest.approx(0.01, rel=0.15)


@pytest.mark.parametrize("name", ["sgd", "adam"])
def test_training_together_is_training_one_after_the_other(name: str) -> None:
    settings = Optimiser(name=name, learning_rate=0.01, weight_decay=0.01)
    inputs, targets = batch(2, 40)
    stack = Stack(INPUTS, [3, 6], 2, CPU).initialise(0.3, [1, 2])
    models = {(seed, place): network(stack, seed, place) for seed in range(2) for place in range(2)}
    descent = optimiser(stack, settings)
    for _ in range(30):
        stack.gradients(inputs, targets, "mse")
        descent.step()
    kind = {"sgd": torch.optim.SGD, "adam": torch.optim.Adam}[name]
    for (seed, place), model in models.items():
        own = kind(model.parameters(), lr=0.01, weight_decay=0.01)
        for _ in range(30):
            own.zero_grad()
            losses(model(inputs[seed, :, :-1].double()), targets[seed].double(), "mse").backward()
            own.step()
        for key, parameter in model.state_dict().items():
            assert stack.state(seed, place)[key].double().numpy() == pytest.approx(parameter.numpy(), abs=2e-4), key
    assert np.isfinite(stack.first.numpy()).all()
