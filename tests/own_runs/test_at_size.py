"""A run of the size of Pythia-160M: every measure of three checkpoints, within the memory of a laptop."""

import json
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path

import pytest
from synthetic import random_lm

from emergence.io import tables
from emergence.measures.declarations import declared
from emergence.own_runs.analysis import REPORT
from emergence.schemas.trajectories import MEASURE

pytestmark = pytest.mark.nightly

STEPS = (0, 1000, 2000)
GIB = 2**30
FEWEST = {
    "hessian": {"samples": 1, "draws": 2, "products": 1},
    "llc": {"chains": 2, "burn_in": 1, "draws": 2, "pool": 1, "examples": 1},
    "fisher": {"samples": 2},
    "gradient_covariance": {"samples": 2},
}
"""Memory does not depend on how often a measure repeats its work."""
WATCHED = """
import resource
import sys
from emergence.cli import main
status = main(sys.argv[1:])
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024, file=sys.stderr)
sys.exit(status)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="peak memory has another unit")
def test_every_measure_of_a_model_of_160_million_weights_fits_in_six_gib(tmp_path: Path) -> None:
    for step in STEPS:
        random_lm.save(random_lm.neox(step), tmp_path / f"run/step{step}")
    probes, report = tmp_path / "probes.jsonl", tmp_path / "report"
    asked = [asdict(probe) for probe in random_lm.probes()[random_lm.GROUPS[0]]]
    probes.write_text("\n".join(json.dumps({k: v for k, v in probe.items() if v}) for probe in asked))
    command = [sys.executable, "-c", WATCHED, "analyze", str(tmp_path / "run"), "--probes", str(probes)]
    command += ["--output-dir", str(report), "--options", json.dumps(FEWEST)]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stderr
    assert int(ended.stderr.split()[-1]) < 6 * GIB
    rows = tables.read(MEASURE, report / "measure.parquet")
    assert set(rows["measure"]) == set(declared()) - {"layer_balance"}  # which is of two-layer networks
    assert not rows["variant"].eq("failed").any()
    assert set(rows["step"]) == set(STEPS)
    assert (report / REPORT).is_file()
