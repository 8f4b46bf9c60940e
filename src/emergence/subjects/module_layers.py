"""Layers of a module: which are measured by default, and their outputs, recorded by hooks."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.utils.parametrize import is_parametrized

from emergence.subjects.subject import MeasureError

ROWS = 256
"""examples in one forward pass without gradients"""


def layer_names(model: nn.Module, names: Sequence[str] | None) -> list[str]:
    """Names of layers, `default_layers` if none are given.

    Raises:
        MeasureError: if the model has no such submodule, or its default layers are not clear.
    """
    known = [name for name, _ in model.named_modules()]
    unknown = [name for name in names or [] if name not in known]
    if unknown:
        raise MeasureError(f"the model has no layer {unknown[0]!r}", f"it has {', '.join(filter(None, known))}")
    return default_layers(model) if names is None else list(names)


def default_layers(model: nn.Module) -> list[str]:
    """Names of the layers measured by default.

    They are the members of the model's list of blocks: an `nn.ModuleList`, or an `nn.Sequential` in which a module that
    has parts of its own is repeated; the outermost, so that heads or experts inside a block are not taken for blocks. A
    list of modules with parts comes before lists of single layers. Without a list they are the direct children of the
    module (of its only child, if it has but one), as in a plain `nn.Sequential`.

    Raises:
        MeasureError: if several lists could be meant, as in an encoder with a decoder.
    """
    lists = block_lists(model)
    if len(lists) > 1:
        raise MeasureError(
            f"the model has several lists of blocks: {', '.join(lists)}",
            f"name the layers to measure (layers), such as {next(iter(lists.values()))[0]}",
        )
    if lists:
        return next(iter(lists.values()))
    name, module = "", model
    while len(children := _children(module)) == 1:
        name, module = _below(name, children[0][0]), children[0][1]
    return _members(name, module) or [name]


def block_lists(model: nn.Module) -> dict[str, list[str]]:
    """Names of the blocks in each list that could be the model's list of blocks, as `default_layers` finds them."""
    lists = dict(_outermost_lists("", model))
    chosen = {name: module for name, module in lists.items() if _blocks(module)} or lists
    return {name: _members(name, module) for name, module in chosen.items()}


def _members(name: str, module: nn.Module) -> list[str]:
    return [_below(name, child) for child, _ in _children(module)]


def _children(module: nn.Module) -> list[tuple[str, nn.Module]]:
    """Parts of a module by name, without those that compute its weights (`torch.nn.utils.parametrize`)."""
    return [pair for pair in module.named_children() if not (pair[0] == "parametrizations" and is_parametrized(module))]


def _outermost_lists(name: str, module: nn.Module) -> Iterator[tuple[str, nn.Module]]:
    """Lists of blocks by name, none inside another."""
    repeated = max(Counter(map(type, _blocks(module))).values(), default=0) > 1
    if (isinstance(module, nn.ModuleList) and len(module)) or (isinstance(module, nn.Sequential) and repeated):
        yield name, module
        return
    for child, part in _children(module):
        yield from _outermost_lists(_below(name, child), part)


def _blocks(module: nn.Module) -> list[nn.Module]:
    """Children that have parts of their own."""
    return [child for _, child in _children(module) if _children(child)]


@torch.no_grad()
def layer_states(model: nn.Module, layers: Sequence[str], inputs: Tensor) -> Iterator[tuple[int, dict[str, Tensor]]]:
    """Number of each layer, from 1, and its representations of inputs: by pooling, (examples, width), float64.

    Args:
        model: Run without gradients.
        layers: Names of submodules, as `layer_names` gives them.
        inputs: (examples, …).

    Raises:
        MeasureError: if a layer is not run, or gives no floating-point tensor with an axis of examples and one more.
    """
    parts = []
    for rows in inputs.split(ROWS):
        with recorded_outputs(model, layers) as seen:
            model(rows.clone())  # which a model may overwrite
        parts.append([_pooled(layer, seen.get(layer), len(rows)) for layer in layers])
    for number, slices in enumerate(zip(*parts, strict=True), start=1):
        yield number, {pooling: torch.cat([part[pooling] for part in slices]) for pooling in slices[0]}


@contextmanager
def recorded_outputs(model: nn.Module, layers: Sequence[str]) -> Iterator[dict[str, Any]]:
    """Record copies of the outputs of layers, as later layers that work in place would overwrite the outputs."""
    seen: dict[str, Any] = {}

    def record(layer: str) -> Callable[..., None]:
        def hook(module: nn.Module, given: Any, output: Any) -> None:  # noqa: ARG001
            main = main_output(output)
            seen[layer] = main.detach().clone() if isinstance(main, Tensor) else main

        return hook

    handles = [model.get_submodule(layer).register_forward_hook(record(layer)) for layer in layers]
    try:
        yield seen
    finally:
        for handle in handles:
            handle.remove()


def main_output(output: Any) -> Any:
    """The main tensor of a module's output: ``logits`` if it names them, else the first of a tuple, list or mapping.

    >>> main_output({"hidden": 1, "logits": 2}), main_output((3, None)), main_output(4)
    (2, 3, 4)
    """
    if isinstance(output, Mapping):
        return output["logits"] if "logits" in output else next(iter(output.values()), None)
    output = getattr(output, "logits", output)
    return next(iter(output), None) if isinstance(output, tuple | list) else output


def _pooled(layer: str, output: Any, examples: int) -> dict[str, Tensor]:
    if not isinstance(output, Tensor) or not output.is_floating_point() or output.dim() < 2 or len(output) != examples:
        raise MeasureError(f"layer {layer!r} gives no numbers for each example", "name others (layers)")
    values = output.double()
    match values.dim():
        case 2:
            return {"answer": values}
        case 3:
            return {"answer": values[:, -1], "mean": values.mean(dim=1)}
        case _:
            return {"answer": values.flatten(2).mean(dim=2)}


def _below(name: str, child: str) -> str:
    return f"{name}.{child}" if name else child
