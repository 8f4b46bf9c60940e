"""What each group of claims costs, in `docs/costs.json`, as a table where a page says ``<!-- costs -->``.

The numbers are those of a finished run, from its benchmarks and files, which a checkout does not hold. So the file is
kept, and written anew after a run of the default tier, from the top folder:

    PYTHONPATH=src python docs/hooks/costs.py
"""

import json
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from emergence.config import Config, read
from emergence.report.compute import benchmark
from emergence.stages import study_of

PROJECT = Path(__file__).parents[2]
COSTS = PROJECT / "docs/costs.json"
MARK = "<!-- costs -->"
TARGETS = {
    "anatomy": ("A1 to A14", "{results}/claims/anatomy.parquet"),
    "solvable": ("B, L, M, T, J", "{results}/claims/solvable.parquet"),
    "language": ("LM, P", "{results}/claims/language.parquet"),
    "multifractal": ("N1 to N8, beside those above", "{results}/claims/multifractal.parquet"),
    "calibration": ("estimators against exact values", "{results}/calibration.parquet"),
}
"""Groups: their claims, and the file that has their verdicts."""
FOLDERS = {"joint": "solvable", "language": "language", "calibration.tsv": "calibration"}
"""Benchmarks of stages that several studies share, and of the stage that has a group to itself."""


def group(path: Path, config: Config) -> str | None:
    """The group for which a job was run, from the path of its benchmark; None if for all, or for none."""
    if path.parts[:2] == ("follow", "neuromfa"):
        return "multifractal"
    if path.parts[0] == "follow":
        return of_run(path.stem, config)
    return FOLDERS.get(path.parts[0]) or study_of(path.parts[0].removesuffix(".tsv"))


def of_run(run: str, config: Config) -> str | None:
    """The study that has a run."""
    runs = {"anatomy": config.anatomy.runs, "solvable": config.solvable.runs, "language": config.language.runs}
    return next((study for study, names in runs.items() if run in names), None)


def costs(config: Config, project: Path) -> dict[str, Any]:
    """Jobs, processor hours, most memory of a job (MB) and size of checkpoints (MB) of every group."""
    results, benchmarks = project / config.pathvars.results, project / config.pathvars.benchmarks
    found: dict[str, dict[str, float]] = {
        name: {"jobs": 0, "hours": 0.0, "memory_mb": 0.0, "checkpoints_mb": 0.0} for name in TARGETS
    }
    for path in sorted(benchmarks.rglob("*.tsv")):
        if (cost := found.get(group(path.relative_to(benchmarks), config) or "")) is not None:
            job = benchmark(path)
            cost["jobs"] += 1
            cost["hours"] += float(job["cpu_seconds"].fillna(0).sum()) / 3600
            cost["memory_mb"] = max(cost["memory_mb"], float(job["memory_mb"].fillna(0).max()))
    sizes: dict[str | None, float] = defaultdict(float)
    for path in results.glob("trajectories/*/checkpoints/**/*.*"):
        sizes[of_run(path.relative_to(results / "trajectories").parts[0], config)] += path.stat().st_size / 1e6
    for name, cost in found.items():
        cost["checkpoints_mb"] = sizes[name]
    rounded = {name: {key: round(value, 3) for key, value in cost.items()} for name, cost in found.items()}
    return {"tier": config.tier, "groups": rounded}


def lines(found: dict[str, Any], results: str) -> Iterator[str]:
    """The table, a line a group."""
    yield "| claims | command: `snakemake --cores all` … | jobs | processor hours | memory of a job | checkpoints |"
    yield "|---|---|---|---|---|---|"
    for name, (claims, target) in TARGETS.items():
        cost = found["groups"][name]
        memory, disk = f"{cost['memory_mb'] / 1000:.1f} GB", f"{cost['checkpoints_mb'] / 1000:.1f} GB"
        path = target.format(results=results)
        yield f"| {claims} | `{path}` | {cost['jobs']} | {cost['hours']:.2g} | {memory} | {disk} |"


def on_page_markdown(text: str, **_: Any) -> str:
    """Put the table where a page asks for it."""
    if MARK not in text:
        return text
    results = read(PROJECT / "config.yaml").pathvars.results
    return text.replace(MARK, "\n".join(lines(json.loads(COSTS.read_text()), results)))


if __name__ == "__main__":
    COSTS.write_text(json.dumps(costs(read(PROJECT / "config.yaml"), PROJECT), indent=1) + "\n")
