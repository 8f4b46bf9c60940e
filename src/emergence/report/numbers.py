"""All numbers of the paper in one file: settings, claims, calibration, numbers of each study, and run metadata.

The text of the paper contains no result. It reads this file, where every value comes from a table of results or from
the configuration, under the same name.
"""

import json as formats
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path
from typing import Any

from emergence.claims.replication import ALONE, replicated
from emergence.errors import EmergenceError
from emergence.io import tables
from emergence.io.files import write_json
from emergence.measures.declarations import signal_labels
from emergence.report.json_values import Record, records
from emergence.schemas.analysis import CLAIMS
from emergence.schemas.interventions import CLOCK_LAWS
from emergence.schemas.trajectories import CALIBRATION


class NumbersError(EmergenceError):
    """A damaged file of results; the message names it and the remedy."""


def read(path: Path) -> Any:
    """Read a JSON file of results.

    Raises:
        NumbersError: if it is damaged.
    """
    try:
        return formats.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise NumbersError(f"{path}: cannot be read ({error}); delete it and run again") from None


def trained_runs(manifests: Iterable[Path]) -> Record:
    """The distinct hardware and versions of trained runs, and of each run its size, seeds and parameters."""
    told = [read(path) for path in sorted(manifests)]
    return {
        "hardware": _different(manifest["hardware"] for manifest in told),
        "versions": _different(manifest["versions"] for manifest in told),
        "runs": {manifest["settings"]["run"]: _run(manifest) for manifest in told},
    }


def _run(manifest: Record) -> Record:
    """Identity of a training, without its checkpoints."""
    kept = {name: manifest.get(name) for name in ("settings_hash", "source_hash", "seeds", "parameters")}
    settings = manifest["settings"]
    of = {"study": settings["study"], "size": settings["size"]["name"]}
    return {**of, **kept, "checkpoints": len(manifest["checkpoints"])}


def _different(values: Iterable[Record]) -> list[Record]:
    """Each once, in order of appearance."""
    different: list[Record] = []
    for value in values:
        if value not in different:
            different.append(value)
    return different


def run_summary(account: Record) -> Record:
    """Parameters of each size, the distinct versions and hardware of all runs, and numbers of runs and checkpoints.

    Args:
        account: Of the trained runs, as `trained_runs` has it.
    """
    runs = account["runs"].values()
    sizes = {(one["study"], one["size"]): one["parameters"] for one in runs}
    return {
        "sizes": [{"study": study, "size": size, **counts} for (study, size), counts in sizes.items()],
        "hardware": account["hardware"],
        "versions": account["versions"],
        "runs": len(runs),
        "checkpoints": sum(one["checkpoints"] for one in runs),
    }


def larger_run(claims: Path, run: Path) -> Record:
    """What the paper says of a kept run at published sizes: claims that it judged, and parameters of its models."""
    judged = tables.read(CLAIMS, claims)
    return {
        "claims": records(judged[judged["verdict"] != "not run"]),
        "parameters": sorted({one["parameters"]["trainable"] for one in read(run)["runs"].values()}),
    }


def larger_clock_run(claims: Path, laws: Path) -> Record:
    """What the paper says of a kept run of the clock on a larger grid: its claims, and errors by quantity."""
    judged = tables.read(CLAIMS, claims)
    return {"claims": records(judged[judged["verdict"] != "not run"]), "laws": records(tables.read(CLOCK_LAWS, laws))}


def join_numbers(
    settings: dict[str, Any],
    claims: Path,
    calibration: Path,
    studies: list[Path],
    json: Path,
    manifests: list[Path] = ALONE,
    account: Path | None = None,
    published_sizes: list[Path] = ALONE,
    larger_clock: list[Path] = ALONE,
) -> None:
    """Join the numbers of all studies with claims, calibration and run metadata; a study is the folder of its file.

    Runs are those of ``manifests``, none of Study 4 alone; of a kept run, those of its ``account``. Of a kept run at
    published sizes, ``published_sizes`` are its claims and its metadata; of one of the clock on a larger grid,
    ``larger_clock`` are its claims and its laws.
    """
    judged = tables.read(CLAIMS, claims)
    again = replicated(judged, settings["protocol"]["statistics"]["confidence"])
    write_json(
        json,
        {
            "settings": settings,
            "claims": records(judged),
            "replicated": asdict(again) if again else None,
            "published_sizes": larger_run(*published_sizes) if published_sizes else None,
            "larger_clock": larger_clock_run(*larger_clock) if larger_clock else None,
            "calibration": records(tables.read(CALIBRATION, calibration)),
            "studies": {path.parent.name: read(path) for path in studies},
            "names": signal_labels(),
            "ran": run_summary(read(account) if account else trained_runs(manifests)),
        },
    )
