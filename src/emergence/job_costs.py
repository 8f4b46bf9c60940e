"""Costs of jobs in CPU seconds, as finished runs recorded them, which tell the progress of a run and the time left.

`costs.json` has a table for each tier. A job's key is its stage and its wildcards, as in the path of its log, without
the seed. What has no cost of its own is taken to cost the mean of those below the longest known beginning of its key.

    python -m emergence.job_costs results/smoke

replaces the table of a tier by the costs of a run of it.
"""

import json
import re
import sys
from collections import defaultdict
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from statistics import fmean

from emergence.errors import EmergenceError

TABLES = Path(__file__).with_name("costs.json")
DEFAULT = 3.0
"""CPU seconds of a job that nothing is known of: a start of Python with the libraries that it needs"""


def key(path: str) -> str:
    """Key of a job from the path of its log, or of its recorded cost, below the folder of all.

    >>> key("measure_run/anatomy/rankme/4x16-s1.log"), key("leads/anatomy/rankme.log")
    ('measure_run/anatomy/rankme/4x16', 'leads/anatomy/rankme')
    """
    return re.sub(r"-s\d+$", "", re.sub(r"\.\w+$", "", path))


@cache
def table(tier: str) -> dict[str, float]:
    """Costs by key; of a tier that no run has recorded, those of all others, earlier ones first."""
    tables: dict[str, dict[str, float]] = json.loads(TABLES.read_text(encoding="utf-8"))
    if tier in tables:
        return tables[tier]
    return {name: cost for costs in reversed(tables.values()) for name, cost in costs.items()}


def estimate(costs: Mapping[str, float], job: str) -> float:
    """CPU seconds of a job, from costs by key.

    >>> estimate({"train/2x8": 4.0, "train/2x16": 6.0}, "train/2x16"), estimate({"train/2x8": 4.0}, "train/4x96")
    (6.0, 4.0)
    """
    parts = job.split("/")
    for length in range(len(parts), 0, -1):
        prefix = "/".join(parts[:length])
        if known := [cost for name, cost in costs.items() if name == prefix or name.startswith(f"{prefix}/")]:
            return fmean(known)
    return DEFAULT


def recorded(benchmarks: Path) -> dict[str, float]:
    """Costs by key, of the jobs of a run."""
    seconds = defaultdict(list)
    for path in sorted(benchmarks.rglob("*.json")):
        used = json.loads(path.read_text(encoding="utf-8"))
        seconds[key(str(path.relative_to(benchmarks)))].append(used["user_seconds"] + used["system_seconds"])
    return {name: round(fmean(values), 1) for name, values in seconds.items()}


def store(results: Path) -> None:
    """Replace the table of a tier by the costs of a run.

    Raises:
        EmergenceError: if the run recorded none where it says, seen from the present folder.
    """
    config = json.loads((results / "record.json").read_text(encoding="utf-8"))["config"]
    benchmarks = Path(config["pathvars"]["benchmarks"])
    costs = recorded(benchmarks)
    if not costs:
        raise EmergenceError(f"{benchmarks} has no costs; run this in the folder where Snakemake ran")
    tables = json.loads(TABLES.read_text(encoding="utf-8")) | {config["tier"]: costs}
    TABLES.write_text(json.dumps(tables, indent=1, sort_keys=True) + "\n", encoding="utf-8")


if __name__ == "__main__":
    store(Path(sys.argv[1]))
