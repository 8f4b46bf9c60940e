"""Networks on multitask sparse parity against autograd, from the same weights, on batches from the same source."""

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import count, product
from typing import Any

import torch
from anatomy import config
from timing import Agreement, Case, Peer, Work
from torch import Tensor
from torch.nn import functional as F

from emergence.config.parity_networks import Sweep, Target
from emergence.config.project import settings_for
from emergence.models import build
from emergence.models.parity_networks import BatchedMLP, TwoLayer
from emergence.tasks.parity import MultitaskParity
from emergence.training.parity_data import ParityBatches
from emergence.training.parity_mlp import ParityLearner, SweepSettings

STEPS, CHECKED = 5, 3
SWEEPS = ("one_skill_data", "width", "cross_entropy")
"""few networks on a fixed data set, many small ones side by side, and another loss"""


class Networks:
    """The networks of a sweep that train side by side, as this project makes them."""

    def __init__(self, settings: SweepSettings, sweep: Sweep) -> None:
        self.settings, self.sweep = settings, sweep
        self.inputs = settings.parity.inputs
        size = max(sweep.samples) if sweep.samples else None
        self.batches = ParityBatches(MultitaskParity(settings.parity), settings.target, sweep, size)

    def stack(self) -> BatchedMLP:
        """Untrained."""
        sweep = self.sweep
        stack = BatchedMLP(self.inputs, sweep.widths, len(sweep.seeds), build.device("cpu"))
        return stack.initialise(sweep.sigma, sweep.seeds)

    def learner(self) -> ParityLearner:
        return ParityLearner(self.stack(), self.batches, self.sweep)

    def outputs(self) -> Tensor:
        """Outputs (seeds, samples, widths) after a few steps, on the batch that follows."""
        learner = self.learner()
        for step in range(CHECKED):
            learner.step(step)
        return learner.networks.outputs(self.batches(CHECKED)[0])

    def agreement(self, theirs: Tensor) -> Agreement:
        """How far the outputs of a peer are from ours after the same steps."""
        own = self.outputs()
        return Agreement("outputs", float((own - theirs).abs().max() / own.abs().max()), 1e-4)


def cases() -> Iterator[Case]:
    """One network as in single runs, then sweeps; data included everywhere."""
    name = next(iter(config().parity.runs))
    single = settings_for(config(), "train_network", run=name)["settings"]
    yield case("parity step", f"width {single.sweep.widths[0]}", Networks(single, single.sweep))
    for name in SWEEPS:
        settings = settings_for(config(), "train_sweep", sweep=name)["settings"]
        sweep = settings.sweep
        size = f"{len(sweep.seeds) * len(sweep.widths)} x {min(sweep.widths)}"
        size += f"-{max(sweep.widths)}" if len(sweep.widths) > 1 else ""
        yield case(f"parity sweep, {name}", size, Networks(settings, sweep))


def case(what: str, size: str, networks: Networks) -> Case:
    """A step of all networks; peers are autograd on each network, and on all of them stacked."""
    peers = [Peer("autograd", partial(one_by_one, networks))]
    if len(networks.sweep.seeds) * len(networks.sweep.widths) > 1:
        peers.append(Peer("autograd, stacked", partial(stacked, networks)))
    learner, steps = networks.learner(), count()
    return Case(what, size, lambda: [learner.step(next(steps)) for _ in range(STEPS)], tuple(peers), STEPS)


def loss_of(outputs: Tensor, targets: Tensor, kind: Target) -> Tensor:
    """Of outputs (seeds, samples, ...): the sum over networks of the mean over samples."""
    match kind:
        case "mse":
            each = (outputs - targets) ** 2
        case "half_mse":
            each = (outputs - targets) ** 2 / 2
        case "cross_entropy":
            each = F.binary_cross_entropy_with_logits(outputs, (targets > 0).to(outputs), reduction="none")
    return each.mean(dim=1).sum()


def descent(networks: Networks, parameters: Sequence[Tensor]) -> torch.optim.Optimizer:
    """The optimiser of the sweep."""
    settings = networks.sweep.optimiser
    kind = {"sgd": torch.optim.SGD, "adam": torch.optim.Adam}[settings.name]
    return kind(parameters, lr=settings.learning_rate, weight_decay=settings.weight_decay)


def prepared(networks: Networks, step: Callable[[int], None], outputs: Callable[[Tensor], Tensor]) -> Any:
    """Steps of a peer after a check of its outputs."""
    for number in range(CHECKED):
        step(number)
    with torch.no_grad():
        agreement = networks.agreement(outputs(networks.batches(CHECKED)[0]))
    numbers = count(CHECKED)
    return lambda: [step(next(numbers)) for _ in range(STEPS)], agreement


def one_by_one(networks: Networks) -> tuple[Work, Agreement]:
    """A module and an optimiser for each network."""
    sweep, start = networks.sweep, networks.stack()
    grid = [[TwoLayer(networks.inputs, width) for width in sweep.widths] for _ in sweep.seeds]
    for row, column in product(range(len(sweep.seeds)), range(len(sweep.widths))):
        grid[row][column].load_state_dict(start.state(row, column))
    optimisers = [[descent(networks, list(model.parameters())) for model in models] for models in grid]

    def step(number: int) -> None:
        inputs, targets = networks.batches(number)
        for row, (models, each) in enumerate(zip(grid, optimisers, strict=True)):
            for model, optimiser in zip(models, each, strict=True):
                loss = loss_of(model(inputs[row, :, :-1])[None], targets[row, None], sweep.loss)
                optimiser.zero_grad()
                loss.backward()
                optimiser.step()

    def outputs(inputs: Tensor) -> Tensor:
        each = zip(grid, inputs, strict=True)
        return torch.stack([torch.stack([model(x[:, :-1]) for model in models], dim=1) for models, x in each])

    return prepared(networks, step, outputs)


def stacked(networks: Networks) -> tuple[Work, Agreement]:
    """The same stack as ours, with gradients by autograd."""
    stack = networks.stack()
    parameters = [parameter.requires_grad_() for parameter in stack.parameters]
    optimiser = descent(networks, parameters)

    def outputs(inputs: Tensor) -> Tensor:
        readout = stack.second[..., None] * stack.member
        return torch.baddbmm(stack.offset[:, None], torch.bmm(inputs, stack.first).relu(), readout)

    def step(number: int) -> None:
        inputs, targets = networks.batches(number)
        loss = loss_of(outputs(inputs), targets[..., None], networks.sweep.loss)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()

    return prepared(networks, step, outputs)
