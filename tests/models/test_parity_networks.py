"""Many two-layer networks trained as one, and the scalar transformer."""

import math

import numpy as np
import pytest
import torch
from synthetic import parameter_counts
from torch import Tensor, nn
from torch.nn import functional as F

from emergence.config.parity_networks import Optimiser, Target
from emergence.models import parity_networks as module
from emergence.models.parity_networks import BatchedMLP, ScalarTransformer, TwoLayer, initialised
from emergence.training.parity_mlp import optimiser

CPU = torch.device("cpu")
INPUTS = 7


def batch(seeds: int, samples: int) -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(seeds * 1000 + samples)
    inputs = torch.randint(0, 2, (seeds, samples, INPUTS), generator=generator).float()
    targets = 2.0 * torch.randint(0, 2, (seeds, samples), generator=generator) - 1
    return F.pad(inputs, (0, 1), value=1.0), 3 * targets


def network(stack: BatchedMLP, seed: int, place: int) -> TwoLayer:
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
    stack = BatchedMLP(INPUTS, widths, 2, CPU).initialise(0.7, [1, 2])
    inputs, targets = batch(2, 33)
    stack.gradients(inputs, targets, loss)
    moved = BatchedMLP(INPUTS, widths, 2, CPU)
    for ours, gradient in zip(moved.parameters, stack.parameters, strict=True):
        ours.copy_(gradient.grad)
    for seed in range(2):
        for place in range(len(widths)):
            model = network(stack, seed, place)
            losses(model(inputs[seed, :, :-1].double()), targets[seed].double(), loss).backward()
            gradients = moved.state(seed, place)
            for name, parameter in model.named_parameters():
                assert gradients[name].double() == pytest.approx(parameter.grad, rel=1e-4, abs=1e-5)


def test_outputs_are_those_of_the_module() -> None:
    stack = BatchedMLP(INPUTS, [6, 2], 2, CPU).initialise(0.5, [3, 4])
    inputs, _ = batch(2, 20)
    outputs = stack.outputs(inputs)
    assert outputs.shape == (2, 20, 2)
    for seed in range(2):
        for place in range(2):
            with torch.no_grad():
                expected = network(stack, seed, place)(inputs[seed, :, :-1].double())
            assert outputs[seed, :, place].double() == pytest.approx(expected, abs=1e-5)
    one_for_all = stack.outputs(inputs[:1])
    assert torch.equal(one_for_all[0], outputs[0])
    assert not torch.equal(one_for_all[1], outputs[1])


def test_a_network_starts_alike_alone_and_in_any_company() -> None:
    together, alone = BatchedMLP(INPUTS, [2, 5], 3, CPU), BatchedMLP(INPUTS, [5], 1, CPU)
    together.initialise(0.3, [1, 8, 65537])
    alone.initialise(0.3, [8])
    assert all(
        torch.equal(a, b) for a, b in zip(together.state(1, 1).values(), alone.state(0, 0).values(), strict=True)
    )
    assert not torch.equal(together.first[0], together.first[2])  # though torch keeps 32 bits of a seed


def test_all_parameters_start_with_the_given_spread() -> None:
    stack = BatchedMLP(20, [2000], 1, CPU).initialise(0.01, [1])
    for part in (stack.first[0, :-1], stack.first[0, -1], stack.second):
        assert part.std().item() == pytest.approx(0.01, rel=0.06)
    offsets = torch.stack([BatchedMLP(1, [1], 1, CPU).initialise(0.01, [seed]).offset for seed in range(300)])
    assert offsets.std().item() == pytest.approx(0.01, rel=0.15)


@pytest.mark.parametrize("name", ["sgd", "adam"])
def test_training_together_is_training_one_after_the_other(name: str) -> None:
    settings = Optimiser(name=name, learning_rate=0.01, weight_decay=0.01)
    inputs, targets = batch(2, 40)
    stack = BatchedMLP(INPUTS, [3, 6], 2, CPU).initialise(0.3, [1, 2])
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


INPUTS, WIDTH, HEADS = 7, 12, 3


@pytest.fixture
def model() -> ScalarTransformer:
    return initialised(seed=3, inputs=INPUTS, width=WIDTH, heads=HEADS)


