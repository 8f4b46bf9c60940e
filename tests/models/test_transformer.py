"""The transformer against its parameter formula, GPT-2 of Hugging Face, and itself one sequence at a time."""

import math

import pytest
import torch
from synthetic import parameter_counts
from torch import Tensor
from torch.nn import functional as F

from emergence.models.transformer import (
    ROWS,
    Transformer,
    hidden_states_in_slices,
    logits_in_slices,
)
from emergence.tasks.algorithmic import Tokens
from emergence.tasks.batches import Layout
from emergence.tasks.vocabulary import TaskLevel

Sequences = dict[TaskLevel, Tokens]
Grid = tuple[Tensor, Tensor, Tensor]


def grid(layout: Layout, sequences: Sequences) -> Grid:
    arrays = (layout.inputs(list(sequences.values())), layout.packing.positions, layout.packing.mask)
    tokens, positions, mask = (torch.from_numpy(array) for array in arrays)
    return tokens, positions, mask


def one_row(tokens: Tensor) -> Grid:
    """A single sequence with nothing beside it."""
    length = len(tokens)
    return tokens[None], torch.arange(length)[None], torch.ones(1, length, length, dtype=torch.bool).tril()


def on_meta(layers: int, width: int, heads: int, vocabulary: int, context: int) -> int:
    with torch.device("meta"):
        model = Transformer(layers, width, heads, vocabulary, context)
    return sum(parameter.numel() for parameter in model.parameters())


@pytest.mark.parametrize(
    ("layers", "width", "heads", "vocabulary", "context"),
    [(1, 4, 1, 21, 5), (2, 6, 3, 10, 30), (3, 16, 4, 21, 20), (4, 96, 4, 21, 20), (8, 512, 8, 21, 43)],
)
def test_parameter_count_is_that_of_the_model(
    layers: int, width: int, heads: int, vocabulary: int, context: int
) -> None:
    assert parameter_counts.of_transformer(layers, width, vocabulary, context) == on_meta(
        layers, width, heads, vocabulary, context
    )


def test_packed_logits_equal_those_of_single_sequences(
    model: Transformer, layout: Layout, sequences: Sequences
) -> None:
    packed = model(*grid(layout, sequences), torch.from_numpy(layout.target_index))
    alone = torch.cat(
        [
            model.logits(model.hidden_states(*one_row(torch.from_numpy(tokens[:-1])))[-1][0, level.prompt_length - 1 :])
            for level, examples in sequences.items()
            for tokens in examples
        ]
    )
    assert alone.std() > 0.1, "logits must differ for the comparison to mean anything"
    torch.testing.assert_close(packed, alone, atol=1e-5, rtol=1e-5)


def test_later_tokens_do_not_change_earlier_states(model: Transformer, layout: Layout, sequences: Sequences) -> None:
    tokens, positions, mask = grid(layout, sequences)
    before = model.hidden_states(tokens, positions, mask)
    for at in range(2, layout.levels[0].length - 1):
        changed = tokens.clone().flatten()
        place = torch.from_numpy(layout.packing.index[0][:, at])
        changed[place] = (changed[place] + 1) % 10
        after = model.hidden_states(changed.reshape(tokens.shape), positions, mask)
        earlier = torch.from_numpy(layout.packing.index[0][:, :at])
        assert all(
            torch.equal(x.flatten(0, 1)[earlier], y.flatten(0, 1)[earlier]) for x, y in zip(before, after, strict=True)
        )
        assert (before[-1].flatten(0, 1)[place] != after[-1].flatten(0, 1)[place]).any()


def test_logits_do_not_depend_on_neighbours_in_the_row(
    model: Transformer, layout: Layout, sequences: Sequences
) -> None:
    tokens, positions, mask = grid(layout, sequences)
    before = model.hidden_states(tokens, positions, mask)[-1].flatten(0, 1)
    for own in map(torch.from_numpy, layout.packing.index):
        changed = (tokens.flatten() + 3) % 21  # everything else, padding too
        changed[own[0]] = tokens.flatten()[own[0]]
        after = model.hidden_states(changed.reshape(tokens.shape), positions, mask)[-1].flatten(0, 1)
        assert torch.equal(after[own[0]], before[own[0]])
        assert not torch.equal(after[own[1]], before[own[1]])


