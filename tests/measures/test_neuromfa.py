"""NeuroMFA of models: the library's own values, whatever the names and order of weights; nulls; nothing left."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import safetensors.torch
import torch
from synthetic.tiny_models import scrambled
from torch import nn
from transformers import GPTNeoXConfig, GPTNeoXForCausalLM

from emergence.cli import main
from emergence.config.measures import VARIANTS
from emergence.config.neuromfa import NeuroMFA, Sampling
from emergence.io import tables
from emergence.measures import api, neuromfa
from emergence.measures.neuromfa import measure, network
from emergence.models.parity_networks import TwoLayer
from emergence.models.transformer import Transformer
from emergence.multifractal import boxes, interaction, nulls, spectrum
from emergence.multifractal.spectrum import moments
from emergence.schemas.trajectories import MEASURE
from emergence.subjects.subject import MeasureError

WIDTH, HEADS = 16, 4
Rows = dict[str, dict[str, Any]]


@dataclass
class Seen:
    """A subject of which a measure of weights sees the model alone."""

    model: nn.Module
    groups: list[Any] = field(default_factory=list)


def options(nodes: int = 8, samples: int = 3, edges: int = 2, **changed: Any) -> NeuroMFA:
    chosen = api.options_of("neuromfa", {}).model_copy(
        update={"sampling": Sampling(nodes=nodes, samples=samples, seed=7), **changed}
    )
    assert isinstance(chosen, NeuroMFA)
    return chosen.model_copy(update={"boxes": chosen.boxes.model_copy(update={"edges": edges})})


def values(model: nn.Module, settings: NeuroMFA, seed: int = 0) -> Rows:
    """Rows by variant."""
    return {row["variant"]: row for row in measure(Seen(model), np.random.default_rng(seed), settings)}  # type: ignore[arg-type]


def drawn(model: nn.Module, sigma: float = 0.1) -> Any:
    return scrambled(model, 3, sigma)


@pytest.fixture
def transformer() -> nn.Module:
    return drawn(Transformer(layers=2, width=WIDTH, heads=HEADS, vocabulary=11, context=8))


@pytest.fixture
def neox() -> GPTNeoXForCausalLM:
    shape = {"hidden_size": WIDTH, "num_hidden_layers": 2, "num_attention_heads": HEADS, "intermediate_size": 4 * WIDTH}
    ends = {"bos_token_id": 0, "eos_token_id": 0}
    return drawn(GPTNeoXForCausalLM(GPTNeoXConfig(vocab_size=11, max_position_embeddings=8, **shape, **ends)))


def test_values_are_those_of_the_library(transformer: nn.Module) -> None:
    settings = options()
    measured = values(transformer, settings)
    state = {name: tensor.numpy() for name, tensor in transformer.state_dict().items()}
    whole = interaction.transformer(state)
    around = [
        boxes.neighbourhoods(whole.restricted(nodes), settings.boxes)
        for nodes in interaction.draw(whole.layers, settings.sampling)
    ]
    q = moments(settings.moments)
    spectra = [spectrum.neurons(each.counts, each.radii, q) for each in around]
    exponents = [each.alpha_0 for each in spectra]
    assert measured["alpha_0"]["value"] == pytest.approx(np.mean(exponents))
    assert measured["alpha_0"]["standard_error"] == pytest.approx(np.std(exponents, ddof=1) / 3**0.5)
    assert measured["width"]["value"] == pytest.approx(np.mean([each.width for each in spectra]))
    assert measured["fit"]["value"] == pytest.approx(np.mean([each.worst_fit for each in spectra]))
    assert measured["survivors"]["value"] == pytest.approx(np.mean([each.survivors for each in around]))
    assert measured["alpha/-2"]["value"] == pytest.approx(np.mean([each.alpha[10] for each in spectra]))
    assert measured["f/3"]["value"] == pytest.approx(np.mean([each.f[60] for each in spectra]))
    assert measured["mean_weight"]["value"] == pytest.approx(nulls.mean_weight(whole))
    assert measured["weighted_degree"]["value"] == pytest.approx(nulls.weighted_degree(whole))
    assert all((row["task"], row["level"], row["layer"]) == (None, None, None) for row in measured.values())


def test_variants_are_those_that_signals_may_name(transformer: nn.Module) -> None:
    derived = {f"{prefix}E" for prefix in neuromfa.networks(options())}
    assert set(values(transformer, options())) == set(VARIANTS["neuromfa"]) - derived


def plain(model: GPTNeoXForCausalLM) -> nn.Module:
    """This project's transformer with the weights of a GPT-NeoX, whose heads keep their Q, K and V together."""
    ours = Transformer(layers=2, width=WIDTH, heads=HEADS, vocabulary=11, context=8)
    with torch.no_grad():
        for block, layer in zip(ours.blocks, model.gpt_neox.layers, strict=True):
            fused = layer.attention.query_key_value.weight
            for head in range(HEADS):
                for part in range(3):
                    size = WIDTH // HEADS
                    there, here = (3 * head + part) * size, part * WIDTH + head * size
                    block.attention.qkv.weight[here : here + size] = fused[there : there + size]
            block.attention.out.weight.copy_(layer.attention.dense.weight)
            block.expand.weight.copy_(layer.mlp.dense_h_to_4h.weight)
            block.contract.weight.copy_(layer.mlp.dense_4h_to_h.weight)
    return ours


