"""All numbers of the paper in one file: settings, claims, calibration, what each study says, and what it ran on.

The text of the paper holds no result. It reads this file, in which every value is from a table of results or from the
configuration, under the name that it has there.
"""

import json as formats
from pathlib import Path
from typing import Any

from emergence import tables
from emergence.errors import EmergenceError
from emergence.figures.style import MEASURE_NAMES
from emergence.files import write_json
from emergence.report.records import Record, records
from emergence.schemas.analysis import CLAIMS
from emergence.schemas.calibration import CALIBRATION
from emergence.studies.reported import PaperSettings


class NumbersError(EmergenceError):
    """A file of results that the paper cannot quote; the message names it and the remedy."""


def read(path: Path) -> Any:
    """Content of a JSON file of results.

    Raises:
        NumbersError: if it is damaged.
    """
    try:
        return formats.loads(path.read_text())
    except (OSError, ValueError) as error:
        raise NumbersError(f"{path}: cannot be read ({error}); delete it and run again") from None


def ran(manifests: list[Record]) -> Record:
    """Parameters of each size, and the versions and hardware of all runs, each kind once."""
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


def make(
    settings: PaperSettings, claims: Path, calibration: Path, studies: list[Path], manifests: list[Path], json: Path
) -> None:
    """Collect everything that the paper quotes; the file of a study is named like it."""
    write_json(
        json,
        {
            "settings": settings.model_dump(mode="json"),
            "claims": records(tables.read(CLAIMS, claims)),
            "calibration": records(tables.read(CALIBRATION, calibration)),
            "studies": {path.stem: read(path) for path in studies},
            "names": MEASURE_NAMES,
            "ran": ran([read(path) for path in manifests]),
        },
    )
