"""Run metadata: version and commit of the project, and machine, versions, time and memory of a run."""

import json
import os
import platform
import subprocess
import tomllib
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from emergence.errors import EmergenceError
from emergence.io.files import sha256
from emergence.io.provenance import PACKAGE
from emergence.report import compute
from emergence.report.numbers import trained_runs

PROJECT = PACKAGE.parents[1]


class ProjectError(EmergenceError):
    """A folder that is not what is needed of it; the message says what to do."""


def version(folder: Path = PROJECT) -> str:
    """Version of the project, from `pyproject.toml`, the one place that has it.

    Raises:
        ProjectError: if there is no such file.
    """
    path = folder / "pyproject.toml"
    try:
        return str(tomllib.loads(path.read_text(encoding="utf-8"))["project"]["version"])
    except (OSError, KeyError, ValueError) as error:
        raise ProjectError(f"{path}: has no version ({error}); run this in a checkout of the project") from None


def git(folder: Path, *arguments: str) -> bytes:
    """Output of git.

    Raises:
        ProjectError: if there is no git, or no repository.
    """
    try:
        done = subprocess.run(["git", *arguments], cwd=folder, capture_output=True, check=False)
    except OSError as error:
        raise ProjectError(f"git cannot be run ({error}); install it") from None
    if done.returncode:
        said = " ".join(done.stderr.decode(errors="replace").split())
        raise ProjectError(f"{folder}: git {arguments[0]} fails ({said}); run this in a clone of the repository")
    return done.stdout


def changes(folder: Path) -> list[str]:
    """Tracked files that differ from the commit.

    Raises:
        ProjectError: if there is no git, or no repository.
    """
    return git(folder, "diff", "--name-only", "HEAD").decode().splitlines()


def commit(folder: Path = PROJECT) -> dict[str, Any]:
    """Commit of a checkout, and whether tracked files were changed; null where there is no repository."""
    try:
        return {"commit": git(folder, "rev-parse", "HEAD").decode().strip(), "changed": bool(changes(folder))}
    except ProjectError:
        return {"commit": None, "changed": None}


class AccountError(EmergenceError):
    """A run that cannot be accounted for; the message says what is missing and the remedy."""


def account(config: dict[str, Any], results: Path, benchmarks: Path, *, trained: bool = True) -> dict[str, Any]:
    """All of it, ready for JSON: times in seconds, memory in MB. Study 4 alone has no trajectories (``trained``).

    Raises:
        AccountError: if there are no trajectories or no benchmarks.
    """
    manifests = list(results.glob("*/trajectories/*/manifest.json"))
    jobs = compute.jobs(benchmarks)
    if trained and not manifests:
        raise AccountError(f"{results}: no trajectories; give the results folder of a run that is finished")
    if not jobs:
        raise AccountError(f"{benchmarks}: no benchmarks, so nothing tells how long the run took; run it again")
    return {
        "project": {"version": version(), **commit()},
        "tier": config["tier"],
        "config_sha256": sha256(json.dumps(config, sort_keys=True).encode()),
        "finished": datetime.fromtimestamp(max(path.stat().st_mtime for path in jobs), UTC).isoformat("T", "minutes"),
        "kept_on": machine(),
        "cost": cost(benchmarks, jobs),
        **trained_runs(manifests),
    }


def machine() -> dict[str, Any]:
    """Name of the processor, as far as the system tells, and memory."""
    return {
        "processor": _processor(),
        "system": platform.platform(),
        "cores": os.cpu_count(),
        "memory_mb": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e6),
    }


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        lines = []
    named = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(named, platform.processor() or platform.machine())


def cost(benchmarks: Path, jobs: list[Path]) -> dict[str, Any]:
    """Time and memory in all and by rule.

    ``busy`` is the time in which any job ran, so that a pause between two halves of a run does not count; it is taken
    from when benchmarks were written and how long each says its job took.
    """
    spans = [(path.stat().st_mtime, compute.benchmark(path).wall_seconds) for path in jobs]
    by_rule = compute.by_stage(benchmarks)
    return {
        "jobs": len(jobs),
        "busy_seconds": round(covered([(end - taken, end) for end, taken in spans])),
        "job_seconds": round(sum(taken for _, taken in spans)),
        "cpu_seconds": round(float(by_rule["cpu_hours"].sum()) * 3600),
        "memory_mb": round(float(by_rule["memory_mb"].max())),
        "rules": {
            row["stage"]: {
                "jobs": int(row["jobs"]),
                "seconds": round(row["hours"] * 3600, 1),
                "cpu_seconds": round(row["cpu_hours"] * 3600, 1),
                "memory_mb": round(row["memory_mb"]),
            }
            for row in by_rule.to_dict("records")
        },
    }


def covered(spans: Iterable[tuple[float, float]]) -> float:
    """Length of the union of intervals.

    >>> covered([(0, 2), (1, 3), (10, 11)])
    4.0
    """
    total, reached = 0.0, float("-inf")
    for start, end in sorted(spans):
        total += max(0.0, end - max(start, reached))
        reached = max(reached, end)
    return total
