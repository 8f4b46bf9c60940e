"""The cost of each group of claims as a table, in place of ``<!-- costs -->`` in a page.

The numbers come from the benchmarks and files of a finished run, which a checkout does not contain. They are therefore
stored in `docs/costs.json`, which is updated from the folder in which the full tier has run:

    PYTHONPATH=src python docs/hooks/costs.py .
"""

import json
import sys
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from emergence.config.loading import Config, read
from emergence.report.compute import benchmark, jobs
from emergence.stages import STAGES

PROJECT = Path(__file__).parents[2]
COSTS = PROJECT / "docs/costs.json"
MARK = "<!-- costs -->"
TARGETS = {
    "anatomy": ("A1 to A14", "{results}/anatomy/claims.parquet"),
    "parity": ("B, L, M, T, J", "{results}/parity/claims.parquet"),
    "language": ("LM, P", "{results}/language/claims.parquet"),
    "neuromfa": ("N1 to N8, beside those above", "{results}/neuromfa/claims.parquet"),
    "interventions": ("I1 to I19", "{results}/interventions/claims.parquet"),
    "calibration": ("estimators against exact values", "{results}/calibration.parquet"),
}
"""Groups: their claims, and the table of their verdicts."""


def group(path: Path) -> str | None:
    """The group that needed a job, from the path of its benchmark; None if all groups or none did."""
    stage, *wildcards = path.with_suffix("").parts
    if stage == "measure_run" and "neuromfa" in wildcards:
        return "neuromfa"
    if stage == "calibration":
        return stage
    declared = STAGES.get(stage)
    return next((name for name in wildcards if name in TARGETS), declared.study if declared else None)


def costs(config: Config, project: Path) -> dict[str, Any]:
    """Number of jobs, CPU hours, peak memory of a job (MB) and size of checkpoints (MB) of every group."""
    results, benchmarks = project / config.pathvars.results, project / config.pathvars.benchmarks
    groups: dict[str, dict[str, float]] = {
        name: {"jobs": 0, "hours": 0.0, "memory_mb": 0.0, "checkpoints_mb": 0.0} for name in TARGETS
    }
    for path in jobs(benchmarks):
        if (cost := groups.get(group(path.relative_to(benchmarks)) or "")) is not None:
            job = benchmark(path)
            cost["jobs"] += 1
            cost["hours"] += job.cpu_seconds / 3600
            cost["memory_mb"] = max(cost["memory_mb"], job.memory_mb)
    sizes: dict[str, float] = defaultdict(float)
    for path in results.glob("*/trajectories/*/checkpoints/**/*.*"):
        sizes[path.relative_to(results).parts[0]] += path.stat().st_size / 1e6
    for name, cost in groups.items():
        cost["checkpoints_mb"] = sizes[name]
    rounded = {name: {key: round(value, 3) for key, value in cost.items()} for name, cost in groups.items()}
    return {"tier": config.tier, "groups": rounded}


def lines(stored: dict[str, Any], results: str) -> Iterator[str]:
    """The table, one line per group."""
    yield "| claims | command: `snakemake --cores all` … | jobs | CPU hours | memory of a job | checkpoints |"
    yield "|---|---|---|---|---|---|"
    for name, (claims, target) in TARGETS.items():
        cost = stored["groups"][name]
        memory, disk = f"{cost['memory_mb'] / 1000:.1f} GB", f"{cost['checkpoints_mb'] / 1000:.1f} GB"
        path = target.format(results=results)
        yield f"| {claims} | `{path}` | {cost['jobs']} | {cost['hours']:.2g} | {memory} | {disk} |"


def on_page_markdown(text: str, **_: Any) -> str:
    """Replace the mark by the table."""
    if MARK not in text:
        return text
    results = read(PROJECT / "config.yaml").pathvars.results
    return text.replace(MARK, "\n".join(lines(json.loads(COSTS.read_text()), results)))


if __name__ == "__main__":
    full = read(PROJECT / "config.yaml", PROJECT / "workflow/tiers/full.yaml")
    COSTS.write_text(json.dumps(costs(full, Path(sys.argv[1])), indent=1) + "\n")
