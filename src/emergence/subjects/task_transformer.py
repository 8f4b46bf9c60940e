"""This project's transformers on task-levels, as a subject of measures.

Examples of all lengths are packed into grids once, so that one object should serve all checkpoints of a run: load new
weights into its model and measure again.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property, partial
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from emergence.checkpoints.trajectory import Trajectory
from emergence.config.training import TrainSettings
from emergence.config.types import Device
from emergence.models import build
from emergence.models.transformer import Transformer, hidden_states_in_slices, logits_in_slices
from emergence.subjects.gradients import gram, leading_gram, per_sample_gradients
from emergence.subjects.subject import (
    Batch,
    Grams,
    Labels,
    Loss,
    Representation,
    TrajectorySubject,
    require_two_samples,
)
from emergence.tasks import data
from emergence.tasks.algorithmic import Tokens
from emergence.tasks.batches import Index, Layout, Packing, Stream, pack
from emergence.tasks.vocabulary import TaskLevel


@dataclass(frozen=True)
class PackedPrompts:
    """The distinct prompts of all task-levels in one grid of tokens.

    ``examples[g]`` gives for each example of the g-th task-level its row in ``packing.index[g]``: a prompt that several
    examples share (three bits give only eight) is computed once.
    """

    packing: Packing
    grid: Index
    examples: tuple[Index, ...]


@dataclass(frozen=True)
class TaskProbe:
    """Sequences (examples, length) of each task-level."""

    sequences: Mapping[TaskLevel, Tokens]

    @cached_property
    def prompts(self) -> PackedPrompts:
        """The prompts, packed once for all checkpoints."""
        prompts = [tokens[:, : level.prompt_length] for level, tokens in self.sequences.items()]
        unique = [np.unique(prompt, axis=0, return_inverse=True) for prompt in prompts]
        packing = pack([distinct.shape for distinct, _ in unique])
        grid = packing.fill([distinct for distinct, _ in unique])
        return PackedPrompts(packing, grid, tuple(inverse.ravel() for _, inverse in unique))


@torch.no_grad()
def representations(model: Transformer, probe: TaskProbe) -> Iterator[tuple[TaskLevel, dict[str, torch.Tensor]]]:
    """Residual stream of each task-level's prompts after every block.

    Yields, for each task-level, float64 arrays (blocks, examples, width): ``answer``, at the equals sign, from which
    the first answer token is predicted, and ``mean``, the average over the prompt's tokens. Prompts end there, so
    neither has seen an answer.
    """
    device = next(model.parameters()).device
    prompts = probe.prompts
    arrays = (prompts.grid, prompts.packing.positions, prompts.packing.mask)
    inputs, positions, mask = (torch.from_numpy(array).to(device) for array in arrays)
    blocks = [states.flatten(0, 1) for states in hidden_states_in_slices(model, inputs, positions, mask)[1:]]
    for level, index, examples in zip(probe.sequences, prompts.packing.index, prompts.examples, strict=True):
        tokens, rows = torch.from_numpy(index).to(device), torch.from_numpy(examples).to(device)
        pooled = {
            "answer": torch.stack([states[tokens[:, -1]] for states in blocks]),
            "mean": torch.stack([states[tokens].mean(dim=1) for states in blocks]),
        }
        yield level, {pooling: x[:, rows].double() for pooling, x in pooled.items()}


class PackedLosses:
    """A transformer over the packed grid of a layout."""

    def __init__(self, model: Transformer, layout: Layout) -> None:
        self.model, self.device = model, next(model.parameters()).device
        arrays = (layout.packing.positions, layout.packing.mask, layout.target_index)
        self.places = [torch.from_numpy(array).to(self.device) for array in arrays]
        self.sizes = layout.sizes

    def batch(self, inputs: Index, targets: Index) -> Batch:
        """The losses of one batch, by the model's weights at the time of the call."""
        tokens, answers = (torch.from_numpy(array).to(self.device) for array in (inputs, targets))

        def losses() -> list[Tensor]:
            logits = self.model if torch.is_grad_enabled() else partial(logits_in_slices, self.model)
            each = F.cross_entropy(logits(tokens, *self.places), answers, reduction="none")
            return list(each.split(self.sizes))

        return losses


