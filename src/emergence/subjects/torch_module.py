"""Any module with tensors of inputs and targets, as a subject of measures."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cached_property, partial
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.nn.parameter import is_lazy

from emergence import system_errors
from emergence.errors import EmergenceError
from emergence.subjects.examples import IGNORED, Examples, NamedGroup, as_tensors
from emergence.subjects.module_gradients import module_grams
from emergence.subjects.module_layers import ROWS, layer_names, layer_states, main_output
from emergence.subjects.subject import (
    Batch,
    Grams,
    Labels,
    Loss,
    MeasureError,
    NotFiniteError,
    Representation,
    group_name,
    require_two_samples,
)

OwnLoss = Callable[[Tensor, Tensor], Tensor]
"""From outputs and targets to one loss an example, (examples,) or (examples, tokens)."""


class ModuleSubject:
    """A module with groups of examples, ``{"mine": (inputs, targets)}``.

    The loss is cross-entropy on the module's logits: (examples, classes) with targets (examples,), or (examples,
    tokens, classes) with targets (examples, tokens), each the token to be predicted there, −100 where there is none.
    ``loss`` replaces it. ``layers`` are names of submodules, as in ``model.named_modules()``; without, see
    `emergence.subjects.module_layers.default_layers`. A layer's output (examples, tokens, width) is pooled to its last
    token, ``answer``, and to its ``mean`` over tokens; of images (examples, channels, height, width), ``answer`` is the
    mean over places.
    """

    def __init__(
        self,
        model: nn.Module,
        data: Mapping[str, Examples],
        layers: Sequence[str] | None = None,
        loss: OwnLoss | None = None,
    ) -> None:
        """Take a model and its data.

        Raises:
            MeasureError: if a group is ill-formed, a layer does not exist, or nothing in the model is trained.
        """
        if not any(parameter.requires_grad for parameter in model.parameters()):
            raise MeasureError("the model has no parameter that requires a gradient")
        if any(is_lazy(parameter) for parameter in model.parameters()):
            raise MeasureError("the model has layers without a shape yet (lazy)", "run it once on inputs first")
        if not data:
            raise MeasureError("no groups of examples", "give at least one: {'mine': (inputs, targets)}")
        self.model, self.loss = model, loss
        self._layers = None if layers is None else layer_names(model, layers)
        self.examples = {
            NamedGroup.parse(text): as_tensors(text, pair, model, loss is None) for text, pair in data.items()
        }
        self.groups = tuple(self.examples)

    @cached_property
    def layers(self) -> list[str]:
        """Names of the layers whose representations are measured."""
        return layer_names(self.model, self._layers)

    def representations(self) -> Iterator[Representation]:
        """Output of every layer, pooled over tokens."""
        for group, (inputs, _) in self.examples.items():
            with _naming(group, inputs):
                states = list(layer_states(self.model, self.layers, inputs))
            for number, pooled in states:
                for pooling, values in pooled.items():
                    with self._blaming_examples(group):
                        representation = Representation(group, pooling, [number], values[None])
                    yield representation

    def labels(self, group: NamedGroup) -> Labels | None:
        """Targets, if the loss is cross-entropy; examples with equal inputs have one prompt."""
        if self.loss is not None:
            return None
        inputs, targets = self.examples[group]
        return Labels(_by_token(targets), _by_token(inputs).unique(dim=0, return_inverse=True)[1])

    def losses(self, groups: Sequence[NamedGroup], samples: int | None = None) -> list[Tensor]:
        """Loss of every target; without gradients, a few examples at a time."""
        if torch.is_grad_enabled():
            self._refuse_half()
        return self._losses({group: slice(samples) for group in groups})

    def mixture(self, groups: Sequence[NamedGroup], parts: Sequence[Tensor]) -> Tensor:  # noqa: ARG002
        """Every answer token counts alike."""
        return torch.cat(list(parts)).mean()

    def batches(self, groups: Sequence[NamedGroup], number: int, examples: int, seed: int) -> list[Batch]:
        """Examples with a target, drawn from the data, each at most once a batch.

        Args:
            groups: From which examples are drawn.
            number: Of batches.
            examples: Of each group in a batch.
            seed: Of the draws.

        Raises:
            MeasureError: if weights are not all float32 or all float64, or a group has fewer examples with a target
                than a batch takes.
        """
        self._refuse_half()
        rng = np.random.default_rng(seed)
        drawn = [{group: self._drawn(group, examples, rng) for group in groups} for _ in range(number)]
        return [partial(self._losses, chosen) for chosen in drawn]

    def grams(self, group: NamedGroup, samples: int, leading: int, loss: Loss | None = None) -> Grams:
        """Exact inner products, a few samples at a time; of the first ``samples`` examples those with a target.

        Args:
            group: Whose examples are taken.
            samples: Number of examples, from the first.
            leading: Number of first parameters, in the order of the model, that have a matrix of their own.
            loss: From logits to one loss a sample; the subject's own if None.

        Raises:
            MeasureError: if weights are not all float32 or all float64, fewer than two of the examples have a target,
                or outputs do not fit the loss or the targets.
            NotFiniteError: if a gradient is not finite.
        """
        self._refuse_half()
        places = self._with_targets(group)
        inputs, targets = (part[places[places < samples]] for part in self.examples[group])
        require_two_samples(group, len(inputs))
        self._outputs(group, inputs[:1])  # which have gradients
        with torch.no_grad():
            outputs = self._outputs(group, inputs)
        outputs.requires_grad_()
        each, mask = self._each(group, outputs, targets)
        with self._blaming_examples(group):
            if loss is None:
                total = (each.sum(dim=1) / mask.sum(dim=1).clamp(min=1)).sum()
            elif self.loss is None:
                logits = outputs.view(*mask.shape, -1)
                total = loss(torch.where(mask[..., None], logits, logits.detach())).sum()
            else:
                raise MeasureError(f"{group_name(group)}: this measure needs logits of classes, not a loss of your own")
            return module_grams(self.model, inputs, torch.autograd.grad(total, outputs)[0], leading)

    def _losses(self, chosen: Mapping[NamedGroup, Any]) -> list[Tensor]:
        """Loss of every target of the chosen examples of each group."""
        losses = []
        for group, index in chosen.items():
            inputs, targets = (part[index] for part in self.examples[group])
            rows = len(inputs) if torch.is_grad_enabled() else ROWS
            parts = []
            for pair in zip(inputs.split(rows), targets.split(rows), strict=True):
                each, mask = self._each(group, self._outputs(group, pair[0]), pair[1])
                parts.append(each[mask])
            losses.append(torch.cat(parts))
            if not losses[-1].isfinite().all():
                self._refuse_not_finite(group)
            if not len(losses[-1]):
                raise MeasureError(f"{group_name(group)}: none of its first {len(inputs)} examples has a target",
                                   "raise the option samples, or put those with targets first")  # fmt: skip
        return losses

    def _outputs(self, group: NamedGroup, inputs: Tensor) -> Tensor:
        """The model's main output."""
        with _naming(group, inputs):
            outputs = main_output(self.model(inputs.clone()))  # a model may overwrite what it is given
        if not isinstance(outputs, Tensor) or not outputs.is_floating_point():
            kind = outputs.dtype if isinstance(outputs, Tensor) else type(outputs).__name__
            raise MeasureError(f"{group_name(group)}: the model returns {kind}", "have it return floats, or logits")
        if torch.is_grad_enabled() and not outputs.requires_grad:
            raise MeasureError(f"{group_name(group)}: what the model returns has no gradient", "run it without no_grad")
        return outputs

    def _each(self, group: NamedGroup, outputs: Tensor, targets: Tensor) -> tuple[Tensor, Tensor]:
        """Losses (examples, tokens), and which of them are of tokens."""
        if self.loss is None:
            _fitting(group, outputs, targets)
            each = F.cross_entropy(outputs.movedim(-1, 1), targets, ignore_index=IGNORED, reduction="none")
            return _by_token(each), _by_token(targets != IGNORED)
        with _naming(group, targets, "the loss cannot be taken of targets"):
            each = self.loss(outputs, targets)
        if not isinstance(each, Tensor) or each.shape[:1] != targets.shape[:1]:
            result = f"shape {tuple(each.shape)}" if isinstance(each, Tensor) else f"type {type(each).__name__}"
            raise MeasureError(f"{group_name(group)}: the loss has {result} for {len(targets)} examples",
                               "it must give one value each")  # fmt: skip
        return _by_token(each), torch.ones_like(_by_token(each), dtype=torch.bool)

    def _drawn(self, group: NamedGroup, examples: int, rng: np.random.Generator) -> Tensor:
        places = self._with_targets(group)
        if examples > len(places):
            raise MeasureError(
                f"{group_name(group)}: batches of {examples} of {len(places)} examples", "lower the option examples"
            )
        return places[torch.from_numpy(rng.choice(len(places), examples, replace=False))]

    def _with_targets(self, group: NamedGroup) -> Tensor:
        """Numbers of the examples that have a target."""
        targets = self.examples[group][1]
        if self.loss is not None:
            return torch.arange(len(targets), device=targets.device)
        return _by_token(targets != IGNORED).any(dim=1).nonzero()[:, 0]

    @contextmanager
    def _blaming_examples(self, group: NamedGroup) -> Iterator[None]:
        """Values that are not finite are blamed on examples that are not."""
        try:
            yield
        except NotFiniteError:
            self._refuse_not_finite(group)
            raise

    def _refuse_not_finite(self, group: NamedGroup) -> None:
        """Refuse a group whose inputs or targets are not finite."""
        for part, values in zip(("inputs", "targets"), self.examples[group], strict=True):
            if len(wrong := (~_by_token(values).isfinite().all(dim=1)).nonzero()):
                raise MeasureError(f"{group_name(group)}: {part} are not finite in {len(wrong)} examples, the first of "
                                   f"which is number {int(wrong[0])}", "leave them out")  # fmt: skip

    def _refuse_half(self) -> None:
        """Refuse gradients that are mostly rounding, or that make no one vector."""
        types = {parameter.dtype for parameter in self.model.parameters() if parameter.requires_grad}
        if types - {torch.float32, torch.float64} or len(types) > 1:
            kinds = " and ".join(sorted(str(kind).removeprefix("torch.") for kind in types))
            raise MeasureError(f"gradients need weights of float32 or of float64 alone, here they are {kinds}",
                               "convert the model, as by model.float()")  # fmt: skip


