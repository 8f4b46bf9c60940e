"""Costs of jobs in CPU seconds, as finished runs recorded them, which tell the progress of a run and the time left.

`costs.json` has a table for each tier: seconds, and the work that they took (`emergence.job_work`). A job's key is its
stage and its wildcards, as in the path of its log, without the seed. A job of other settings than those recorded, of
another size or for more steps, costs more or less as its work does. What has no cost of its own is taken to cost the
mean of those below the longest known beginning of its key.

    python -m emergence.job_costs results/smoke

replaces the table of a tier by the costs of a run of it.
"""

import json
import re
import sys
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from math import log
from pathlib import Path
from statistics import fmean
from typing import Self

from emergence.config.configuration import Config
from emergence.errors import EmergenceError
from emergence.job_work import keys_of, work

TABLES = Path(__file__).with_name("costs.json")
DEFAULT = 3.0
"""CPU seconds of a job that nothing is known of: a start of Python with the libraries that it needs"""
START = 0.5
"""of them that are no work: of a start whose libraries the fork server has loaded"""


@dataclass(frozen=True)
class Costs:
    """What jobs of a run cost, by key."""

    seconds: Mapping[str, float] = field(default_factory=dict)
    """of a processor"""
    work: Mapping[str, float] = field(default_factory=dict)
    """of those whose work is known, under the settings of that run"""

    @classmethod
    def of_tier(cls, tier: str) -> Self:
        """Costs of a tier; of one that no run has recorded, those of all others, earlier ones first."""
        tables = _stored()
        chosen = [tables[tier]] if tier in tables else list(reversed(tables.values()))
        joined = {
            part: {key: value for one in chosen for key, value in one[part].items()} for part in ("seconds", "work")
        }
        return cls(**joined)

    def estimate(self, job: str, amount: float | None = None) -> float:
        """CPU seconds of a job.

        Args:
            job: its key.
            amount: its work, if that is known.

        >>> costs = Costs({"train/2x8": 4.0, "train/2x16": 6.0})
        >>> costs.estimate("train/2x16"), costs.estimate("train/4x96")
        (6.0, 5.0)
        >>> Costs({"train/2x8": 4.5}, {"train/2x8": 100.0}).estimate("train/4x96", 1000.0)
        40.5
        """
        parts = job.split("/")
        for length in range(len(parts), 0, -1):
            if keys := self._below("/".join(parts[:length])):
                return self._of_alike(keys, amount)
        return DEFAULT

    def _below(self, beginning: str) -> list[str]:
        return [key for key in self.seconds if key == beginning or key.startswith(f"{beginning}/")]

    def _of_alike(self, keys: list[str], amount: float | None) -> float:
        """By the work of the one that had most nearly as much; without, their mean."""
        worked = [key for key in keys if key in self.work]
        if amount is None or not worked:
            return fmean(self.seconds[key] for key in keys)
        nearest = min(worked, key=lambda key: abs(log(self.work[key] / amount)))
        start = min(START, self.seconds[nearest])
        return start + (self.seconds[nearest] - start) * amount / self.work[nearest]


@cache
def _stored() -> dict[str, dict[str, dict[str, float]]]:
    tables: dict[str, dict[str, dict[str, float]]] = json.loads(TABLES.read_text(encoding="utf-8"))
    return tables


def longest(config: Config, stage: str) -> float:
    """CPU seconds of the longest job of a stage, among those whose work is known; 0 if there is none.

    Args:
        config: whose sizes and measures are gone through.
        stage: one that trains or measures.
    """
    costs = Costs.of_tier(config.tier)
    jobs = {key: work(config, key) for key in keys_of(config, stage)}
    return max((costs.estimate(key, amount) for key, amount in jobs.items() if amount is not None), default=0.0)


def key(path: str) -> str:
    """Key of a job from the path of its log, or of its recorded cost, below the folder of all.

    >>> key("measure_run/anatomy/rankme/4x16-s1.log"), key("leads/anatomy/rankme.log")
    ('measure_run/anatomy/rankme/4x16', 'leads/anatomy/rankme')
    """
    return re.sub(r"-s\d+$", "", re.sub(r"\.\w+$", "", path))


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
    config = Config.model_validate(json.loads((results / "record.json").read_text(encoding="utf-8"))["config"])
    benchmarks = Path(config.pathvars.benchmarks)
    seconds = recorded(benchmarks)
    if not seconds:
        raise EmergenceError(f"{benchmarks} has no costs; run this in the folder where Snakemake ran")
    amounts = {key: amount for key in seconds if (amount := work(config, key)) is not None}
    tables = json.loads(TABLES.read_text(encoding="utf-8")) | {config.tier: {"seconds": seconds, "work": amounts}}
    TABLES.write_text(json.dumps(tables, indent=1, sort_keys=True) + "\n", encoding="utf-8")


if __name__ == "__main__":
    store(Path(sys.argv[1]))
