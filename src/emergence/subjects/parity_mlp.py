"""Two-layer networks on multitask sparse parity, as a subject of measures.

Groups are skills, and the control, which is never sampled. The loss is ½(S − g_k f)². The mixture is the training loss:
skills count by their frequencies, the control not at all.
"""

from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from emergence.checkpoints.trajectory import Trajectory
from emergence.config.parity_networks import NetworkSettings, ParityTask
from emergence.config.types import Device
from emergence.io import tensors
from emergence.models import build
from emergence.models.parity_networks import TwoLayer
from emergence.subjects.examples import Examples, NamedGroup, group_examples
from emergence.subjects.subject import Batch, TrajectorySubject
from emergence.subjects.torch_module import ModuleSubject
from emergence.tasks.parity import MultitaskParity


def half_square(outputs: Tensor, targets: Tensor) -> Tensor:
    """½(S g_k − f)² of each sample (samples,)."""
    return (targets - outputs) ** 2 / 2


class ParitySubject(ModuleSubject):
    """A network on probes of every skill; Langevin batches are fresh samples."""

    def __init__(self, model: TwoLayer, parity: ParityTask, target: float, probes: Mapping[str, Examples]) -> None:
        """Take a network and its probes.

        Raises:
            MeasureError: if a group of probes is ill-formed.
        """
        super().__init__(model, probes, layers=["activation"], loss=half_square)
        self.task, self.target = MultitaskParity(parity), target

    def batches(self, groups: Sequence[NamedGroup], number: int, examples: int, seed: int) -> list[Batch]:
        """Fresh samples, equally many of each skill.

        Args:
            groups: The skills.
            number: Of batches.
            examples: Samples of each skill in a batch.
            seed: Of the draws.
        """
        rng = np.random.default_rng(seed)
        return [partial(self._fresh, *self._drawn_fresh(groups, examples, rng), len(groups)) for _ in range(number)]

    def mixture(self, groups: Sequence[NamedGroup], parts: Sequence[Tensor]) -> Tensor:
        """The training loss, from those of all groups; of several skills, their part of it."""
        frequencies = dict(enumerate(self.task.skills.frequencies.tolist()))
        weights = [frequencies.get(int(group.level or 0) - 1, 0.0) for group in groups]
        return torch.stack([weight * part.mean() for weight, part in zip(weights, parts, strict=True)]).sum()

    def _drawn_fresh(
        self, groups: Sequence[NamedGroup], examples: int, rng: np.random.Generator
    ) -> tuple[Tensor, Tensor]:
        device = next(self.model.parameters()).device
        drawn = [self.task.draw_skill(rng, int(group.level or 0) - 1, examples) for group in groups]
        inputs = np.concatenate([self.task.inputs(samples) for samples in drawn])
        answers = np.concatenate([self.task.answers(samples) for samples in drawn])
        return torch.from_numpy(inputs).to(device), self.target * torch.from_numpy(answers).to(device)

    def _fresh(self, inputs: Tensor, targets: Tensor, groups: int) -> list[Tensor]:
        return list(half_square(self.model(inputs), targets).chunk(groups))


def open_subject(run: Trajectory, probes: Path, device: Device) -> TrajectorySubject:
    """A network on multitask sparse parity with the examples of a probe file.

    Args:
        run: Trajectory of a two-layer network.
        probes: File of `emergence.tasks.parity.draw_probes`.
        device: Where the network is measured.

    Raises:
        TensorsError: if the file is damaged.
        MeasureError: if a group is ill-formed.
    """
    trained = NetworkSettings.model_validate(run.manifest["settings"])
    model = TwoLayer(trained.parity.inputs, trained.size.width).to(build.device(device))
    arrays, _ = tensors.read(probes)
    examples = group_examples({name: torch.from_numpy(array).clone() for name, array in arrays.items()}, probes)
    return TrajectorySubject.stored(run, ParitySubject(model, trained.parity, trained.target, examples))
