"""How long a tier takes on so many workers, and what holds it up: ``python tests/bench/workers.py OVERLAY ...``.

Jobs and what they wait for are Snakemake's own plan; nothing is run. Durations of training are counted operations at an
assumed speed of a GPU, as in `tier_cost`. Those of measures are recorded CPU seconds of the full tier: the part that
grows with the number of weights is carried over to larger models and to the GPU, the rest stays. All other jobs take
what they took there. Jobs that a cluster would not get run beside Snakemake, two at a time.
"""

import argparse
import heapq
import logging
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np
import torch
from snakemake.api import SnakemakeApi
from snakemake.settings.types import ConfigSettings, DAGSettings, OutputSettings, Quietness, ResourceSettings
from tier_cost import GPUS, LAUNCH, UTILISATION, Kind, kinds, rounded, speed_here
from timing import PROJECT

from emergence.config import loading
from emergence.config.project import settings_for
from emergence.config.training import Size
from emergence.job_costs import Costs, key
from emergence.stages import STAGES, Request

GPU = "A100, float32"
WORKERS = (1, 8, 64, 512)
BESIDE = 2
"""Jobs that run beside Snakemake at a time, as in the profile for clusters."""
PARTS = 8
"""Into how many jobs the measures of a run are split, to see what that would gain."""
KINDS = {
    "train": "train {size}",
    "train_network": "network",
    "train_sweep": "sweep {run}",
    "train_scalar_transformer": "transformer",
    "train_language_model": "ladder {size}",
}
"""Names in the table of `tier_cost`, by stage."""


LONGEST = ("train_scalar_transformer/", "train_sweep/")


@dataclass(frozen=True)
class Job:
    """A job of the plan: its stage and wildcards, the jobs it waits for, its priority, and seconds."""

    name: str
    after: frozenset[int]
    local: bool
    """whether it runs beside Snakemake"""
    priority: int
    seconds: float = 0.0


Plan = Mapping[int, Job]


def planned(config: loading.Config, overlays: Sequence[Path]) -> dict[int, Job]:
    """Jobs of a tier by number, as Snakemake plans them."""
    logging.disable(logging.INFO)
    with SnakemakeApi(OutputSettings(quiet={Quietness.ALL})) as api:
        workflow = api.workflow(
            resource_settings=ResourceSettings(cores=1),
            config_settings=ConfigSettings(configfiles=list(overlays)),
            snakefile=PROJECT / "Snakefile",
        )
        workflow.dag(DAGSettings(forceall=True)).execute_workflow(executor="dryrun")
        dag: Any = workflow._workflow.dag  # what is offered to programs does not show the jobs
        numbers = {job: number for number, job in enumerate(dag.jobs) if job.log}
        names = {job: str(Path(job.log[0]).relative_to(config.pathvars.logs).with_suffix("")) for job in numbers}
        after = {job: {numbers[before] for before in dag.dependencies[job] if before in numbers} for job in numbers}
        return {number: planned_job(names[job], frozenset(after[job])) for job, number in numbers.items()}


def planned_job(name: str, after: frozenset[int]) -> Job:
    """A job with what its stage asks for."""
    stage = name.partition("/")[0]
    request = STAGES[stage].request if stage in STAGES else Request()
    return Job(name, after, not request.submitted, request.priority)


@dataclass(frozen=True)
class Durations:
    """Seconds of jobs, on a GPU where they go to the cluster."""

    training: Mapping[str, Kind]
    recorded: Mapping[str, float]
    """CPU seconds of the full tier, by key"""
    weights: Mapping[str, float]
    """of each size of this tier and of the full one, embeddings left out"""
    slower: float
    """how many times the operations per second of the GPU are those of the core that was recorded"""

    def of(self, job: Job) -> float:
        """Seconds of a job."""
        stage, _, rest = key(job.name).partition("/")
        size = rest.rpartition("/")[2]
        kind = self.training.get(KINDS.get(stage, "").format(size=size, run=rest))
        if kind is not None:
            steps = kind.each.steps
            return max(kind.each.flops / (UTILISATION * GPUS[GPU][kind.mixed]), steps * LAUNCH)
        if stage == "measure_run" and size in self.weights:
            return self._measuring(f"{stage}/{rest.rpartition('/')[0]}", size)
        return Costs(self.recorded).estimate(f"{stage}/{rest}".rstrip("/"))

    def _measuring(self, measure: str, size: str) -> float:
        """Linear in the number of weights, as it was over the sizes of the full tier."""
        known = {
            name.rpartition("/")[2]: cost for name, cost in self.recorded.items() if name.startswith(f"{measure}/")
        }
        points = [(self.weights[name], cost) for name, cost in known.items() if name in self.weights]
        if len(points) < 2:
            return Costs(self.recorded).estimate(measure)
        slope, least = np.polyfit(*zip(*points, strict=True), 1)
        return max(least, 1.0) + slope * self.weights[size] / self.slower


def paths(plan: Plan) -> dict[int, float]:
    """Seconds from the start of each job to the end of the last that waits for it: the longest path down from it."""
    waiting = defaultdict(list)
    for number, job in plan.items():
        for before in job.after:
            waiting[before].append(number)
    longest: dict[int, float] = {}

    def down(number: int) -> float:
        if number not in longest:
            longest[number] = plan[number].seconds + max((down(after) for after in waiting[number]), default=0.0)
        return longest[number]

    for number in plan:
        down(number)
    return longest


