"""Groups of examples: inputs and targets by name, as tensors that a module can be run on."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from emergence.subjects.subject import MeasureError

IGNORED = -100
"""target that is not a token, as everywhere in PyTorch"""

Examples = tuple[Any, Any]
"""Inputs and targets, tensors or what makes one; their first axis counts examples."""


@dataclass(frozen=True)
class NamedGroup:
    """A group of examples by its name."""

    task: str
    level: str | None = None

    @classmethod
    def parse(cls, text: str) -> "NamedGroup":
        """Read a name, with a level behind a slash if it has one.

        >>> NamedGroup.parse("parity/3"), NamedGroup.parse("mine")
        (NamedGroup(task='parity', level='3'), NamedGroup(task='mine', level=None))
        """
        return cls(*text.split("/", maxsplit=1))


def group_examples(tensors: Mapping[str, Tensor], path: Path) -> dict[str, Examples]:
    """Tensors of a file, called ``<group>.inputs`` and ``<group>.targets``, by group.

    Raises:
        MeasureError: if a tensor has another name or no partner.
    """
    groups = sorted({key.rpartition(".")[0] for key in tensors})  # safetensors gives them in any order
    expected = {f"{group}.{part}" for group in groups for part in ("inputs", "targets")}
    if wrong := sorted(expected ^ tensors.keys()):
        raise MeasureError(f"{path}: {wrong[0]} is missing or has no partner", "name tensors <group>.inputs, .targets")
    return {group: (tensors[f"{group}.inputs"], tensors[f"{group}.targets"]) for group in groups}


def as_tensors(text: str, pair: Examples, model: nn.Module, classes: bool) -> tuple[Tensor, Tensor]:
    """Inputs and targets as tensors on the model's device, of types that it computes with.

    Args:
        text: Name of the group.
        pair: Inputs and targets, with equally many examples.
        model: Whose device and type of floats they get.
        classes: Whether targets are numbers of classes.

    Raises:
        MeasureError: if they are no such tensors, or no example has a target.
    """
    try:
        inputs, targets = (torch.as_tensor(part).detach() for part in pair)
    except (TypeError, ValueError, RuntimeError) as error:
        reason = " ".join(str(error).split())
        raise MeasureError(f"{text}: cannot be made into tensors of inputs and targets ({reason})") from None
    inputs, targets = _converted(inputs, model), _converted(targets, model)
    if inputs.dim() == 0 or targets.dim() == 0 or len(inputs) != len(targets) or len(inputs) == 0:
        shapes = f"{tuple(inputs.shape)} and {tuple(targets.shape)}"
        raise MeasureError(f"{text}: inputs and targets have shapes {shapes}", "they need equally many examples")
    if not classes:
        return inputs, targets
    if targets.is_floating_point():
        raise MeasureError(f"{text}: targets are {targets.dtype}, but cross-entropy needs integers", "give a loss")
    if (targets == IGNORED).all():
        raise MeasureError(f"{text}: has no target, all are {IGNORED}", "leave the group out")
    return inputs, targets.long()


def _converted(values: Tensor, model: nn.Module) -> Tensor:
    """On the model's device: floats in its type, if it has one, and integers but bytes as int64."""
    values = values.to(next(model.parameters()).device)
    types = {parameter.dtype for parameter in model.parameters() if parameter.is_floating_point()}
    if values.is_floating_point():
        return values.to(types.pop()) if len(types) == 1 else values
    return values if values.dtype in (torch.bool, torch.uint8) or values.is_complex() else values.long()
