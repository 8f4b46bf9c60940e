"""What is measured: a model at one checkpoint, seen through named groups of examples.

Measures know a model only as a `Subject`, so each of them works on every model that has one. Two are here:
`emergence.measures.task_subject` for this project's transformers on task-levels, and
`emergence.measures.module_subject` for any module with tensors of inputs and targets.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

from torch import Tensor, nn

from emergence.errors import EmergenceError

Loss = Callable[[Tensor], Tensor]
"""From logits (samples, tokens of the answer, classes) to one loss a sample."""

Batch = Callable[[], list[Tensor]]
"""A batch of examples: called, it gives the loss of every answer token (tokens,) of each group, to differentiate."""


class MeasureError(EmergenceError):
    """A model or examples that a measure means nothing for; the message says which and what to do."""


class Group(Protocol):
    """Examples that belong together; a task-level is one."""

    @property
    def task(self) -> str:
        """Name of the task."""

    @property
    def level(self) -> str | None:
        """Level of difficulty, if the task has levels."""


G = TypeVar("G", bound=Group)


@dataclass(frozen=True)
class Representation:
    """What some layers of one width make of a group's inputs.

    ``values`` is (layers, examples, width), float64; ``layers`` are their numbers, from 1. ``pooling`` says what became
    of the tokens: ``answer`` is the one from which the answer is read, ``mean`` their average.
    """

    group: Group
    pooling: str
    layers: Sequence[int]
    values: Tensor

    def __post_init__(self) -> None:
        several(self.group, self.values.shape[1])
        if not self.values.isfinite().all():
            raise MeasureError(f"{name(self.group)}: a representation is not finite; measure an earlier checkpoint")


@dataclass(frozen=True)
class Grams:
    """Inner products (samples, samples) of per-sample gradients: over all parameters, and over the leading ones."""

    whole: Tensor
    leading: Tensor


@dataclass(frozen=True)
class Labels:
    """Answers (examples, tokens) of a group, int64, below 0 where there is none; the number of each one's prompt."""

    answers: Tensor
    prompts: Tensor


class Subject(Protocol[G]):
    """A model and the groups of examples that it is seen through."""

    @property
    def model(self) -> nn.Module:
        """The model itself, for measures of its weights."""

    @property
    def groups(self) -> Sequence[G]:
        """The groups, in the order of the rows."""

    def representations(self) -> Iterator[Representation]:
        """What every layer makes of every group's inputs, group by group."""

    def labels(self, group: G) -> Labels | None:
        """Answers to be read from representations; None where targets are no classes."""

    def losses(self, groups: Sequence[G], samples: int | None = None) -> list[Tensor]:
        """Loss of every answer token of the first ``samples`` examples (all if None) of each of ``groups``."""

    def mixture(self, groups: Sequence[G], parts: Sequence[Tensor]) -> Tensor:
        """The loss of several groups together, from the loss of every answer token of each: as training weighs them."""

    def batches(self, groups: Sequence[G], number: int, examples: int, seed: int) -> list[Batch]:
        """``number`` random batches with ``examples`` of each of ``groups``, always the same for one seed."""

    def grams(self, group: G, samples: int, leading: int, loss: Loss | None = None) -> Grams:
        """Inner products of gradients of the first ``samples`` examples; a ``loss`` replaces that on the answers."""


def together(subject: Subject[G], groups: Sequence[G], parts: Sequence[Tensor]) -> Tensor:
    """The mean loss of one group, or that of the mixture of several, from the loss of every answer token."""
    return parts[0].mean() if len(groups) == 1 else subject.mixture(groups, parts)


def name(group: Group) -> str:
    """Name of a group in messages.

    >>> from emergence.tasks import TaskLevel
    >>> name(TaskLevel("ADD", "2"))
    'ADD/2'
    """
    return group.task if group.level is None else f"{group.task}/{group.level}"


def several(group: Group, samples: int) -> None:
    """Refuse a group of one sample, where a measure compares samples.

    Raises:
        MeasureError: if there are fewer than two.
    """
    if samples < 2:
        raise MeasureError(f"{name(group)}: a rank over {samples} sample means nothing; give at least two")


def not_finite(weights: Mapping[str, Tensor]) -> str | None:
    """Name of the first tensor that holds a NaN or an infinity."""
    return next((key for key, tensor in weights.items() if not tensor.isfinite().all()), None)


def row(
    group: Group | None, variant: str, value: float, error: float | None = None, layer: int | None = None
) -> dict[str, Any]:
    """One row of a measure's table; ``group`` is None where the value is of all groups together."""
    return {
        "task": group.task if group else None,
        "level": group.level if group else None,
        "layer": layer,
        "variant": variant,
        "value": value,
        "standard_error": error,
    }
