import json
from dataclasses import asdict
from pathlib import Path

import pytest

from emergence.io.usage import Usage
from emergence.report import compute
from emergence.report.compute import BenchmarkError


def test_times_are_summed_by_stage(tmp_path: Path) -> None:
    jobs = {
        "measure_run/rankme/a": Usage(3600, 1700, 100, 100),
        "measure_run/b": Usage(1800, 1700, 100, 300),
        "claims": Usage(0.0, 0.0, 0.0, 50),
    }
    for name, usage in jobs.items():
        path = tmp_path / f"benchmarks/{name}.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(asdict(usage)))
    compute.summarise_compute(tmp_path / "benchmarks", tmp_path / "compute.csv")
    expected = "stage,jobs,hours,cpu_hours,memory_mb\nmeasure_run,2,1.5,1.0,300.0\nclaims,1,0.0,0.0,50.0\n"
    assert (tmp_path / "compute.csv").read_text() == expected


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"wall_seconds": 1}', '{"wall_seconds": "x"}'])
def test_what_is_no_record_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "claims.json").write_text(text)
    with pytest.raises(BenchmarkError, match=r"claims\.json: "):
        compute.by_stage(tmp_path)


def test_no_records_are_no_jobs(tmp_path: Path) -> None:
    assert compute.by_stage(tmp_path).empty
