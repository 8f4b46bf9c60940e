import json
from dataclasses import asdict
from pathlib import Path

import pytest

from emergence.io.usage import Usage
from emergence.report import compute
from emergence.report.compute import BenchmarkError


def test_times_are_summed_by_stage(tmp_path: Path) -> None:
    jobs = {
        "measure_run/rankme/a": Usage(3600, 1700, 100, 100, 36),
        "measure_run/b": Usage(1800, 1700, 100, 300),
        "claims": Usage(0.0, 0.0, 0.0, 50),
    }
    for name, usage in jobs.items():
        path = tmp_path / f"benchmarks/{name}.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(asdict(usage)))
    compute.summarise_compute(tmp_path / "benchmarks", tmp_path / "compute.csv")
    header = "stage,jobs,hours,cpu_hours,start_hours,memory_mb"
    expected = f"{header}\nmeasure_run,2,1.5,1.0,0.01,300.0\nclaims,1,0.0,0.0,0.0,50.0\n"
    assert (tmp_path / "compute.csv").read_text() == expected
    assert (
        compute.cost_text(tmp_path / "benchmarks")
        == "60.0 processor minutes in 3 jobs, 1.0% of them to start processes"
    )


def test_what_a_kept_run_took_is_restored(tmp_path: Path) -> None:
    rules = {"measure_run": {"jobs": 2, "seconds": 5400.0, "cpu_seconds": 3600.0, "memory_mb": 300}}
    (tmp_path / "run.json").write_text(json.dumps({"cost": {"rules": rules}}))
    compute.restore_compute(tmp_path / "run.json", tmp_path / "compute.csv")
    assert (tmp_path / "compute.csv").read_text() == "stage,jobs,hours,cpu_hours,memory_mb\nmeasure_run,2,1.5,1.0,300\n"


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"wall_seconds": 1}', '{"wall_seconds": "x"}'])
def test_what_is_no_record_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "claims.json").write_text(text)
    with pytest.raises(BenchmarkError, match=r"claims\.json: "):
        compute.by_stage(tmp_path)


def test_no_records_are_no_jobs(tmp_path: Path) -> None:
    assert compute.by_stage(tmp_path).empty
    assert compute.cost_text(tmp_path) == ""


def test_records_of_earlier_versions_say_nothing_of_starts(tmp_path: Path) -> None:
    earlier = {name: value for name, value in asdict(Usage(10, 8, 1, 100)).items() if name != "start_seconds"}
    (tmp_path / "claims.json").write_text(json.dumps(earlier))
    assert compute.benchmark(tmp_path / "claims.json").start_seconds == 0
