"""The paper of a run of no study: nothing outside a study's own section needs that study."""

from pathlib import Path

import pandas as pd
import pytest
from support.project import PROJECT

from emergence.claims.claims_table import join_claims
from emergence.config import loading
from emergence.config.project import settings_for
from emergence.io import tables
from emergence.io.files import write_json
from emergence.report import manuscript, numbers
from emergence.schemas.trajectories import CALIBRATION

MANIFEST = {
    "settings": {"study": "another", "size": {"name": "4x16"}},
    "parameters": {"trainable": 5, "total": 5},
    "hardware": {"machine": "x86_64", "cores": 2, "device": "cpu"},
    "versions": {"torch": "2", "python": "3"},
    "checkpoints": [1, 2],
}
STUDIES = ("anatomy", "parity", "neuromfa", "language", "interventions")


@pytest.fixture
def folder(settings_values: dict[str, object], tmp_path: Path) -> Path:
    """The manuscript of a run whose claims were all not run."""
    settings = settings_for(loading.load(settings_values), "paper_numbers")["settings"]
    join_claims([], tmp_path / "claims.parquet", tmp_path / "claims.csv")
    tables.write(CALIBRATION, pd.DataFrame(columns=CALIBRATION.arrow.names), tmp_path / "calibration.parquet")
    write_json(tmp_path / "manifest.json", MANIFEST)
    (tmp_path / "compute.csv").write_text("stage,jobs,hours,cpu_hours,memory_mb\n")
    numbers.join_numbers(
        settings | dict.fromkeys(STUDIES),
        tmp_path / "claims.parquet",
        tmp_path / "calibration.parquet",
        [],
        [tmp_path / "manifest.json"],
        tmp_path / "numbers.json",
    )
    sources = [path for kind in ("*.typ", "*.yml") for path in (PROJECT / "paper").rglob(kind)]
    manuscript.assemble_manuscript(
        sources, [], [], tmp_path / "numbers.json", tmp_path / "compute.csv", tmp_path / "manuscript"
    )
    return tmp_path / "manuscript"


def test_the_paper_can_do_without_any_study(folder: Path) -> None:
    assert manuscript.typeset(folder).startswith(b"%PDF")
