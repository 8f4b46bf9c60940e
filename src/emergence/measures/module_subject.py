"""Any module with tensors of inputs and targets, as a subject of measures."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from emergence.measures import module_layers
from emergence.measures.module_gradients import grams, output
from emergence.measures.subject import Batch, Grams, Labels, Loss, MeasureError, Representation, name, several

IGNORED = -100
"""a target that is no token, as everywhere in PyTorch"""

Examples = tuple[Any, Any]
"""Inputs and targets, tensors or what makes one; their first axis counts examples."""
OwnLoss = Callable[[Tensor, Tensor], Tensor]
"""From outputs and targets to one loss an example, (examples,) or (examples, tokens)."""


@dataclass(frozen=True)
class Named:
    """A group of examples by its name."""

    task: str
    level: str | None = None

    @classmethod
    def of(cls, text: str) -> "Named":
        """Read a name, with a level behind a slash if it has one.

        >>> Named.of("parity/3"), Named.of("mine")
        (Named(task='parity', level='3'), Named(task='mine', level=None))
        """
        return cls(*text.split("/", maxsplit=1))


class ModuleSubject:
    """A module seen through groups of examples, ``{"mine": (inputs, targets)}``.

    The loss is cross-entropy on the module's logits: (examples, classes) with targets (examples,), or (examples,
    tokens, classes) with targets (examples, tokens), each the token to be predicted there, −100 where there is none.
    ``loss`` replaces it. ``layers`` are names of submodules, as in ``model.named_modules()``; without, see
    `emergence.measures.module_layers.blocks`. A layer's output (examples, tokens, width) is pooled to its last token,
    ``answer``, and to its ``mean`` over tokens; of images (examples, channels, height, width), ``answer`` is the mean
    over places.
    """

    def __init__(
        self,
        model: nn.Module,
        data: Mapping[str, Examples],
        layers: Sequence[str] | None = None,
        loss: OwnLoss | None = None,
    ) -> None:
        """Look at a model through data.

        Raises:
            MeasureError: if a group is ill-formed, a layer does not exist, or nothing in the model is trained.
        """
        trained = next((parameter for parameter in model.parameters() if parameter.requires_grad), None)
        if trained is None:
            raise MeasureError("the model has no parameter that requires a gradient")
        if not data:
            raise MeasureError("no groups of examples; give at least one: {'mine': (inputs, targets)}")
        self.model, self.loss, self.layers = model, loss, module_layers.existing(model, layers)
        self.examples = {Named.of(text): _tensors(text, pair, trained.device, loss) for text, pair in data.items()}
        self.groups = tuple(self.examples)

    def representations(self) -> Iterator[Representation]:
        """Output of every layer, pooled over tokens."""
        for group, (inputs, _) in self.examples.items():
            for number, pooled in module_layers.states(self.model, self.layers, inputs):
                for pooling, values in pooled.items():
                    yield Representation(group, pooling, [number], values[None])

    def labels(self, group: Named) -> Labels | None:
        """Targets, if the loss is cross-entropy; examples with equal inputs have one prompt."""
        if self.loss is not None:
            return None
        inputs, targets = self.examples[group]
        return Labels(_by_token(targets), _by_token(inputs).unique(dim=0, return_inverse=True)[1])

    def losses(self, groups: Sequence[Named], samples: int | None = None) -> list[Tensor]:
        """Loss of every target, in one pass for each group."""
        return self._losses({group: slice(samples) for group in groups})

    def mixture(self, groups: Sequence[Named], parts: Sequence[Tensor]) -> Tensor:  # noqa: ARG002
        """Every answer token counts alike."""
        return torch.cat(list(parts)).mean()

    def batches(self, groups: Sequence[Named], number: int, examples: int, seed: int) -> list[Batch]:
        """Examples drawn from the data, each at most once a batch."""
        rng = np.random.default_rng(seed)
        drawn = [{group: self._drawn(group, examples, rng) for group in groups} for _ in range(number)]
        return [partial(self._losses, chosen) for chosen in drawn]

    def grams(self, group: Named, samples: int, leading: int, loss: Loss | None = None) -> Grams:
        """Exact inner products, a few samples at a time."""
        inputs, targets = (part[:samples] for part in self.examples[group])
        several(group, len(inputs))
        with torch.no_grad():
            outputs = output(self.model(inputs))
        outputs.requires_grad_()
        each, kept = self._each(group, outputs, targets)
        if loss is None:
            total = (each.sum(dim=1) / kept.sum(dim=1).clamp(min=1)).sum()
        elif self.loss is None:
            logits = outputs.view(*kept.shape, -1)
            total = loss(torch.where(kept[..., None], logits, logits.detach())).sum()
        else:
            raise MeasureError(f"{name(group)}: this measure needs logits of classes, not a loss of your own")
        return grams(self.model, inputs, torch.autograd.grad(total, outputs)[0], leading)

    def _losses(self, chosen: Mapping[Named, Any]) -> list[Tensor]:
        """Loss of every target of the chosen examples of each group."""
        found = []
        for group, index in chosen.items():
            inputs, targets = (part[index] for part in self.examples[group])
            each, kept = self._each(group, output(self.model(inputs)), targets)
            found.append(each[kept])
        return found

    def _each(self, group: Named, outputs: Tensor, targets: Tensor) -> tuple[Tensor, Tensor]:
        """Losses (examples, tokens), and which of them are of tokens."""
        if self.loss is None:
            _fitting(group, outputs, targets)
            each = F.cross_entropy(outputs.movedim(-1, 1), targets, ignore_index=IGNORED, reduction="none")
            return _by_token(each), _by_token(targets != IGNORED)
        each = self.loss(outputs, targets)
        if each.shape[:1] != targets.shape[:1]:
            shapes = f"{tuple(each.shape)} for {len(targets)} examples"
            raise MeasureError(f"{name(group)}: the loss has shape {shapes}; it must give one value each")
        return _by_token(each), torch.ones_like(_by_token(each), dtype=torch.bool)

    def _drawn(self, group: Named, examples: int, rng: np.random.Generator) -> Tensor:
        there = len(self.examples[group][0])
        if examples > there:
            raise MeasureError(f"{name(group)}: batches of {examples} of {there} examples; lower the option examples")
        return torch.from_numpy(rng.choice(there, examples, replace=False))


def _tensors(text: str, pair: Examples, device: torch.device, loss: OwnLoss | None) -> tuple[Tensor, Tensor]:
    """Inputs and targets as tensors on the model's device."""
    inputs, targets = (torch.as_tensor(part, device=device) for part in pair)
    if inputs.dim() == 0 or targets.dim() == 0 or len(inputs) != len(targets) or len(inputs) == 0:
        shapes = f"{tuple(inputs.shape)} and {tuple(targets.shape)}"
        raise MeasureError(f"{text}: inputs and targets have shapes {shapes}; they need equally many examples")
    if loss is not None:
        return inputs, targets
    if targets.is_floating_point():
        raise MeasureError(f"{text}: targets are {targets.dtype}, but cross-entropy needs integers; give a loss")
    return inputs, targets.long()


def _fitting(group: Named, outputs: Tensor, targets: Tensor) -> None:
    """Refuse logits that are none of the targets."""
    tokens = targets[targets != IGNORED]
    if outputs.shape[:-1] != targets.shape:
        shapes = f"{tuple(outputs.shape)}, of its targets {tuple(targets.shape)}"
        raise MeasureError(f"{name(group)}: the shape of the model's outputs is {shapes}; logits have one axis more")
    if len(tokens) and not 0 <= int(tokens.min()) <= int(tokens.max()) < outputs.shape[-1]:
        allowed = f"0 to {outputs.shape[-1] - 1}, or {IGNORED} for none"
        raise MeasureError(f"{name(group)}: targets go from {tokens.min()} to {tokens.max()}; allowed: {allowed}")


def _by_token(values: Tensor) -> Tensor:
    """Of (examples,) or (examples, tokens, ...): (examples, tokens)."""
    return values.flatten(1) if values.dim() > 1 else values[:, None]
