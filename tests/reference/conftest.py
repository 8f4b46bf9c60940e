import json
from pathlib import Path
from typing import Any

import pytest
from kept import FOUND, README, Finished, measured

from emergence import tables
from emergence.schemas.trajectories import MEASURE


@pytest.fixture
def finished(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, settings_values: dict[str, Any]) -> Finished:
    monkeypatch.chdir(tmp_path)
    made = Finished(tmp_path)
    made.write_claims(FOUND)
    made.write_calibration()
    made.write_record(settings_values)
    tables.write(MEASURE, measured(), made.results / "measures/rankme/4x16-s1.parquet")
    manifest = {
        "settings": {"run": "4x16-s1"},
        "hardware": {"cores": 2},
        "versions": {"torch": "2"},
        "seeds": {"run": 1},
        "checkpoints": [{}, {}],
    }
    (made.results / "trajectories/4x16-s1").mkdir(parents=True)
    (made.results / "trajectories/4x16-s1/manifest.json").write_text(json.dumps(manifest))
    for name, seconds in (("claims", 2), ("follow/rankme/4x16-s1", 30)):
        path = made.results / f"benchmarks/{name}.tsv"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"s\th:m:s\tmax_rss\tcpu_time\n{seconds}\t0:00:02\t216.4\t1.5\n")
    (tmp_path / "figures").mkdir()
    (tmp_path / "figures/fig1.png").write_bytes(b"a picture")
    (tmp_path / "paper").mkdir()
    (tmp_path / "paper/paper.pdf").write_bytes(b"a paper")
    (tmp_path / "README.md").write_text(README)
    return made