def makespan(plan: Plan, workers: int, first: Callable[[int], float]) -> float:
    """Seconds until all jobs are done.

    Args:
        plan: the jobs.
        workers: that take jobs of the cluster.
        first: of the jobs that can start, a free worker takes that of the lowest value, and the one that could first.
    """
    free = {False: workers, True: BESIDE}
    ready: dict[bool, list[tuple[float, int, int]]] = {False: [], True: []}
    missing = {number: set(job.after) for number, job in plan.items()}
    arrival, waiting = count(), defaultdict(list)
    for number, job in sorted(plan.items(), key=lambda item: -item[1].priority):
        for before in job.after:
            waiting[before].append(number)
        if not job.after:
            heapq.heappush(ready[job.local], (first(number), next(arrival), number))
    running: list[tuple[float, int]] = []
    now = 0.0
    while True:
        for local, queue in ready.items():
            while queue and free[local]:
                number = heapq.heappop(queue)[2]
                free[local] -= 1
                heapq.heappush(running, (now + plan[number].seconds, number))
        if not running:
            return now
        now, number = heapq.heappop(running)
        free[plan[number].local] += 1
        for after in waiting[number]:
            missing[after].discard(number)
            if not missing[after]:
                heapq.heappush(ready[plan[after].local], (first(after), next(arrival), after))


def critical(plan: Plan) -> list[str]:
    """Names and hours of the jobs on the longest path, those of more than a hundredth of it."""
    longest = paths(plan)
    number, told = max(longest, key=lambda one: longest[one]), []
    total = longest[number]
    while True:
        if plan[number].seconds > total / 100:
            told.append(f"{plan[number].name} ({rounded(plan[number].seconds / 3600)} h)")
        after = [one for one, job in plan.items() if number in job.after]
        if not after:
            return told
        number = max(after, key=lambda one: longest[one])


def in_parts(plan: Plan, parts: int) -> dict[int, Job]:
    """The plan with every job that measures a run in so many jobs of as many checkpoints."""
    split, beyond = dict(plan), max(plan) + 1
    for number, job in plan.items():
        if job.name.startswith("measure_run/"):
            pieces = [number, *range(beyond, beyond + parts - 1)]
            beyond += parts - 1
            split |= {one: replace(job, seconds=job.seconds / parts) for one in pieces}
            for after, other in plan.items():
                if number in other.after:
                    split[after] = replace(split[after], after=split[after].after | set(pieces))
    return split


def sizes_of(config: loading.Config) -> dict[str, float]:
    """Weights of each size's blocks."""
    sizes: list[Size] = list(config.anatomy.sizes) if config.anatomy else []
    sizes += config.language.ladder.sizes if config.language else []
    return {size.name: 12.0 * size.layers * size.width**2 for size in sizes}


def without(plan: Plan, *stages: str) -> dict[int, Job]:
    """The plan without jobs whose names begin so, as if they had been done before."""
    left = {number: job for number, job in plan.items() if not job.name.startswith(stages)}
    return {number: replace(job, after=job.after & left.keys()) for number, job in left.items()}


def row(name: str, plan: Plan) -> str:
    """Hours on each number of workers, longest path first and (in brackets) as submitted; the longest path."""
    longest = paths(plan)
    cells = []
    for workers in WORKERS:
        ordered, submitted = (makespan(plan, workers, first) for first in (lambda one: -longest[one], lambda _: 0.0))
        cells.append(f"{rounded(ordered / 3600)} ({rounded(submitted / 3600)})")
    work = sum(job.seconds for job in plan.values() if not job.local)
    return f"| {name} | {rounded(work / 3600)} | {' | '.join(cells)} | {rounded(max(longest.values()) / 3600)} |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("overlays", type=Path, nargs="*", help="of config.yaml, such as workflow/tiers/paper.yaml")
    overlays = parser.parse_args().overlays
    whole = loading.read(PROJECT / "config.yaml", *overlays)
    full = loading.read(PROJECT / "config.yaml", PROJECT / "workflow/tiers/full.yaml")
    torch.set_num_threads(1)
    here = speed_here(settings_for(full, "train", run=list(full.anatomy.runs)[-1])["settings"])
    durations = Durations(
        {kind.name: kind for kind in kinds(whole)},
        Costs.of_tier("full").seconds,
        sizes_of(full) | sizes_of(whole),
        UTILISATION * GPUS[GPU][0] / here,
    )
    plan = {number: replace(job, seconds=durations.of(job)) for number, job in planned(whole, overlays).items()}
    plans = {
        "all": plan,
        "without the transformers of Study 2": without(plan, *LONGEST[:1]),
        "and without its sweeps": without(plan, *LONGEST),
        f"the same, measures of a run in {PARTS} jobs": in_parts(without(plan, *LONGEST), PARTS),
    }
    print(f"{len(plan)} jobs, {sum(job.local for job in plan.values())} of them beside Snakemake; {GPU} (assumed).")
    print("Hours, with the job first that the longest path waits for; in brackets, jobs as they are submitted.\n")
    columns = ["plan", "work", *(f"{workers:,} workers" for workers in WORKERS), "longest path"]
    print(f"| {' | '.join(columns)} |")
    print("|---" * len(columns) + "|")
    for name, one in plans.items():
        print(row(name, one))
    for name, one in plans.items():
        print(f"\nLongest path, {name}: {', '.join(critical(one))}.")


if __name__ == "__main__":
    main()