def test_equals_gpt2_of_hugging_face(model: Transformer) -> None:
    from transformers import GPT2Config, GPT2LMHeadModel

    off = {"resid_pdrop": 0.0, "embd_pdrop": 0.0, "attn_pdrop": 0.0, "bos_token_id": 0, "eos_token_id": 0}
    sizes = {"vocab_size": model.token.num_embeddings, "n_positions": 16, "n_embd": 16, "n_layer": 3, "n_head": 4}
    config = GPT2Config(activation_function="gelu", attn_implementation="eager", use_cache=False, **sizes, **off)
    theirs = GPT2LMHeadModel(config).eval()
    names = {"attention.qkv": "attn.c_attn", "attention.out": "attn.c_proj", "norm_1": "ln_1", "norm_2": "ln_2"}
    names |= {"expand": "mlp.c_fc", "contract": "mlp.c_proj"}
    weights = {"wte.weight": model.token.weight, "wpe.weight": model.position.weight}
    weights |= {f"ln_f.{kind}": getattr(model.norm, kind) for kind in ("weight", "bias")}
    for layer, block in enumerate(model.blocks):
        for ours, name in names.items():
            module = block.get_submodule(ours)
            matrix = module.weight.T if isinstance(module, torch.nn.Linear) else module.weight  # Conv1D is transposed
            weights |= {f"h.{layer}.{name}.weight": matrix, f"h.{layer}.{name}.bias": module.bias}
    missing, unexpected = theirs.transformer.load_state_dict(weights, strict=False)
    assert not unexpected
    assert not [name for name in missing if not name.endswith(("attn.bias", "attn.masked_bias"))]

    tokens = torch.randint(0, 21, (6, 16), generator=torch.Generator().manual_seed(0))
    mask = torch.ones(6, 16, 16, dtype=torch.bool).tril()
    with torch.no_grad():
        states = model.hidden_states(tokens, torch.arange(16).expand(6, 16), mask)
        reference = theirs(tokens, output_hidden_states=True)
    torch.testing.assert_close(model.logits(states[-1]), reference.logits, atol=1e-5, rtol=1e-5)
    for ours, other in zip(states[:-1], reference.hidden_states[:-1], strict=True):  # their last is normed
        torch.testing.assert_close(ours, other, atol=1e-5, rtol=1e-5)


def drawn(seed: int) -> Transformer:
    return Transformer(3, 128, 4, 21, 43).initialise(torch.Generator().manual_seed(seed))


def test_initialise_is_a_function_of_its_generator() -> None:
    torch.manual_seed(0)
    first = drawn(1).state_dict()
    torch.manual_seed(1)
    again, other = drawn(1).state_dict(), drawn(2).state_dict()
    assert all(torch.equal(first[name], again[name]) for name in first)
    assert all(torch.equal(first[name], other[name]) == (first[name].dim() == 1) for name in first)


def test_initialise_has_the_scales_of_gpt2() -> None:
    for name, weight in drawn(1).named_parameters():
        if weight.dim() == 1:
            expected = 1.0 if "norm" in name and name.endswith("weight") else 0.0
            assert torch.equal(weight, torch.full_like(weight, expected)), name
            continue
        residual = name.endswith(("attention.out.weight", "contract.weight"))
        scale = 0.02 / math.sqrt(2 * 3) if residual else 0.02
        error = 4 / math.sqrt(2 * weight.numel())  # four standard errors of a standard deviation
        assert weight.std().item() == pytest.approx(scale, rel=error), name
        assert abs(weight.mean().item()) < 4 * scale / math.sqrt(weight.numel()), name


