"""Weights of any module: whatever the layout and the wrapper, and a clear line for a tensor that does not fit."""

import json
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file, save_model
from support.damage import one_line
from torch import Tensor, nn

from emergence.checkpoints.module_loading import load_module
from emergence.checkpoints.weights import SeriesError


def network(seed: int = 0) -> nn.Sequential:
    torch.manual_seed(seed)
    return nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4), nn.Linear(4, 2))


def state(seed: int) -> dict[str, Tensor]:
    return {name: tensor.clone() for name, tensor in network(seed).state_dict().items()}


def equal(model: nn.Module, tensors: dict[str, Tensor]) -> bool:
    own = model.state_dict()
    return own.keys() == tensors.keys() and all(torch.equal(own[name], tensor) for name, tensor in tensors.items())


@pytest.mark.parametrize(
    "prefix",
    ["", "module.", "_orig_mod.", "module._orig_mod.", "_fsdp_wrapped_module.", "_fsdp_wrapped_module.module."],
)
def test_prefixes_of_wrappers_are_taken_off(prefix: str, tmp_path: Path) -> None:
    save_file({prefix + name: tensor for name, tensor in state(1).items()}, tmp_path / "a.safetensors")
    model = network()
    places = [tensor.data_ptr() for tensor in model.state_dict().values()]
    load_module(model, tmp_path / "a.safetensors")
    assert equal(model, state(1))
    assert places == [tensor.data_ptr() for tensor in model.state_dict().values()]


def test_wrappers_within_a_model_and_of_the_model_itself_are_seen_through(tmp_path: Path) -> None:
    inner = {name.replace("0.", "0._checkpoint_wrapped_module.", 1): tensor for name, tensor in state(1).items()}
    save_file(inner, tmp_path / "a.safetensors")
    wrapped = nn.DataParallel(network())
    load_module(wrapped, tmp_path / "a.safetensors")
    assert equal(wrapped.module, state(1))


def test_shards_are_read_by_their_index(tmp_path: Path) -> None:
    tensors = list(state(1).items())
    for number, part in enumerate((tensors[:3], tensors[3:]), start=1):
        save_file(dict(part), tmp_path / f"model-0000{number}-of-00002.safetensors")
    names = {name: f"model-0000{1 if place < 3 else 2}-of-00002.safetensors" for place, (name, _) in enumerate(tensors)}
    (tmp_path / "model.safetensors.index.json").write_text(json.dumps({"weight_map": names}))
    model = network()
    load_module(model, tmp_path)
    assert equal(model, state(1))


class Tied(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.first, self.last = nn.Embedding(3, 2), nn.Linear(2, 3, bias=False)
        self.last.weight = self.first.weight


def test_one_of_two_tied_weights_is_enough_and_both_must_agree(tmp_path: Path) -> None:
    model, path = Tied(), tmp_path / "a.safetensors"
    save_model(model, path)
    expected = model.first.weight.detach().clone()
    nn.init.zeros_(model.first.weight)
    load_module(model, path)
    assert torch.equal(model.last.weight, expected)
    save_file({"first.weight": expected, "last.weight": expected.clone()}, path)
    load_module(model, path)
    save_file({"first.weight": expected, "last.weight": expected + 1}, path)
    with pytest.raises(SeriesError, match=r"first\.weight and last\.weight") as error:
        load_module(model, path)
    one_line(error)


MISFITS = {
    "less": (lambda tensors: tensors.pop("2.bias"), r"lacks 2\.bias$"),
    "more": (lambda tensors: tensors.update({"3.bias": torch.zeros(2)}), r"unexpected 3\.bias$"),
    "another shape": (lambda tensors: tensors.update({"2.bias": torch.zeros(5)}), r"holds 2\.bias \(5,\), not \(2,\)"),
}


@pytest.mark.parametrize("kind", MISFITS)
def test_a_tensor_that_does_not_fit_is_named(kind: str, tmp_path: Path) -> None:
    change, message = MISFITS[kind]
    tensors = state(1)
    change(tensors)
    save_file(tensors, tmp_path / "a.safetensors")
    with pytest.raises(SeriesError, match=rf"a\.safetensors: .*{message}") as error:
        load_module(network(), tmp_path / "a.safetensors")
    one_line(error)
