"""Networks from state dicts, and samples of their nodes."""

import numpy as np
import pytest
import torch

from emergence.config.neuromfa import Sampling
from emergence.models.parity_networks import ScalarTransformer, TwoLayer
from emergence.models.transformer import Transformer
from emergence.multifractal import interaction
from emergence.multifractal.interaction import Matrix, Network
from emergence.multifractal.spectrum import MultifractalError

NAMES = [("h0", "qkv0"), ("attention0", "a0"), ("a0", "m0"), ("m0", "h1")]


def ends(network: Network) -> list[tuple[str, str]]:
    return [(matrix.source, matrix.target) for matrix in network.matrices]


def test_transformer() -> None:
    model = Transformer(layers=12, width=8, heads=2, vocabulary=5, context=6).initialise(torch.Generator())
    network = interaction.transformer(model.state_dict())
    assert len(network.matrices) == 48
    assert ends(network)[:5] == [*NAMES, ("h1", "qkv1")]
    assert network.layers["m3"] == 32
    assert network.layers["qkv11"] == 24
    assert network.layers["h12"] == 8
    assert sum(network.layers.values()) == 12 * 10 * 8 - 12 * 8 * 1 + 12 * 8 + 8
    for block, first in ((0, 0), (10, 40)):  # the eleventh, not the third, as by name
        for matrix, name in zip(network.matrices[first:], interaction.OURS, strict=False):
            weight = model.state_dict()[f"blocks.{block}.{name}.weight"].numpy()
            assert (matrix.weights == weight.T).all()
            assert matrix.source.endswith(str(block))


def test_edges_are_those_of_the_model() -> None:
    """An input coordinate reaches an output coordinate by the weight between them."""
    model = TwoLayer(inputs=3, width=4)
    first, second = interaction.two_layer(model.state_dict()).matrices
    unit = model.hidden(torch.eye(3)[0]) - model.hidden.bias
    np.testing.assert_allclose(first.weights[0], unit.detach().numpy(), atol=1e-6)
    assert (first.source, first.target, second.target) == ("inputs", "hidden", "output")
    assert second.weights.shape == (4, 1)


def test_one_block_of_the_scalar_transformer() -> None:
    assert ends(interaction.transformer(ScalarTransformer(6, 8, 2).state_dict())) == NAMES


def test_fused_rows_by_hand() -> None:
    """Two heads two wide: rows come as q, k, v of the first head, then q, k, v of the second."""
    fused = np.array([[11, 0], [12, 0], [21, 0], [22, 0], [31, 0], [32, 0]], dtype=np.float64)
    fused = np.concatenate([fused, fused + 100])
    state = {f"gpt_neox.layers.0.{name}.weight": np.zeros((4, 4)) for name in interaction.GPT_NEOX}
    state["gpt_neox.layers.0.attention.query_key_value.weight"] = fused
    weights = interaction.gpt_neox(state, heads=2).matrices[0].weights
    assert weights[0].tolist() == [11, 12, 111, 112, 21, 22, 121, 122, 31, 32, 131, 132]


def test_gpt_neox_projects_as_the_model_does() -> None:
    transformers = pytest.importorskip("transformers")
    shape = {"vocab_size": 7, "hidden_size": 8, "num_hidden_layers": 2, "num_attention_heads": 2}
    model = transformers.GPTNeoXForCausalLM(transformers.GPTNeoXConfig(**shape, intermediate_size=32))
    network = interaction.gpt_neox(model.state_dict(), heads=2)
    assert ends(network)[:4] == NAMES
    assert network.layers == {
        "h0": 8, "qkv0": 24, "attention0": 8, "a0": 8, "m0": 32, "h1": 8, "qkv1": 24, "attention1": 8, "a1": 8,
        "m1": 32, "h2": 8,
    }  # fmt: skip
    fused = model.gpt_neox.layers[0].attention.query_key_value
    x = torch.randn(8, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        heads = (fused(x) - fused.bias).view(2, 3 * 4).chunk(3, dim=-1)  # as transformers does
    expected = torch.cat([part.flatten() for part in heads]).numpy()
    np.testing.assert_allclose(x.numpy() @ network.matrices[0].weights, expected, atol=1e-5)


def test_samples_are_paired_and_shaped() -> None:
    layers = {"h0": 40, "qkv0": 120, "attention0": 40, "a0": 40, "m0": 160, "h1": 40}
    drawn = interaction.draw(layers, Sampling(nodes=8, samples=3, seed=1))
    again = interaction.draw(dict(layers), Sampling(nodes=8, samples=5, seed=1))
    assert len(drawn) == 3
    for one, other in zip(drawn, again[:3], strict=True):
        assert all((one[name] == other[name]).all() for name in layers)
        assert {name: chosen.size for name, chosen in one.items()} == {
            "h0": 8, "qkv0": 24, "attention0": 8, "a0": 8, "m0": 16, "h1": 8,
        }  # fmt: skip
        assert all(np.unique(chosen).size == chosen.size for chosen in one.values())
        assert (one["qkv0"].reshape(3, 8) == one["qkv0"][:8] + np.array([[0], [40], [80]])).all()
    assert any((drawn[0][name] != drawn[1][name]).any() for name in layers)


def test_narrow_layers_are_taken_whole() -> None:
    (nodes,) = interaction.draw({"qkv0": 12, "m0": 16, "a0": 4}, Sampling(nodes=10, samples=1, seed=1))
    assert nodes["a0"].tolist() == list(range(4))
    assert nodes["m0"].tolist() == list(range(16))
    assert nodes["qkv0"].tolist() == list(range(12))


def test_restricted_network() -> None:
    weights = np.arange(12.0).reshape(3, 4)
    network = Network((Matrix("a", "b", weights),)).restricted({"a": np.array([2, 0]), "b": np.array([1])})
    assert network.matrices[0].weights.tolist() == [[9], [1]]


def test_foreign_weights_are_refused() -> None:
    with pytest.raises(MultifractalError, match=r"^weights: .*'attention\.qkv\.weight'"):
        interaction.transformer({"x": np.zeros(1)})
    state = dict(ScalarTransformer(6, 8, 2).state_dict())
    with pytest.raises(MultifractalError, match=r"^weights: no 'block\.contract\.weight'"):
        interaction.transformer({name: value for name, value in state.items() if "contract" not in name})
    with pytest.raises(MultifractalError, match=r"^hidden\.weight: .*\(3,\)"):
        interaction.two_layer({"hidden.weight": np.zeros(3), "readout.weight": np.zeros((1, 3))})
    names = {f"0.{name}.weight": np.zeros((4, 4)) for name in interaction.GPT_NEOX}
    with pytest.raises(MultifractalError, match=r"4 rows .* 3 heads"):
        interaction.gpt_neox(names, heads=3)
    with pytest.raises(MultifractalError, match="layer b: 4 nodes"):
        _ = Network((Matrix("a", "b", np.zeros((2, 4))), Matrix("b", "c", np.zeros((3, 2))))).layers
