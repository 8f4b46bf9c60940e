"""Several runs of one size as one stack, so that small models fill a large device.

Weights of the same name stand in one tensor whose first dimension counts runs, and ``vmap`` makes one kernel of what
would be one a run. Each run has its own initialisation, data, gradient norm and loss, and AdamW works entry by entry,
so a run learns what it would learn alone, but for the order in which a device adds up.
"""

from copy import deepcopy
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.func import functional_call, stack_module_state, vmap
from torch.nn import functional as F

from emergence.models import build
from emergence.models.transformer import Transformer
from emergence.settings.learning import TogetherSettings
from emergence.training import precision
from emergence.training.optimisation import optimiser, update
from emergence.training.train import Learner, learn


class Together:
    """Models, their common optimiser and their data: everything that a training step of all changes or reads."""

    def __init__(self, settings: TogetherSettings, device: torch.device) -> None:
        learners, of_all = [Learner(run, device) for run in settings.runs], settings.runs[0]
        self.settings, self.compute, self.device = of_all.training, of_all.compute, device
        self.streams = [learner.stream for learner in learners]
        self.grid = (learners[0].positions, learners[0].mask, learners[0].target_index)
        with torch.device("meta"):
            self.shape = build.transformer(of_all.size, of_all.context)  # computes with weights that it is given
        self.stacked, _ = stack_module_state([learner.model for learner in learners])
        self.optimiser = optimiser(self.stacked.values(), self.settings, stacked=1)
        self.forward = precision.compiled(vmap(self._logits), self.compute)

    @property
    def weights(self) -> dict[str, Tensor]:
        """The weights themselves (runs, ...), by their names in checkpoints."""
        return {name: weight.detach() for name, weight in self.stacked.items()}

    def member(self, number: int) -> Transformer:
        """The model of one run; it shares its weights with the stack."""
        model = deepcopy(self.shape)
        model.load_state_dict({name: weight[number] for name, weight in self.weights.items()}, assign=True)
        return model

    def step(self, step: int) -> Tensor:
        """Make the update of every run that follows ``step`` earlier ones; return the losses (runs,).

        Raises:
            DivergenceError: if a loss or its gradient is not finite; all weights are then those of before.
        """
        batches = zip(*(stream(step) for stream in self.streams), strict=True)
        inputs, targets = (torch.from_numpy(np.stack(arrays)).to(self.device) for arrays in batches)
        with precision.autocast(self.compute, self.device):
            logits = self.forward(self.stacked, inputs)
            # Outside vmap, under which autocast would leave the loss in the precision of the logits.
            each = F.cross_entropy(logits.flatten(0, 1), targets.flatten(), reduction="none")
        losses = each.view(targets.shape).mean(dim=1)
        update(losses, self.stacked.values(), self.optimiser, self.settings, step)
        return losses.detach()

    def _logits(self, weights: dict[str, Tensor], inputs: Tensor) -> Tensor:
        """Logits (targets, vocabulary) of one run; the grid is that of all."""
        return functional_call(self.shape, weights, (inputs, *self.grid))


def train(settings: TogetherSettings, evaluation: Path, folders: list[Path], state: Path) -> None:
    """Train runs of one size as one stack, and write the trajectory of each to its folder.

    It goes on from ``state`` if it was stopped before.

    Raises:
        TrainingError: if the loss of a run, or its gradient, stops being finite.
        StoppedError: if the job is told to stop.
    """
    learn(Together(settings, build.device(settings.runs[0].device)), settings, __name__, evaluation, folders, state)
