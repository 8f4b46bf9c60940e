import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest
from support.project import PROJECT
from synthetic.reference_run import CLAIM_ROWS, README, FinishedRun, measure_rows

from emergence.config.loading import contents
from emergence.io import tables
from emergence.io.usage import Usage
from emergence.schemas.trajectories import MEASURE


@pytest.fixture
def finished(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, settings_values: dict[str, Any]) -> FinishedRun:
    monkeypatch.chdir(tmp_path)
    made = FinishedRun(tmp_path)
    made.write_claims(CLAIM_ROWS)
    made.write_calibration()
    tables.write(MEASURE, measure_rows(), made.results / "anatomy/measures/rankme/4x16-s1.parquet")
    manifest = {
        "settings": {"study": "anatomy", "size": {"name": "4x16"}, "run": "4x16-s1"},
        "hardware": {"cores": 2},
        "versions": {"torch": "2"},
        "seeds": {"run": 1},
        "checkpoints": [{}, {}],
    }
    (made.results / "anatomy/trajectories/4x16-s1").mkdir(parents=True)
    (made.results / "anatomy/trajectories/4x16-s1/manifest.json").write_text(json.dumps(manifest))
    for name, seconds in (("claims", 2), ("follow/rankme/4x16-s1", 30)):
        path = made.results / f"benchmarks/{name}.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(asdict(Usage(seconds, 1.0, 0.5, 216.4))))
    own = contents(PROJECT / "config.yaml")
    made.write_record(settings_values | {"pathvars": own["pathvars"], "keep": own["keep"]})
    (tmp_path / "figures").mkdir()
    (tmp_path / "figures/fig1.png").write_bytes(b"a picture")
    (tmp_path / "paper").mkdir()
    (tmp_path / "paper/paper.pdf").write_bytes(b"a paper")
    (tmp_path / "README.md").write_text(README)
    return made
