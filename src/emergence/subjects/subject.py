"""Subjects of measures: a model at one checkpoint, with named groups of examples.

Measures know a model only as a `Subject`, so each of them works on every model that has one: this project's
transformers (`task_transformer`), two-layer networks (`parity_mlp`), causal language models (`causal_lm`), and any
module with tensors of inputs and targets (`torch_module`).
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

from torch import Tensor, nn

from emergence.checkpoints.trajectory import Trajectory
from emergence.errors import EmergenceError

Loss = Callable[[Tensor], Tensor]
"""From logits (samples, tokens of the answer, classes) to one loss a sample."""

Batch = Callable[[], list[Tensor]]
"""A batch of examples: a call returns the loss of every answer token (tokens,) of each group, differentiable."""


class MeasureError(EmergenceError):
    """A model or examples for which a measure is not defined; the message names them and the remedy."""


class NotFiniteError(MeasureError):
    """Values of a model that are no finite numbers, as after training has diverged."""


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
    """Representations of a group's inputs in layers of one width.

    Attributes:
        group: The group.
        pooling: Of tokens: ``answer`` is the token from which the answer is read, ``mean`` their average.
        layers: Numbers of the layers, from 1.
        values: (layers, examples, width), float64.
    """

    group: Group
    pooling: str
    layers: Sequence[int]
    values: Tensor

    def __post_init__(self) -> None:
        require_two_samples(self.group, self.values.shape[1])
        if not self.values.isfinite().all():
            raise NotFiniteError(
                f"{group_name(self.group)}: a representation is not finite", "measure an earlier checkpoint"
            )


@dataclass(frozen=True)
class Grams:
    """Inner products (samples, samples) of per-sample gradients: over all parameters, and over the leading ones."""

    full: Tensor
    leading: Tensor

    def __post_init__(self) -> None:
        if not self.full.isfinite().all():
            raise NotFiniteError("a gradient is not finite", "measure an earlier checkpoint")


@dataclass(frozen=True)
class Labels:
    """Answers (examples, tokens) of a group, int64, below 0 where there is none; and the number of each prompt."""

    answers: Tensor
    prompts: Tensor


class Subject(Protocol[G]):
    """A model and its groups of examples."""

    @property
    def model(self) -> nn.Module:
        """The model itself, for measures of its weights."""

    @property
    def groups(self) -> Sequence[G]:
        """The groups, in the order of the rows."""

    def representations(self) -> Iterator[Representation]:
        """Representations of every group's inputs in every layer, group by group."""

    def labels(self, group: G) -> Labels | None:
        """Answers that a linear probe reads from representations; None if targets are not classes."""

    def losses(self, groups: Sequence[G], samples: int | None = None) -> list[Tensor]:
        """Loss of every answer token of the first ``samples`` examples (all if None) of each of ``groups``."""

    def mixture(self, groups: Sequence[G], parts: Sequence[Tensor]) -> Tensor:
        """The loss of several groups together, weighted as in training, from the loss of every answer token of each."""

    def batches(self, groups: Sequence[G], number: int, examples: int, seed: int) -> list[Batch]:
        """``number`` random batches with ``examples`` of each of ``groups``, a function of the seed.

        Args:
            groups: From which examples are drawn.
            number: Of batches.
            examples: Of each group in a batch.
            seed: Of the draws.
        """

    def grams(self, group: G, samples: int, leading: int, loss: Loss | None = None) -> Grams:
        """Inner products of gradients of the first ``samples`` examples; a ``loss`` replaces that on the answers.

        Args:
            group: Whose examples are taken.
            samples: Number of examples, from the first.
            leading: Number of first parameters, in the order of the model, that have a matrix of their own.
            loss: From logits to one loss a sample; that on the answers if None.
        """


@dataclass(frozen=True)
class TrajectorySubject:
    """A run, its model as a subject, and a function that loads the weights of a step into that model."""

    run: Trajectory
    subject: Subject[Any]
    load: Callable[[int], None]

    @classmethod
    def stored(cls, run: Trajectory, subject: Subject[Any]) -> "TrajectorySubject":
        """A subject whose weights the trajectory itself holds."""

        def load(step: int) -> None:
            subject.model.load_state_dict(run.weights(step))

        return cls(run, subject, load)


def mean_loss(subject: Subject[G], groups: Sequence[G], parts: Sequence[Tensor]) -> Tensor:
    """Mean loss of one group, or the loss of the mixture of several, from the loss of every answer token.

    Args:
        subject: Knows how groups are weighted in training.
        groups: One or several.
        parts: Loss of every answer token (tokens,) of each group.
    """
    return parts[0].mean() if len(groups) == 1 else subject.mixture(groups, parts)


def group_name(group: Group) -> str:
    """Name of a group in messages.

    >>> from emergence.tasks import TaskLevel
    >>> group_name(TaskLevel("ADD", "2"))
    'ADD/2'
    """
    return group.task if group.level is None else f"{group.task}/{group.level}"


def require_two_samples(group: Group, samples: int) -> None:
    """Refuse a group of one sample where a measure compares samples.

    Raises:
        MeasureError: if there are fewer than two.
    """
    if samples < 2:
        raise MeasureError(f"{group_name(group)}: a rank over {samples} sample means nothing", "give at least two")


def not_finite(weights: Mapping[str, Tensor]) -> str | None:
    """Name of the first tensor that holds a NaN or an infinity."""
    return next((key for key, tensor in weights.items() if not tensor.isfinite().all()), None)


ROW_TYPES = {"task": "str", "level": "str", "layer": "Int64", "value": "float64", "standard_error": "float64"}
"""of columns of rows that may hold nulls alone"""


def row(
    group: Group | None, variant: str, value: float, error: float | None = None, layer: int | None = None
) -> dict[str, Any]:
    """One row of a measure's table; ``group`` is None where the value is of all groups together.

    Args:
        group: Of the examples.
        variant: Of the measure.
        value: Of the measure.
        error: Standard error of the value; None if unknown.
        layer: Number of the layer, from 1; None if the value is of the whole model.
    """
    return {
        "task": group.task if group else None,
        "level": group.level if group else None,
        "layer": layer,
        "variant": variant,
        "value": value,
        "standard_error": error,
    }