@contextmanager
def _naming(group: NamedGroup, values: Tensor, problem: str = "the model cannot be run on inputs") -> Iterator[None]:
    """Errors of code that is not this project's, in one line with the group."""
    try:
        yield
    except (EmergenceError, OSError):
        raise
    except Exception as error:
        if system_errors.explanation(error):
            raise
        kind = f"type {str(values.dtype).removeprefix('torch.')} and shape {tuple(values.shape[1:])} an example"
        reason = f"{type(error).__name__}: {' '.join(str(error).split())}"
        raise MeasureError(f"{group_name(group)}: {problem} of {kind} ({reason})", "change one or the other") from error


def _fitting(group: NamedGroup, outputs: Tensor, targets: Tensor) -> None:
    """Refuse logits that do not fit the targets."""
    tokens = targets[targets != IGNORED]
    if outputs.shape[:-1] != targets.shape:
        shapes = f"{tuple(outputs.shape)}, of its targets {tuple(targets.shape)}"
        raise MeasureError(f"{group_name(group)}: the shape of the model's outputs is {shapes}",
                           "logits have one axis more, the last, of classes")  # fmt: skip
    if len(tokens) and not 0 <= int(tokens.min()) <= int(tokens.max()) < outputs.shape[-1]:
        allowed = f"0 to {outputs.shape[-1] - 1}, or {IGNORED} for none"
        raise MeasureError(
            f"{group_name(group)}: targets go from {tokens.min()} to {tokens.max()}", f"allowed: {allowed}"
        )


def _by_token(values: Tensor) -> Tensor:
    """Of (examples,) or (examples, tokens, ...): (examples, tokens)."""
    return values.flatten(1) if values.dim() > 1 else values[:, None]
