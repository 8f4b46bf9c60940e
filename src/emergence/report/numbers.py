"""All numbers of the paper in one file: settings, claims, calibration, numbers of each study, and run metadata.

The text of the paper contains no result. It reads this file, where every value comes from a table of results or from
the configuration, under the same name.
"""

import json as formats
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


def run_summary(manifests: list[Record]) -> Record:
    """Parameters of each size, the distinct versions and hardware of all runs, and numbers of runs and checkpoints."""
    sizes = {(one["settings"]["study"], one["settings"]["size"]["name"]): one["parameters"] for one in manifests}
    machines = {formats.dumps(one["hardware"]): one["hardware"] for one in manifests}
    versions = {formats.dumps(one["versions"]): one["versions"] for one in manifests}
    return {
        "sizes": [{"study": study, "size": size, **counts} for (study, size), counts in sizes.items()],
        "hardware": list(machines.values()),
        "versions": list(versions.values()),
        "runs": len(manifests),
        "checkpoints": sum(len(one["checkpoints"]) for one in manifests),
    }


def larger_run(claims: Path, run: Path) -> Record:
    """What the paper says of a kept run at published sizes: claims that it judged, and parameters of its models."""
    judged = tables.read(CLAIMS, claims)
    return {
        "claims": records(judged[judged["verdict"] != "not run"]),
        "parameters": sorted({one["parameters"]["trainable"] for one in read(run)["runs"].values()}),
    }


def join_numbers(
    settings: dict[str, Any],
    claims: Path,
    calibration: Path,
    studies: list[Path],
    json: Path,
    manifests: list[Path] = ALONE,
    published_sizes: list[Path] = ALONE,
) -> None:
    """Join the numbers of all studies with claims, calibration and run metadata; a study is the folder of its file.

    Study 4 alone has no ``manifests``. Of a kept run at published sizes, ``published_sizes`` are its claims and its
    metadata.
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
            "calibration": records(tables.read(CALIBRATION, calibration)),
            "studies": {path.parent.name: read(path) for path in studies},
            "names": signal_labels(),
            "ran": run_summary([read(path) for path in manifests]),
        },
    )
