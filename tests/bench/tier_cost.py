"""What a tier's training costs, and how long that takes: ``python tests/bench/tier_cost.py OVERLAY ...``.

Counted: floating-point operations of every run, from the configuration. Measured: operations per second of one core of
this machine, in the same call. Assumed, and said so: the share of a GPU's peak that training reaches, and that no step
is shorter than its kernels take to be launched. Peaks are the makers' figures for dense products.
"""

import argparse
import statistics
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import torch
from timing import PROJECT

sys.path.insert(0, str(PROJECT / "tests"))

from support import training_cost as cost

from emergence import series_costs
from emergence.config import loading
from emergence.config.project import settings_for
from emergence.config.training import Run, Size, TrainSettings
from emergence.training.task_transformer import TaskLearner

GPUS = {  # peak in float32, and where a model can be trained in bfloat16
    "A100, float32": (19.5e12, 19.5e12),
    "A100, bfloat16": (19.5e12, 312e12),
    "H100 SXM, bfloat16": (67e12, 989e12),
}
UTILISATION = 0.3
LAUNCH = 0.002  # seconds per step: some hundred kernels


@dataclass(frozen=True)
class Kind:
    """Runs that are alike."""

    name: str
    runs: int
    each: cost.Cost
    mixed: bool
    """whether `compute.precision` applies; the networks and the transformer of sparse parity are float32"""

    def hours(self, speed: float, least: float = 0.0) -> float:
        """Hours of all runs one after another, at operations per second; a step takes at least some seconds."""
        return self.runs * max(self.each.flops / speed, self.each.steps * least) / 3600


def kinds(whole: loading.Config) -> Iterator[Kind]:
    """All training of a tier."""
    yield from of_anatomy(whole) if whole.anatomy else ()
    yield from of_parity(whole) if whole.parity else ()
    yield from of_language(whole) if whole.language else ()


def of_anatomy(whole: loading.Config) -> Iterator[Kind]:
    anatomy = whole.anatomy
    for size in anatomy.sizes:
        of_run = cost.of_run(settings_for(whole, "train", run=first(anatomy.runs, size))["settings"])
        yield Kind(f"train {size.name}", count(anatomy.runs, size), of_run, mixed=True)


def of_parity(whole: loading.Config) -> Iterator[Kind]:
    study = whole.parity
    settings = settings_for(whole, "train_network", run=next(iter(study.runs)))["settings"]
    of_network = cost.of_networks(settings.sweep, settings.parity)
    yield Kind("network", len(study.runs), of_network, mixed=False)
    for name in study.every_sweep:
        settings = settings_for(whole, "train_sweep", sweep=name)["settings"]
        yield Kind(f"sweep {name}", 1, cost.of_networks(settings.sweep, settings.parity), mixed=False)
    settings = settings_for(whole, "train_scalar_transformer", run=next(iter(study.transformers)))["settings"]
    of_transformer = cost.of_scalar_transformer(settings)
    yield Kind("transformer", len(study.transformers), of_transformer, mixed=False)


def of_language(whole: loading.Config) -> Iterator[Kind]:
    language = whole.language
    for size in language.ladder.sizes:
        settings = settings_for(whole, "train_language_model", run=first(language.trained, size))["settings"]
        of_model = cost.of_language_model(settings)
        yield Kind(f"ladder {size.name}", count(language.trained, size), of_model, mixed=True)


def first(runs: Mapping[str, Run], size: Size) -> str:
    """One of the runs of a size; they cost the same."""
    return next(run for run, (of_run, _) in runs.items() if of_run == size)


def count(runs: Mapping[str, Run], size: Size) -> int:
    """Number of runs of a size."""
    return sum(run.size == size for run in runs.values())


def speed_here(settings: TrainSettings, rounds: int = 5, steps: int = 4) -> float:
    """Operations a second of the processor's time, training on one core: median of a few rounds."""
    learner, each = TaskLearner(settings, torch.device("cpu")), cost.of_run(settings)
    seconds = []
    for number in range(rounds + 1):
        begun = time.process_time()
        for step in range(steps):
            learner.step(number * steps + step)
        seconds.append(time.process_time() - begun)
    return each.flops / each.steps * steps / statistics.median(seconds[1:])


def rounded(hours: float) -> str:
    return f"{hours:,.0f}" if hours >= 10 else f"{hours:.1f}" if hours >= 0.1 else "<0.1"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("overlays", type=Path, nargs="*", help="of config.yaml, such as workflow/tiers/paper.yaml")
    default = loading.read(PROJECT / "config.yaml", PROJECT / "workflow/tiers/full.yaml")
    whole = loading.read(PROJECT / "config.yaml", *parser.parse_args().overlays)
    torch.set_num_threads(1)
    here = speed_here(settings_for(default, "train", run=list(default.anatomy.runs)[-1])["settings"])
    print(f"One core here: {here / 1e9:.0f} GFLOP/s (measured). GPUs: {UTILISATION:.0%} of the peak,")
    print(f"no step under {LAUNCH * 1000:.0f} ms (both assumed). Hours are of all runs, one after another.\n")
    columns = ["one core here", *GPUS]
    print(f"| training | runs | steps | FLOPs a run | {' | '.join(columns)} |")
    print("|---" * (4 + len(columns)) + "|")
    totals = [0.0] * len(columns)
    for kind in kinds(whole):
        hours = [kind.hours(here), *(kind.hours(UTILISATION * peaks[kind.mixed], LAUNCH) for peaks in GPUS.values())]
        totals = [total + more for total, more in zip(totals, hours, strict=True)]
        shown = " | ".join(map(rounded, hours))
        print(f"| {kind.name} | {kind.runs} | {kind.each.steps:,} | {kind.each.flops:.1e} | {shown} |")
    print(f"| all | | | | {' | '.join(map(rounded, totals))} |")
    if said := series_costs.announcement(whole, Path(whole.pathvars.results) / "downloads"):
        print(f"\n{said}")


if __name__ == "__main__":
    main()
