"""The transformer with a scalar output against PyTorch's own layers, its parameter formula, and its mask."""

import math

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from emergence.models.scalar_transformer import ScalarTransformer, drawn, parameter_count

INPUTS, WIDTH, HEADS = 7, 12, 3


@pytest.fixture
def model() -> ScalarTransformer:
    return drawn(seed=3, inputs=INPUTS, width=WIDTH, heads=HEADS)


@pytest.fixture
def inputs() -> Tensor:
    return torch.randint(0, 2, (20, INPUTS), generator=torch.Generator().manual_seed(0)).float()


@pytest.mark.parametrize(("inputs", "width", "heads", "published"), [(37, 512, 4, 3_192_833), (7, 12, 3, None)])
def test_parameter_count_is_that_of_the_model(inputs: int, width: int, heads: int, published: int | None) -> None:
    with torch.device("meta"):
        model = ScalarTransformer(inputs, width, heads)
    counted = sum(parameter.numel() for parameter in model.parameters())
    assert counted == parameter_count(inputs, width) == (published or counted)


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
    flat = F.layer_norm(expected, (WIDTH,)).flatten(1)  # the last norm has unit gain and no shift as it is drawn
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
    first = drawn(1, INPUTS, WIDTH, HEADS).state_dict()
    after = torch.rand(1)
    torch.manual_seed(0)
    assert torch.equal(after, torch.rand(1)), "the global generator stays"
    again, other = (drawn(seed, INPUTS, WIDTH, HEADS).state_dict() for seed in (1, 2))
    assert all(torch.equal(first[name], again[name]) for name in first)
    assert not any(torch.equal(first[name], other[name]) for name in first if "norm" not in name)


def test_weights_start_as_pytorch_draws_them() -> None:
    for name, module in drawn(1, 37, 64, 4).named_modules():
        if isinstance(module, nn.Linear):
            bound = 1 / math.sqrt(module.in_features)
            assert 0.9 * bound < module.weight.abs().max().item() <= bound, name
            assert module.weight.std().item() == pytest.approx(bound / math.sqrt(3), rel=0.1), name
