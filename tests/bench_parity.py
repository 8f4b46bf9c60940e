"""Speed of networks on multitask sparse parity, as ratios measured in one run: ``make bench``.

The baseline is PyTorch as one would write it: the same samples, a module, autograd, an optimiser.
"""

import statistics
from collections.abc import Callable
from itertools import count

import torch
from bench import PROJECT, seconds

from emergence import config
from emergence.models import build
from emergence.models.mlp import TwoLayer
from emergence.settings.networks import Sweep
from emergence.tasks.parity import MultitaskParity
from emergence.training.parity import Learner, Source
from emergence.training.stack import Stack

ROUNDS, STEPS = 7, 10
SEEDS = 10


class Work:
    """The pieces that are timed, with the settings of the default tier."""

    def __init__(self) -> None:
        study = config.read(PROJECT / "config.yaml").solvable
        self.task, self.target = MultitaskParity(study.parity), study.target
        self.time, self.width = study.network, study.sweeps.width
        self.device = build.device("cpu")

    def ours(self, sweep: Sweep) -> Callable[[], None]:
        """One step of all networks of a sweep together, data generation included."""
        stack = Stack(self.task.parity.inputs, sweep.widths, len(sweep.seeds), self.device)
        stack.initialise(sweep.sigma, sweep.seeds)
        learner, steps = Learner(stack, Source(self.task, self.target, sweep, None), sweep), count()
        return lambda: learner.step(next(steps))

    def plain(self, sweep: Sweep, width: int) -> Callable[[], None]:
        """One step of one network as one would write it, data generation included."""
        model = TwoLayer(self.task.parity.inputs, width)
        kind = {"sgd": torch.optim.SGD, "adam": torch.optim.Adam}[sweep.optimiser.name]
        descent = kind(model.parameters(), lr=sweep.optimiser.learning_rate)
        source, steps = Source(self.task, self.target, sweep.model_copy(update={"seeds": [1]}), None), count()

        def step() -> None:
            inputs, targets = source(next(steps))
            loss = ((model(inputs[0, :, :-1]) - targets[0]) ** 2).mean()
            descent.zero_grad()
            loss.backward()
            descent.step()

        return step


def compare() -> None:
    """Print the ratios."""
    work = Work()
    one = work.time.model_copy(update={"seeds": [1], "batch": 4000})  # as published
    ours, plain = work.ours(one), work.plain(one, one.widths[0])
    together = work.ours(work.width.model_copy(update={"seeds": list(range(SEEDS))}))
    single = [work.width.model_copy(update={"seeds": [1], "widths": [width]}) for width in work.width.widths]
    alone = {
        "the same step": [work.ours(sweep) for sweep in single],
        "PyTorch": [work.plain(work.width, width) for width in work.width.widths],
    }
    for warm in (ours, plain, together, *alone["PyTorch"], *alone["the same step"]):
        warm()
    rounds = [(seconds(ours, STEPS), seconds(plain, STEPS)) for _ in range(ROUNDS)]
    step, baseline = (statistics.median(column) for column in zip(*rounds, strict=True))
    share = statistics.median(row[0] / row[1] for row in rounds)
    line = f"{share:10.0%} of a plain step's time ({step * 1e3:.1f} against {baseline * 1e3:.1f} ms; target 50 %)"
    print(f"parity  width {one.widths[0]}, batch {one.batch}: {line}", flush=True)
    count = SEEDS * len(work.width.widths)
    for name, steps in alone.items():
        rounds = [
            (seconds(together, STEPS), SEEDS * sum(seconds(one_step, 2) for one_step in steps)) for _ in range(ROUNDS)
        ]
        ratio = statistics.median(row[1] / row[0] for row in rounds)
        line = f"{ratio:10.1f} x the speed of one after the other, {name} (target 5)"
        print(f"parity  {count} networks stacked: {line}", flush=True)


if __name__ == "__main__":
    compare()
