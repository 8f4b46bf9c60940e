"""Which layers of a module are looked at, and what they give."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn

from emergence.measures.module_gradients import output
from emergence.measures.subject import MeasureError

ROWS = 256
"""examples that go through a module at once"""


def blocks(model: nn.Module) -> list[str]:
    """Names of the layers that are looked at by default.

    They are the members of the longest `nn.ModuleList` within the module, as a transformer's blocks are; without one,
    the direct children of the module (of its only child, if it has but one), as in an `nn.Sequential`.
    """
    lists = [(name, module) for name, module in model.named_modules() if isinstance(module, nn.ModuleList)]
    name, module = max(lists, key=lambda found: len(found[1]), default=("", model))
    while len(children := list(module.named_children())) == 1:
        name, module = _below(name, children[0][0]), children[0][1]
    return [_below(name, child) for child, _ in children] or [name]


def existing(model: nn.Module, names: Sequence[str] | None) -> list[str]:
    """Names of layers, `blocks` if none are given.

    Raises:
        MeasureError: if the model has no such submodule.
    """
    known = [name for name, _ in model.named_modules()]
    unknown = [name for name in names or [] if name not in known]
    if unknown:
        raise MeasureError(f"the model has no layer {unknown[0]!r}; it has {', '.join(filter(None, known))}")
    return blocks(model) if names is None else list(names)


@torch.no_grad()
def states(model: nn.Module, layers: Sequence[str], inputs: Tensor) -> Iterator[tuple[int, dict[str, Tensor]]]:
    """Number of each layer, from 1, and what it makes of inputs: by pooling, (examples, width), float64.

    Raises:
        MeasureError: if a layer is not run, or gives no floating-point tensor with an axis of examples and one more.
    """
    parts = []
    for rows in inputs.split(ROWS):
        with watched(model, layers) as seen:
            model(rows)
        parts.append([_pooled(layer, seen.get(layer), len(rows)) for layer in layers])
    for number, found in enumerate(zip(*parts, strict=True), start=1):
        yield number, {pooling: torch.cat([part[pooling] for part in found]) for pooling in found[0]}


@contextmanager
def watched(model: nn.Module, layers: Sequence[str]) -> Iterator[dict[str, Any]]:
    """Record the outputs of layers."""
    seen: dict[str, Any] = {}

    def record(layer: str) -> Callable[..., None]:
        return lambda module, given, found: seen.update({layer: output(found)})  # noqa: ARG005

    handles = [model.get_submodule(layer).register_forward_hook(record(layer)) for layer in layers]
    try:
        yield seen
    finally:
        for handle in handles:
            handle.remove()


def _pooled(layer: str, found: Any, examples: int) -> dict[str, Tensor]:
    if not isinstance(found, Tensor) or not found.is_floating_point() or found.dim() < 2 or len(found) != examples:
        raise MeasureError(f"layer {layer!r} gives no numbers for each example; name others (layers)")
    values = found.double()
    match values.dim():
        case 2:
            return {"answer": values}
        case 3:
            return {"answer": values[:, -1], "mean": values.mean(dim=1)}
        case _:
            return {"answer": values.flatten(2).mean(dim=2)}


def _below(name: str, child: str) -> str:
    return f"{name}.{child}" if name else child
