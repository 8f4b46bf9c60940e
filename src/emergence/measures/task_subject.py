"""This project's transformers on task-levels, as a subject of measures.

Examples of all lengths are packed into grids once, so that one object should serve all checkpoints of a run: load new
weights into its model and measure again.
"""

from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path

import torch
from torch import Tensor
from torch.nn import functional as F

from emergence.measures.followed import Followed, along
from emergence.measures.gradients import gram, leading_gram, per_sample_gradients
from emergence.measures.probe import Probe, representations
from emergence.measures.subject import Batch, Grams, Labels, Loss, Representation, several
from emergence.models import build
from emergence.models.transformer import Transformer, hidden_states_in_slices
from emergence.settings.base import Device
from emergence.settings.learning import TrainSettings
from emergence.tasks import data
from emergence.tasks.batches import Layout, Stream
from emergence.tasks.levels import TaskLevel
from emergence.tasks.packing import Index
from emergence.training.trajectory import Trajectory


class Grid:
    """A transformer over the packed grid of a layout."""

    def __init__(self, model: Transformer, layout: Layout) -> None:
        self.model, self.device = model, next(model.parameters()).device
        arrays = (layout.packing.positions, layout.packing.mask, layout.target_index)
        self.places = [torch.from_numpy(array).to(self.device) for array in arrays]
        self.sizes = [level.answer_length * layout.examples for level in layout.levels]

    def batch(self, inputs: Index, targets: Index) -> Batch:
        """The losses of one batch, of the model as it is when they are asked for."""
        tokens, answers = (torch.from_numpy(array).to(self.device) for array in (inputs, targets))

        def losses() -> list[Tensor]:
            each = F.cross_entropy(self._logits(tokens), answers, reduction="none")
            return list(each.split(self.sizes))

        return losses

    def _logits(self, tokens: Tensor) -> Tensor:
        if torch.is_grad_enabled():
            return self.model(tokens, *self.places)
        positions, mask, targets = self.places
        states = hidden_states_in_slices(self.model, tokens, positions, mask)[-1]
        return self.model.logits(states.flatten(0, 1)[targets])


class TaskSubject:
    """A transformer seen through the probe sequences of task-levels; Langevin batches come from the training stream."""

    def __init__(self, model: Transformer, probe: Probe) -> None:
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
        """Fresh examples, as in training."""
        layout = Layout(tuple(levels), examples)
        grid, stream = Grid(self.model, layout), Stream(layout, seed)
        return [grid.batch(*stream(step)) for step in range(number)]

    def grams(self, level: TaskLevel, samples: int, leading: int, loss: Loss | None = None) -> Grams:
        """Exact inner products, layer by layer."""
        tokens = torch.from_numpy(self.probe.sequences[level][:samples]).to(self.device)
        several(level, len(tokens))
        answers = tokens[:, -level.answer_length :]

        def on_answers(logits: Tensor) -> Tensor:
            return F.cross_entropy(logits.mT, answers, reduction="none").mean(dim=1)

        found = per_sample_gradients(self.model, tokens, level.answer_length, loss or on_answers)
        return Grams(gram(found), leading_gram(found, leading))

    def _pack(self, levels: tuple[TaskLevel, ...], samples: int | None) -> Batch:
        sequences = [self.probe.sequences[level][:samples] for level in levels]
        layout = Layout(levels, len(sequences[0]))
        return Grid(self.model, layout).batch(layout.inputs(sequences), layout.targets(sequences))


def opened(run: Trajectory, probes: Path, device: Device) -> Followed:
    """A run of Study 1 seen through the probe file.

    Raises:
        TensorsError: if the file is damaged.
        DataError: if it lacks a task-level.
    """
    trained = TrainSettings.model_validate(run.manifest["settings"])
    model = build.transformer(trained.size, trained.context).to(build.device(device))
    return along(run, TaskSubject(model, Probe(data.load(probes, trained.task_levels))))
