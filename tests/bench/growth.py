"""How cost grows with width, depth, tasks, checkpoints and seeds: ``python tests/bench/growth.py``.

Each row runs in a process of its own: processor seconds of a training step and of every measure of one checkpoint, with
the options of the full tier, beside the operations that are counted for the step, and the peak memory of both. A run
costs its steps and its checkpoints, and seeds cost as many runs: the last columns say how much that is.
"""

import argparse
import multiprocessing
import resource
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import torch
from measures import measured
from tier_cost import cost
from timing import PROJECT

from emergence.config import loading
from emergence.config.project import settings_for
from emergence.subjects.task_transformer import TaskProbe, TaskSubject
from emergence.tasks import data
from emergence.training.schedule import checkpoint_steps
from emergence.training.task_transformer import TaskLearner

FILES = [PROJECT / "config.yaml", PROJECT / "workflow/tiers/full.yaml"]
WIDTHS, DEPTHS, TASKS = (16, 32, 64, 128, 256, 384), (2, 4, 8), (1, 2, 4, 8)
OFTEN, COSTLY = ("rankme", "loss", "linear_probe", "neuromfa"), ("fisher", "gradient_covariance", "hessian", "llc")


@dataclass(frozen=True)
class Case:
    """A size, and how many tasks it learns beside the control."""

    what: str
    layers: int
    width: int
    tasks: int

    def config(self) -> loading.Config:
        """The full tier with this size and these tasks alone."""
        settings = loading.contents(*FILES)
        anatomy = settings["anatomy"]
        heads = max(4, self.width // 64)
        anatomy["sizes"] = [{"name": "one", "layers": self.layers, "width": self.width, "heads": heads}]
        anatomy["tasks"] = dict(list(anatomy["tasks"].items())[: self.tasks])
        anatomy["easy"] = [task for task in ("COPY", "REV", "CMP", "SORT") if task in anatomy["tasks"]]
        return loading.load(settings)


def cases() -> Iterator[Case]:
    """One thing grows at a time."""
    yield from (Case("width", 4, width, 8) for width in WIDTHS)
    yield from (Case("depth", layers, 64, 8) for layers in DEPTHS)
    yield from (Case("tasks", 4, 64, tasks) for tasks in TASKS)


@dataclass
class Seen:
    """Just what `measured` needs of a model in training."""

    subject: TaskSubject
    measures: Any


def timed(work: Callable[[], object]) -> float:
    """Processor seconds."""
    begun = time.process_time()
    work()
    return time.process_time() - begun


def measure(case: Case) -> dict[str, float]:
    """Costs of a case, in the process that calls it."""
    torch.set_num_threads(1)
    config = case.config()
    settings = settings_for(config, "train", run=next(iter(config.anatomy.runs)))["settings"]
    learner = TaskLearner(settings, torch.device("cpu"))
    step = min(timed(lambda number=number: learner.step(number)) for number in range(4))
    counted = cost.of_run(settings)
    probes = config.anatomy.probes
    subject = TaskSubject(learner.model, TaskProbe(data.draw(settings.task_levels, probes.examples, probes.seed)))
    seen = Seen(subject, config.anatomy.measures)
    seconds = {name: timed(lambda name=name: measured(name, seen)) for name in (*OFTEN, *COSTLY)}
    every = {name: getattr(getattr(seen.measures, name), "every", 1) for name in seconds}
    checkpoints = len(checkpoint_steps(config.anatomy.checkpoints, counted.steps))
    return {
        "parameters": sum(weight.numel() for weight in learner.model.parameters()),
        "step": step,
        "operations": counted.flops / counted.steps,
        "often": sum(seconds[name] for name in OFTEN),
        **{name: seconds[name] for name in COSTLY},
        "memory": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        "training": step * counted.steps / 60,
        "measuring": checkpoints * sum(value / every[name] for name, value in seconds.items()) / 60,
    }


def alone(case: Case) -> dict[str, float]:
    """The same in a new process, so that its memory is its own."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(measure, (case,))


def main() -> None:
    """Print a line for every case."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--most", type=int, default=max(WIDTHS), help="largest width")
    most = parser.parse_args().most
    titles = (
        "grows", "size", "tasks", "weights", "ms/step", "GFLOP/s", "ms/checkpoint", *COSTLY, "MB", "train, min",
        "measure, min",
    )  # fmt: skip
    print("Milliseconds of a step, of the measures of every checkpoint, and of each costly one; minutes of a run.")
    print("  ".join(titles))
    for case in cases():
        if case.width > most:
            continue
        costs = alone(case)
        cells = [
            case.what, f"{case.layers}x{case.width}", str(case.tasks), f"{costs['parameters']:,.0f}",
            f"{1e3 * costs['step']:.1f}", f"{costs['operations'] / costs['step'] / 1e9:.0f}",
            f"{1e3 * costs['often']:.0f}",
            *(f"{1e3 * costs[name]:.0f}" for name in COSTLY), f"{costs['memory']:.0f}",
            f"{costs['training']:.1f}", f"{costs['measuring']:.1f}",
        ]  # fmt: skip
        print("  ".join(cell.rjust(len(title)) for cell, title in zip(cells, titles, strict=True)), flush=True)


if __name__ == "__main__":
    main()
