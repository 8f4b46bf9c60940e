"""Short runs of Study 4 in lockstep: transformers of one size whose gradients one pass computes.

Weights of the same name stand in one tensor whose first dimension counts runs, and ``vmap`` makes one kernel of what
would be one per run: small networks cost little more in tens than alone. The weights of a run are views of that tensor,
so each run keeps its own optimiser, learning rate and penalty; one that diverges stops, and the others go on.
"""

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

import numpy as np
import torch
from torch import Tensor, nn
from torch.func import functional_call, vmap
from torch.nn import functional as F

from emergence.models.transformer import Transformer
from emergence.training.interventions import Intervention
from emergence.training.learners import autocast, clip, compiled, gradient_norms
from emergence.training.schedule import Rate, learning_rate
from emergence.training.task_transformer import TaskLearner

TOGETHER = 12
"""Runs of one lockstep, at most: more save no time, and keep more in memory."""
Item = TypeVar("Item")
Key = TypeVar("Key", bound=Hashable)
Row = dict[str, Any]


def in_groups(items: Sequence[Item], size: int) -> list[list[Item]]:
    """Items in order, so many at a time.

    >>> in_groups([1, 2, 3], 2)
    [[1, 2], [3]]
    """
    return [list(items[first : first + size]) for first in range(0, len(items), size)]


@dataclass
class ShortRun:
    """One run of a lockstep."""

    learner: TaskLearner
    """a plain learner; its optimiser and its weights may have been changed before the first step"""
    rate: Rate = learning_rate
    """learning rate of a step, by the settings"""
    term: Intervention | None = None
    """added to the loss"""
    loss: Tensor = field(default_factory=lambda: torch.tensor(torch.nan))
    """of the last step, nats per token"""
    gradient_norm: Tensor = field(default_factory=lambda: torch.tensor(torch.nan))
    """of the last step, before clipping"""
    diverged: bool = False
    """whether a loss or gradient was not finite; the weights are those before it"""


class _Outputs(nn.Module):
    """Final states and logits of a transformer."""

    def __init__(self, model: Transformer) -> None:
        super().__init__()
        self.model = model

    def forward(self, *grid: Tensor) -> tuple[Tensor, Tensor]:
        states = self.model.final_states(*grid)
        return states, self.model.logits(states)


class Lockstep:
    """Runs that agree in size, layout of a batch, and in all training settings but rate, warm-up and steps."""

    def __init__(self, runs: Sequence[ShortRun]) -> None:
        self.runs, first = runs, runs[0].learner
        self.settings, self.compute, self.device = first.settings, first.compute, first.device
        self.grid = (first.positions, first.mask, first.target_index)
        self.outputs = _Outputs(first.model)
        each = [dict(run.learner.model.named_parameters()) for run in runs]
        self.weights = [list(weights.values()) for weights in each]
        self.stacked = {
            name: torch.stack([weights[name].detach() for weights in each]).requires_grad_() for name in each[0]
        }
        for name, stack in self.stacked.items():
            for weights, own in zip(each, stack.detach(), strict=True):
                weights[name].data = own
        self.forward = compiled(vmap(self._outputs), self.compute)

    def step(self, step: int) -> None:
        """Run optimiser step ``step`` (0-based) of every run that has not diverged."""
        batches = zip(*(run.learner.stream(step) for run in self.runs), strict=True)
        inputs, targets = (torch.from_numpy(np.stack(arrays)).to(self.device) for arrays in batches)
        with autocast(self.compute, self.device):
            states, logits = self.forward(self.stacked, inputs)
            each = F.cross_entropy(logits.flatten(0, 1), targets.flatten(), reduction="none")
        losses = each.view(targets.shape).mean(dim=1)
        # Contiguous, since a fused optimiser reads gradients in the order of memory.
        gradients = [gradient.contiguous() for gradient in self._gradients(losses, states, step)]
        norms = clip(gradients, self.settings.clip, stacked=1)
        finite = torch.isfinite(norms).tolist()
        for number, run in enumerate(self.runs):
            run.diverged |= not finite[number]
            run.loss, run.gradient_norm = losses[number].detach(), norms[number]
            if not run.diverged:
                for weight, gradient in zip(self.weights[number], gradients, strict=True):
                    weight.grad = gradient[number]
                for group in run.learner.optimiser.param_groups:
                    group["lr"] = run.rate(run.learner.settings, step)
                run.learner.optimiser.step()

    def _outputs(self, weights: dict[str, Tensor], inputs: Tensor) -> tuple[Tensor, Tensor]:
        named = {f"model.{name}": weight for name, weight in weights.items()}
        return functional_call(self.outputs, named, (inputs, *self.grid))

    def _gradients(self, losses: Tensor, states: Tensor, step: int) -> list[Tensor]:
        """Gradients (runs, ...) of all losses with their terms; a term may be scaled by the norm of its gradient."""
        weights = list(self.stacked.values())
        terms = {number: run.term for number, run in enumerate(self.runs) if run.term and run.term.acts(step)}
        gradients = list(torch.autograd.grad(losses.sum(), weights, retain_graph=bool(terms)))
        if not terms:
            return gradients
        values = {number: term(states[number], step) for number, term in terms.items()}
        added = torch.autograd.grad(torch.stack(list(values.values())).sum(), weights, materialize_grads=True)
        norms, factors = gradient_norms(added, stacked=1), torch.zeros(len(self.runs), device=self.device)
        for number, term in terms.items():
            factors[number] = term.scale(step, float(values[number].detach()), float(norms[number]))
        return [
            gradient + more * factors.view(-1, *[1] * (more.dim() - 1))
            for gradient, more in zip(gradients, added, strict=True)
        ]


def record_runs(
    runs: Mapping[Key, ShortRun],
    last: int,
    before: Callable[[int, Key], Iterable[Row]],
    after: Callable[[int, Key], Iterable[Row]] = lambda _step, _key: (),
) -> dict[Key, list[Row]]:
    """Train runs in lockstep and record each, to the last step or to a row ``diverged``.

    Args:
        runs: By whatever tells them apart.
        last: Number of steps.
        before: Rows of a run when so many steps have been taken, from none to all.
        after: Rows of a run on the step (0-based) that has just been taken.
    """
    lockstep, going = Lockstep(list(runs.values())), list(runs)
    rows: dict[Key, list[Row]] = {key: [] for key in runs}
    for step in range(last + 1):
        for key in going:
            rows[key] += before(step, key)
        if step == last:
            break
        lockstep.step(step)
        for key in going:
            ended = {"step": step, "quantity": "diverged", "value": None}
            rows[key] += [ended] if runs[key].diverged else after(step, key)
        going = [key for key in going if not runs[key].diverged]
    return rows
