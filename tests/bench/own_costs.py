"""Time every part of ``emergence analyze`` at 160 million weights, and write the table of costs into the documentation.

    python tests/bench/own_costs.py

Takes minutes and 6 GiB, on one core; times are processor seconds, so that other work hardly moves them. Other sizes are
in proportion to the number of weights. Without a GPU at hand, arithmetic on one is taken to be faster by the ratio that
`emergence.series_costs` assumes.
"""

import json
import re
import resource
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from times import machine
from timing import PROJECT
from timing import seconds as processor_seconds

sys.path.insert(0, str(PROJECT / "tests"))

from synthetic import random_lm

from emergence.config.defaults import default_measures
from emergence.measures.api import measure_subject, options_of
from emergence.own_runs.measured_run import MeasuredRun, open_language_run
from emergence.series_costs import CORE, GPU

KEPT, PAGE = PROJECT / "docs/own_costs.json", PROJECT / "docs/own-checkpoints.md"
BLOCK = re.compile(r"(?<=<!-- own costs -->\n).*?(?=<!-- /own costs -->)", re.DOTALL)
GROUPS = ("first", "second", "third", "fourth")
OPTIONS: dict[str, dict[str, Any]] = {
    "rankme": {},
    "loss": {},
    "linear_probe": {},
    "fisher": {"samples": 2},
    "gradient_covariance": {"samples": 2},
    "hessian": {"samples": 2, "products": 2, "draws": 2},
    "llc": {"chains": 2, "burn_in": 1, "draws": 2, "pool": 2, "examples": 1},
    "neuromfa": {},
}
"""Of each measure, in place of those of `config.yaml`; what a measure repeats costs in proportion."""
SIZES = {"160M": 162e6, "410M": 405e6, "1.4B": 1.41e9, "2.8B": 2.78e9}
"""Weights of the models of Pythia."""
NO_ARITHMETIC = ("loading", "neuromfa")
"""Parts that a GPU does not hasten."""


def parts(run: MeasuredRun) -> Iterator[tuple[str, Callable[[], object]]]:
    """What is done at a checkpoint, by name."""
    yield "loading", partial(run.load, 0)
    if run.scores is not None:
        yield "scores", run.scores
    defaults = default_measures()
    for name, given in OPTIONS.items():
        options = options_of(name, {**defaults.get(name, {}), **given})
        yield name, partial(measure_subject, name, run.subject, options, np.random.default_rng(0))


def measured() -> dict[str, Any]:
    """Processor seconds of each part, on one core, and the memory of all."""
    torch.set_num_threads(1)
    seconds = {}
    with tempfile.TemporaryDirectory() as folder:
        random_lm.save(random_lm.neox(0), Path(folder) / "step0")
        run = open_language_run(Path(folder), "bench", random_lm.probes(groups=GROUPS), device="cpu")
        for name, work in parts(run):
            seconds[name] = round(processor_seconds(work), 1)
            print(f"{name}: {seconds[name]} s", flush=True)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    return {"seconds": seconds, "gib": round(peak, 1), "machine": machine(), "date": date.today().isoformat()}


def table(kept: Mapping[str, Any]) -> str:
    """The table of the page, a row a part."""
    head = ["part", *(f"{size}, core" for size in SIZES), *(f"{size}, GPU" for size in SIZES)]
    lines = [f"| {' | '.join(head)} |", f"|{'---|' * len(head)}"]
    for name, seconds in kept["seconds"].items():
        given = ", ".join(f"{key} {value}" for key, value in OPTIONS.get(name, {}).items())
        on_gpu = seconds if name in NO_ARITHMETIC else seconds * CORE / GPU
        times = [_time(each * size / SIZES["160M"]) for each in (seconds, on_gpu) for size in SIZES.values()]
        lines.append(f"| {' | '.join([f'{name}: {given}' if given else name, *times])} |")
    note = (
        f"\n*160M on one core: measured in processor seconds, {kept['machine']}, {kept['date']}, {kept['gib']} GiB in "
        "all. Larger sizes are in proportion to the number of weights. Columns of a GPU are estimates, with arithmetic "
        f"{GPU / CORE:.0f} times as fast. `python tests/bench/own_costs.py` measures again.*"
    )
    return "\n".join([*lines, note, ""])


def _time(seconds: float) -> str:
    return "< 1 s" if seconds < 0.95 else f"{seconds:.0f} s" if seconds < 100 else f"{seconds / 60:.0f} min"


def main() -> None:
    """Measure, keep the times, and write the table."""
    kept = measured()
    KEPT.write_text(json.dumps(kept, indent=1) + "\n")
    write(kept)


def write(kept: Mapping[str, Any]) -> None:
    """Write the table into the page."""
    PAGE.write_text(BLOCK.sub(lambda _: table(kept), PAGE.read_text()))


if __name__ == "__main__":
    main()