def test_hidden_states_are_the_embedding_and_every_block(
    model: Transformer, layout: Layout, sequences: Sequences
) -> None:
    tokens, positions, mask = grid(layout, sequences)
    states = model.hidden_states(tokens, positions, mask)
    assert [state.shape for state in states] == [(*tokens.shape, 16)] * 4
    assert torch.equal(states[0], model.token.weight[tokens] + model.position.weight[positions])


@pytest.mark.parametrize("rows", [1, ROWS - 1, ROWS, 2 * ROWS + 7])
def test_slices_change_nothing(model: Transformer, rows: int) -> None:
    tokens = torch.randint(0, 21, (rows, 8), generator=torch.Generator().manual_seed(0))
    arrays = (tokens, torch.arange(8).expand(rows, 8), torch.ones(rows, 8, 8, dtype=torch.bool).tril())
    sliced = hidden_states_in_slices(model, *arrays)
    for ours, whole in zip(sliced, model.hidden_states(*arrays), strict=True):
        assert not ours.requires_grad
        torch.testing.assert_close(ours, whole.detach(), atol=1e-6, rtol=1e-6)


@pytest.mark.parametrize("rows", [1, ROWS, 2 * ROWS + 7])
def test_slices_change_no_logits(model: Transformer, rows: int) -> None:
    generator = torch.Generator().manual_seed(0)
    tokens = torch.randint(0, 21, (rows, 8), generator=generator)
    arrays = (tokens, torch.arange(8).expand(rows, 8), torch.ones(rows, 8, 8, dtype=torch.bool).tril())
    targets = torch.randperm(8 * rows, generator=generator)[: 3 * rows]  # in no order, some rows without any
    sliced = logits_in_slices(model, *arrays, targets)
    assert not sliced.requires_grad
    torch.testing.assert_close(sliced, model(*arrays, targets).detach(), atol=1e-6, rtol=1e-6)


def test_the_last_block_at_answers_alone_is_that_of_all_tokens(
    model: Transformer, layout: Layout, sequences: Sequences
) -> None:
    """Logits, loss and its gradients, against a last block computed everywhere."""
    targets = torch.from_numpy(layout.targets(list(sequences.values())))
    places, arrays = torch.from_numpy(layout.target_index), grid(layout, sequences)
    logits = model(*arrays, places)
    everywhere = model.logits(model.hidden_states(*arrays)[-1]).flatten(0, 1)[places]
    torch.testing.assert_close(logits, everywhere, atol=1e-6, rtol=1e-6)
    computed, expected = (
        torch.autograd.grad(F.cross_entropy(each, targets), list(model.parameters())) for each in (logits, everywhere)
    )
    for one, other in zip(computed, expected, strict=True):
        torch.testing.assert_close(one, other, atol=1e-6 * float(other.abs().max()), rtol=1e-6)


def test_hessian_vector_product_matches_finite_differences(
    model: Transformer, layout: Layout, sequences: Sequences
) -> None:
    weights = {name: weight.detach().double() for name, weight in model.named_parameters()}
    targets = torch.from_numpy(layout.targets(list(sequences.values())))
    arrays = (*grid(layout, sequences), torch.from_numpy(layout.target_index))
    generator = torch.Generator().manual_seed(0)
    vector = [torch.randn(weight.shape, generator=generator, dtype=torch.float64) for weight in weights.values()]

    def gradient(shift: float) -> tuple[list[Tensor], tuple[Tensor, ...]]:
        moved = [weight + shift * along for weight, along in zip(weights.values(), vector, strict=True)]
        at = [weight.requires_grad_() for weight in moved]
        logits = torch.func.functional_call(model, dict(zip(weights, at, strict=True)), arrays)
        return at, torch.autograd.grad(F.cross_entropy(logits, targets), at, create_graph=True)

    at, first = gradient(0.0)
    products = torch.autograd.grad(first, at, vector)
    for name, product, plus, minus in zip(weights, products, gradient(1e-5)[1], gradient(-1e-5)[1], strict=True):
        assert product.isfinite().all(), name
        assert product.abs().max() > 1e-3, name
        torch.testing.assert_close(product, (plus - minus).detach() / 2e-5, atol=1e-6, rtol=1e-4)
