"""Two-layer networks on multitask sparse parity, as a subject of measures.

Groups are skills, and the control, which is never sampled. The loss is ½(S − g_k f)². What is said of the mixture is
said of the loss that training descends: skills count by their frequencies, the control not at all.
"""

from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from emergence import tensors
from emergence.measures.checkpoints import grouped
from emergence.measures.followed import Followed, along
from emergence.measures.module_subject import Examples, ModuleSubject, Named
from emergence.measures.subject import Batch
from emergence.models import build
from emergence.models.mlp import TwoLayer
from emergence.settings.base import Device
from emergence.settings.networks import NetworkSettings
from emergence.settings.parity import Parity
from emergence.tasks.parity import MultitaskParity
from emergence.training.trajectory import Trajectory


def half_square(outputs: Tensor, targets: Tensor) -> Tensor:
    """½(S g_k − f)² of each sample (samples,)."""
    return (targets - outputs) ** 2 / 2


class ParitySubject(ModuleSubject):
    """A network seen through probes of every skill; Langevin batches are fresh samples."""

    def __init__(self, model: TwoLayer, parity: Parity, target: float, probes: Mapping[str, Examples]) -> None:
        """Look at a network.

        Raises:
            MeasureError: if a group of probes is ill-formed.
        """
        super().__init__(model, probes, layers=["activation"], loss=half_square)
        self.task, self.target = MultitaskParity(parity), target

    def batches(self, groups: Sequence[Named], number: int, examples: int, seed: int) -> list[Batch]:
        """Fresh samples, equally many of each skill."""
        rng = np.random.default_rng(seed)
        return [partial(self._fresh, *self._drawn_fresh(groups, examples, rng), len(groups)) for _ in range(number)]

    def mixture(self, groups: Sequence[Named], parts: Sequence[Tensor]) -> Tensor:
        """The loss that training descends, from those of all groups; of several skills, what is theirs of it."""
        frequencies = dict(enumerate(self.task.skills.frequencies.tolist()))
        weights = [frequencies.get(int(group.level or 0) - 1, 0.0) for group in groups]
        return torch.stack([weight * part.mean() for weight, part in zip(weights, parts, strict=True)]).sum()

    def _drawn_fresh(self, groups: Sequence[Named], examples: int, rng: np.random.Generator) -> tuple[Tensor, Tensor]:
        device = next(self.model.parameters()).device
        drawn = [self.task.of_skill(rng, int(group.level or 0) - 1, examples) for group in groups]
        inputs = np.concatenate([self.task.inputs(samples) for samples in drawn])
        answers = np.concatenate([self.task.answers(samples) for samples in drawn])
        return torch.from_numpy(inputs).to(device), self.target * torch.from_numpy(answers).to(device)

    def _fresh(self, inputs: Tensor, targets: Tensor, groups: int) -> list[Tensor]:
        return list(half_square(self.model(inputs), targets).chunk(groups))


def opened(run: Trajectory, probes: Path, device: Device) -> Followed:
    """A network of Study 2 seen through a file of probes.

    Raises:
        TensorsError: if the file is damaged.
        MeasureError: if a group is ill-formed.
    """
    trained = NetworkSettings.model_validate(run.manifest["settings"])
    model = TwoLayer(trained.parity.inputs, trained.size.width).to(build.device(device))
    arrays, _ = tensors.read(probes)
    examples = grouped({name: torch.from_numpy(array).clone() for name, array in arrays.items()}, probes)
    return along(run, ParitySubject(model, trained.parity, trained.target, examples))
