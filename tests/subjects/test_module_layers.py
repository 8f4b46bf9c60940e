"""Which layers are blocks, and what hooks record of them, against a pass by hand."""

from collections.abc import Callable

import pytest
import torch
from synthetic.tiny_modules import Mix, Tokens, images, sequences
from torch import Tensor, nn
from torch.nn.utils.parametrizations import weight_norm

from emergence.models.transformer import Transformer
from emergence.subjects.module_layers import default_layers, layer_names, layer_states
from emergence.subjects.subject import MeasureError
from emergence.subjects.torch_module import ModuleSubject


class Heads(nn.Module):
    """A block with a list of its own, longer than that of the blocks."""

    def __init__(self) -> None:
        super().__init__()
        self.heads = nn.ModuleList(nn.Sequential(nn.Linear(6, 1), nn.Tanh()) for _ in range(6))

    def forward(self, x: Tensor) -> Tensor:
        return x + torch.cat([head(x) for head in self.heads], dim=-1)


def parts(**modules: nn.Module) -> nn.Module:
    """A module with these parts."""
    model = nn.Module()
    for name, module in modules.items():
        model.add_module(name, module)
    return model


def linears(count: int) -> list[nn.Module]:
    return [nn.Linear(6, 6) for _ in range(count)]


@pytest.mark.parametrize(
    ("model", "layers"),
    [
        (Tokens(), ["blocks.0", "blocks.1"]),
        (Transformer(3, 8, 2, 5, 4), ["blocks.0", "blocks.1", "blocks.2"]),
        (Transformer(1, 8, 2, 5, 4), ["blocks.0"]),
        (parts(embed=nn.Embedding(3, 6), blocks=nn.Sequential(Heads(), Heads())), ["blocks.0", "blocks.1"]),
        (parts(transformer=nn.ModuleDict({"h": nn.ModuleList([Heads()])})), ["transformer.h.0"]),
        (parts(blocks=nn.ModuleList([Mix(), Mix()]), answers=nn.ModuleList(linears(9))), ["blocks.0", "blocks.1"]),
        (parts(layers=nn.ModuleList(linears(2)), out=nn.Sequential(*linears(5))), ["layers.0", "layers.1"]),
        (nn.Sequential(nn.Linear(6, 6), Heads(), Heads()), ["0", "1", "2"]),
        (parts(features=nn.Sequential(*linears(2), nn.ReLU()), head=nn.Linear(6, 2)), ["features", "head"]),
        (images()[0], ["0", "1", "2", "3"]),
        (nn.Sequential(images()[0]), ["0.0", "0.1", "0.2", "0.3"]),
        (nn.Sequential(weight_norm(nn.Linear(6, 6)), nn.Tanh(), weight_norm(nn.Linear(6, 6))), ["0", "1", "2"]),
        (nn.Linear(2, 2), [""]),
    ],
    ids=[
        "list", "transformer", "one block", "sequential", "dictionary", "heads beside", "single layers", "with ends",
        "plain parts", "plain", "wrapped", "parametrised", "layer",
    ],
)  # fmt: skip
def test_blocks_are_the_outermost_list(model: nn.Module, layers: list[str]) -> None:
    assert default_layers(model) == layers


@pytest.mark.parametrize("kind", [nn.ModuleList, lambda modules: nn.Sequential(*modules)])
def test_of_several_lists_none_is_guessed(kind: Callable[[list[nn.Module]], nn.Module]) -> None:
    model = parts(encoder=parts(layers=kind([Mix(), Mix()])), decoder=parts(layers=kind([Mix(), Mix()])))
    with pytest.raises(MeasureError, match=r"encoder\.layers, decoder\.layers.*encoder\.layers\.0"):
        default_layers(model)
    assert layer_names(model, ["decoder.layers.1"]) == ["decoder.layers.1"]


@pytest.mark.parametrize("double", [False, True])
def test_outputs_are_those_before_later_layers_work_in_place(double: bool) -> None:
    class Adds(nn.Linear):
        def forward(self, x: Tensor) -> Tensor:
            x += super().forward(x)
            return x

    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(4, 5), nn.ReLU(inplace=True), Adds(5, 5), nn.Sigmoid())
    x = torch.randn(7, 4)
    model, x = (model.double(), x.double()) if double else (model, x)
    before = x.clone()
    first = model[0](x)
    second = first.relu()
    expected = [first, second, second + nn.functional.linear(second, model[2].weight, model[2].bias)]
    for (_, pooled), states in zip(layer_states(model, ["0", "1", "2"], x), expected, strict=True):
        assert torch.equal(pooled["answer"], states.detach().double())
    list(layer_states(nn.Sequential(nn.ReLU(inplace=True)), ["0"], x))
    assert torch.equal(x, before), "nor are the examples overwritten"


def test_sequences_are_pooled_to_the_last_token_and_the_mean(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("emergence.subjects.module_layers.ROWS", 4)
    model, (inputs, targets) = Tokens(), sequences()
    pooled = list(ModuleSubject(model, {"mine": (inputs, targets)}).representations())
    assert [(part.pooling, list(part.layers)) for part in pooled] == [
        (pooling, [layer]) for layer in (1, 2) for pooling in ("answer", "mean")
    ]
    first, _ = model.blocks[0](model.embed(inputs))
    second, _ = model.blocks[1](first)
    for part, expected in zip(pooled, (first[:, -1], first.mean(1), second[:, -1], second.mean(1)), strict=True):
        assert part.values.dtype == torch.float64
        torch.testing.assert_close(part.values[0].float(), expected.detach())


def test_images_are_pooled_over_places_and_vectors_not_at_all() -> None:
    model, x, y = images()
    pooled = list(ModuleSubject(model, {"mine": (x, y)}, layers=["0", "3"]).representations())
    torch.testing.assert_close(pooled[0].values[0].float(), model[0](x).mean(dim=(2, 3)).detach())
    torch.testing.assert_close(pooled[1].values[0].float(), model(x).detach())
    assert not model[0]._forward_hooks


def test_a_layer_that_does_not_exist_or_gives_no_numbers_is_named() -> None:
    with pytest.raises(MeasureError, match=r"'nine'.*blocks\.0"):
        layer_names(Tokens(), ["nine"])
    with pytest.raises(MeasureError, match=r"'blocks' .*numbers"):  # a list is not run
        list(layer_states(Tokens(), ["blocks"], sequences()[0]))