@pytest.fixture
def inputs() -> Tensor:
    return torch.randint(0, 2, (20, INPUTS), generator=torch.Generator().manual_seed(0)).float()


@pytest.mark.parametrize(("inputs", "width", "heads", "published"), [(37, 512, 4, 3_192_833), (7, 12, 3, None)])
def test_parameter_count_is_that_of_the_model(inputs: int, width: int, heads: int, published: int | None) -> None:
    with torch.device("meta"):
        model = ScalarTransformer(inputs, width, heads)
    counted = sum(parameter.numel() for parameter in model.parameters())
    assert counted == parameter_counts.of_scalar_transformer(inputs, width) == (published or counted)


def test_embedding_is_the_linear_map_of_two_one_hot_vectors(model: ScalarTransformer, inputs: Tensor) -> None:
    value, position = F.one_hot(inputs.long(), 2), torch.eye(INPUTS).expand(len(inputs), -1, -1)
    expected = model.embedding(torch.cat([value, position], dim=-1))
    torch.testing.assert_close(model.embed(inputs), expected)


def test_equals_the_encoder_layer_of_pytorch(model: ScalarTransformer, inputs: Tensor) -> None:
    options = {"norm_first": True, "dropout": 0.0, "activation": "relu", "batch_first": True}
    theirs = nn.TransformerEncoderLayer(WIDTH, HEADS, 4 * WIDTH, **options)
    names = {"self_attn.in_proj_": "attention.qkv.", "self_attn.out_proj.": "attention.out.", "linear1.": "expand."}
    names |= {"linear2.": "contract.", "norm1.": "norm_1.", "norm2.": "norm_2."}
    ours = model.block.state_dict()
    kinds = ("weight", "bias")
    theirs.load_state_dict({a + kind: ours[b + kind] for a, b in names.items() for kind in kinds})
    theirs.double()
    mask = nn.Transformer.generate_square_subsequent_mask(INPUTS, dtype=torch.float64)
    embedded, states = model.double().hidden_states(inputs.double())
    expected = theirs(embedded, src_mask=mask)
    torch.testing.assert_close(states, expected)
    flat = F.layer_norm(expected, (WIDTH,)).flatten(1)  # the last norm has unit gain and no shift as it is initialised
    outputs = flat @ model.readout.weight[0] + model.readout.bias
    torch.testing.assert_close(model(inputs.double()), outputs)
    assert outputs.shape == (len(inputs),)


def test_later_inputs_do_not_change_earlier_states(model: ScalarTransformer, inputs: Tensor) -> None:
    before, outputs = model.hidden_states(inputs)[-1], model(inputs)
    for at in range(INPUTS):
        changed = inputs.clone()
        changed[:, at] = 1 - changed[:, at]
        after = model.hidden_states(changed)[-1]
        torch.testing.assert_close(after[:, :at], before[:, :at])
        assert ((after[:, at:] - before[:, at:]).abs().amax(dim=(0, 2)) > 1e-4).all(), "each later state sees it"
        assert ((model(changed) - outputs).abs() > 1e-4).any(), "the output sees every input"


def test_weights_are_a_function_of_the_seed_alone() -> None:
    torch.manual_seed(0)
    first = initialised(1, INPUTS, WIDTH, HEADS).state_dict()
    after = torch.rand(1)
    torch.manual_seed(0)
    assert torch.equal(after, torch.rand(1)), "the global generator stays"
    again, other = (initialised(seed, INPUTS, WIDTH, HEADS).state_dict() for seed in (1, 2))
    assert all(torch.equal(first[name], again[name]) for name in first)
    assert not any(torch.equal(first[name], other[name]) for name in first if "norm" not in name)


def test_weights_start_as_pytorch_draws_them() -> None:
    for name, layer in initialised(1, 37, 64, 4).named_modules():
        if isinstance(layer, nn.Linear):
            bound = 1 / math.sqrt(layer.in_features)
            assert 0.9 * bound < layer.weight.abs().max().item() <= bound, name
            assert layer.weight.std().item() == pytest.approx(bound / math.sqrt(3), rel=0.1), name