class TaskSubject:
    """A transformer on probe sequences of task-levels; Langevin batches come from the training stream."""

    def __init__(self, model: Transformer, probe: TaskProbe) -> None:
        self.model, self.probe = model, probe
        self.groups = tuple(probe.sequences)
        self.device = next(model.parameters()).device
        self._packed = cache(self._pack)

    def representations(self) -> Iterator[Representation]:
        """Residual stream after every block, ``answer`` (at the equals sign) and ``mean`` (over the prompt)."""
        for level, pooled in representations(self.model, self.probe):
            for pooling, values in pooled.items():
                yield Representation(level, pooling, range(1, len(values) + 1), values)

    def labels(self, level: TaskLevel) -> Labels:
        """Answer tokens and prompts."""
        prompts = self.probe.prompts.examples[self.groups.index(level)]
        answers = self.probe.sequences[level][:, level.prompt_length :]
        return Labels(*(torch.from_numpy(array).to(self.device) for array in (answers, prompts)))

    def losses(self, levels: Sequence[TaskLevel], samples: int | None = None) -> list[Tensor]:
        """Loss of every answer token, in one packed pass."""
        return self._packed(tuple(levels), samples)()

    def mixture(self, groups: Sequence[TaskLevel], parts: Sequence[Tensor]) -> Tensor:  # noqa: ARG002
        """Every answer token counts alike."""
        return torch.cat(list(parts)).mean()

    def batches(self, levels: Sequence[TaskLevel], number: int, examples: int, seed: int) -> list[Batch]:
        """Fresh examples, as in training.

        Args:
            levels: Of which examples are drawn.
            number: Of batches.
            examples: Of each task-level in a batch.
            seed: Of the stream.

        Raises:
            TaskError: if a task draws tokens that the vocabulary does not allow.
        """
        layout = Layout(tuple(levels), examples)
        losses, stream = PackedLosses(self.model, layout), Stream(layout, seed)
        return [losses.batch(*stream(step)) for step in range(number)]

    def grams(self, level: TaskLevel, samples: int, leading: int, loss: Loss | None = None) -> Grams:
        """Exact inner products, layer by layer.

        Args:
            level: Whose probe sequences are taken.
            samples: Number of sequences, from the first.
            leading: Number of first parameters, in the order of the model, that have a matrix of their own.
            loss: From logits to one loss a sample; that on the answers if None.

        Raises:
            MeasureError: if there are fewer than two sequences.
            NotFiniteError: if a gradient is not finite.
        """
        tokens = torch.from_numpy(self.probe.sequences[level][:samples]).to(self.device)
        require_two_samples(level, len(tokens))
        answers = tokens[:, -level.answer_length :]

        def on_answers(logits: Tensor) -> Tensor:
            return F.cross_entropy(logits.mT, answers, reduction="none").mean(dim=1)

        gradients = per_sample_gradients(self.model, tokens, level.answer_length, loss or on_answers)
        return Grams(gram(gradients), leading_gram(gradients, leading))

    def _pack(self, levels: tuple[TaskLevel, ...], samples: int | None) -> Batch:
        sequences = [self.probe.sequences[level][:samples] for level in levels]
        layout = Layout(levels, len(sequences[0]))
        return PackedLosses(self.model, layout).batch(layout.inputs(sequences), layout.targets(sequences))


def open_subject(run: Trajectory, probes: Path, device: Device) -> TrajectorySubject:
    """A run of the anatomy with the examples of a probe file.

    Args:
        run: Trajectory of a transformer on the tasks.
        probes: File of `emergence.tasks.data.draw_task_data`.
        device: Where the model is measured.

    Raises:
        TensorsError: if the file is damaged.
        DataError: if it lacks a task-level.
    """
    trained = TrainSettings.model_validate(run.manifest["settings"])
    model = build.transformer(trained.size, trained.context).to(build.device(device))
    return TrajectorySubject.stored(run, TaskSubject(model, TaskProbe(data.load(probes, trained.task_levels))))