def test_a_gpt_neox_is_the_transformer_whose_heads_are_taken_apart(neox: GPTNeoXForCausalLM) -> None:
    assert values(neox, options()) == values(plain(neox), options())


def test_a_gpt_neox_in_bfloat16_is_measured_as_it_is_rounded(neox: GPTNeoXForCausalLM) -> None:
    rounded = neox.to(torch.bfloat16)
    assert network(rounded).matrices[0].weights.dtype == np.float32
    assert values(rounded, options()) == values(rounded.float(), options())


def test_a_two_layer_network_has_inputs_and_hidden_neurons() -> None:
    model = drawn(TwoLayer(6, 20))
    whole = network(model)
    assert whole.layers == {"inputs": 6, "hidden": 20, "output": 1}
    np.testing.assert_array_equal(whole.matrices[0].weights, model.hidden.weight.detach().numpy().T)
    measured = values(model, options(nodes=100, samples=1))
    assert measured["survivors"]["value"] == 6 / 26, "hidden neurons have one edge, fewer than the cut-off"
    assert measured["alpha_0"]["standard_error"] is None


def permuted(model: nn.Module) -> nn.Module:
    """The same function: hidden units and heads of the transformer in another order."""
    generator = torch.Generator().manual_seed(1)
    same = Transformer(layers=2, width=WIDTH, heads=HEADS, vocabulary=11, context=8)
    same.load_state_dict(model.state_dict())
    with torch.no_grad():
        for block in same.blocks:
            hidden = torch.randperm(4 * WIDTH, generator=generator)
            block.expand.weight.copy_(block.expand.weight[hidden].clone())
            block.expand.bias.copy_(block.expand.bias[hidden].clone())
            block.contract.weight.copy_(block.contract.weight[:, hidden].clone())
            heads = torch.randperm(HEADS, generator=generator)
            places = torch.arange(WIDTH).view(HEADS, -1)[heads].flatten()
            every = torch.cat([places, WIDTH + places, 2 * WIDTH + places])
            block.attention.qkv.weight.copy_(block.attention.qkv.weight[every].clone())
            block.attention.qkv.bias.copy_(block.attention.qkv.bias[every].clone())
            block.attention.out.weight.copy_(block.attention.out.weight[:, places].clone())
    return same


def compared(measured: Rows, other: Rows, rel: float = 1e-9) -> None:
    assert {name: row["value"] for name, row in measured.items()} == pytest.approx(
        {name: row["value"] for name, row in other.items()}, rel=rel, abs=1e-9
    )


def test_the_order_of_heads_and_hidden_units_means_nothing(transformer: nn.Module) -> None:
    """But to which of them are sampled, and to where shuffled weights end up."""
    every = options(nodes=1000, samples=1)
    other = permuted(transformer)
    tokens = torch.randint(0, 11, (2, 8), generator=torch.Generator().manual_seed(0))
    places = torch.arange(8).expand(2, 8), torch.ones(8, 8, dtype=torch.bool).tril().expand(2, 8, 8)
    torch.testing.assert_close(*(model.hidden_states(tokens, *places)[-1] for model in (transformer, other)))
    before, after = (
        {name: row for name, row in values(model, every).items() if not name.startswith("shuffled/")}
        for model in (transformer, other)
    )
    compared(before, after, rel=1e-6)
    assert values(transformer, options())["alpha_0"] != values(other, options())["alpha_0"]


def test_signs_mean_nothing(transformer: nn.Module) -> None:
    before = values(transformer, options())
    with torch.no_grad():
        for parameter in transformer.parameters():
            parameter.mul_(-1)
    compared(before, values(transformer, options()))


@torch.no_grad()
def grown(model: nn.Module, factor: float) -> nn.Module:
    for parameter in model.parameters():
        parameter.mul_(factor)
    return model


def test_samples_and_nulls_are_the_same_at_every_checkpoint(transformer: nn.Module) -> None:
    """Weights that only grow, by a power of two, are at a later step what they were: the draws do not move them."""
    early, late = values(transformer, options(), seed=1), values(grown(transformer, 2.0), options(), seed=2)
    assert early["alpha_0"]["value"] != pytest.approx(late["alpha_0"]["value"], rel=0.05), "growth is seen"
    names = [name for name in early if name.startswith("rescaled/")]
    compared({name: early[name] for name in names}, {name: late[name] for name in names})
    twice = values(grown(transformer, 0.5), options(), seed=3)
    compared(early, twice)


def test_nulls_keep_what_they_should(transformer: nn.Module) -> None:
    whole = network(transformer)
    made = neuromfa.networks(options())
    assert list(made) == ["", "shuffled/", "gaussian/", "rescaled/"]
    for matrix, mixed in zip(whole.matrices, made["shuffled/"](whole, 0).matrices, strict=True):
        np.testing.assert_array_equal(np.sort(matrix.weights, axis=None), np.sort(mixed.weights, axis=None))
        assert not np.array_equal(matrix.weights, mixed.weights)
    normal, other = (nulls.sizes(made["gaussian/"](whole, number)) for number in (0, 1))
    assert normal == pytest.approx(nulls.sizes(whole), rel=0.2)
    assert not np.array_equal(normal, other), "each sample has draws of its own"
    assert nulls.sizes(made["rescaled/"](whole, 0)) == pytest.approx(0.02)


def test_where_no_neuron_survives_values_are_null(tmp_path: Path, transformer: nn.Module) -> None:
    rows = pd.DataFrame(values(grown(transformer, 1e-9), options()).values())
    about = {"study": "own", "run": "tiny", "size": "tiny", "parameters": 1, "seed": 0, "step": 5}
    types = {"task": "str", "level": "str", "layer": "Int64", "value": "float64", "standard_error": "float64"}
    tables.write(MEASURE, rows.assign(**about, measure="neuromfa").astype(types), tmp_path / "neuromfa.parquet")
    read = tables.read(MEASURE, tmp_path / "neuromfa.parquet").set_index("variant")
    assert read.loc[["survivors", "shuffled/survivors"], "value"].tolist() == [0, 0]
    assert read.loc[["alpha_0", "width", "fit", "f/0", "gaussian/alpha_0"], "value"].isna().all()
    assert np.isnan(read.loc["alpha_0", "standard_error"])
    assert read.loc["rescaled/alpha_0", "value"] > 0, "at its proper size it is a network as any"


def test_a_model_without_network_is_named() -> None:
    message = r"^Sequential: "
    with pytest.raises(MeasureError, match=message):
        values(nn.Sequential(nn.Linear(2, 3)), options())


def test_a_block_that_lacks_a_matrix_is_named(transformer: nn.Module) -> None:
    del transformer.blocks[1].expand.weight
    with pytest.raises(MeasureError, match=r"no 'blocks\.1\.expand\.weight'"):
        values(transformer, options())


def test_weights_that_are_no_numbers_are_refused(transformer: nn.Module) -> None:
    with torch.no_grad():
        transformer.blocks[0].expand.weight.fill_(torch.nan)
    with pytest.raises(MeasureError, match=r"^weights: .*finite"):
        values(transformer, options())


BUILD = """
from emergence.models.transformer import Transformer

def build():
    return Transformer(layers=1, width=8, heads=2, vocabulary=5, context=4)
"""


def test_the_command_measures_checkpoints_of_ones_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("of_neuromfa.py").write_text(BUILD)
    Path("checkpoints").mkdir()
    model = drawn(Transformer(layers=1, width=8, heads=2, vocabulary=5, context=4))
    safetensors.torch.save_model(model, "checkpoints/step3.safetensors")
    tensors = {"mine.inputs": torch.ones(2, 4), "mine.targets": torch.zeros(2, dtype=torch.int64)}
    safetensors.torch.save_file(tensors, "data.safetensors")
    given = ["--measure", "neuromfa", "--data", "data.safetensors", "--table", "table.parquet"]
    extra = ["--options", '{"sampling": {"nodes": 8, "samples": 2, "seed": 1}}']
    assert main(["measure", "checkpoints", "--model", "of_neuromfa:build", *given, *extra]) == 0
    rows = tables.read(MEASURE, Path("table.parquet"))
    assert rows["step"].unique().tolist() == [3]
    assert rows.loc[rows["variant"] == "survivors", "value"].item() > 0
