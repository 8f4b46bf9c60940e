"""What a stage writes does not depend on threads, hashing, clock, language, rights or folder."""

import os
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from support.project import PROJECT, digests

# One stage of each kind: data, a transformer, a network, spectra, chains, graphs, analysis, closed forms.
STAGES = """
task_data --evaluation evaluation.safetensors --probes probes.safetensors --baselines-table baselines.parquet
train --run 2x8-s1 --evaluation evaluation.safetensors --folder run --state state/run
measure_run --study anatomy --measure rankme --trajectory run --probes probes.safetensors --table rankme.parquet --state state/rankme
measure_run --study anatomy --measure llc --trajectory run --probes probes.safetensors --table llc.parquet --state state/llc
measure_run --study anatomy --measure neuromfa --trajectory run --probes probes.safetensors --table neuromfa.parquet --state state/neuromfa
collapse --study anatomy --measures rankme.parquet --table collapse.parquet
train_network --run mlp50-s1 --folder network --state state/network
scaling_laws --scaling-laws-table scaling.parquet --scaling-exponents-table exponents.parquet --scaling-conditions-table conditions.parquet
"""  # noqa: E501
SCRIPT = """
import sys
from emergence.cli import main
for line in sys.stdin:
    assert main(["stage", *line.split(), "--config", *sys.argv[1:]]) == 0, line
"""
THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
HERE = {**dict.fromkeys(THREADS, "1"), "PYTHONHASHSEED": "1", "TZ": "UTC", "LC_ALL": "C.UTF-8", "LANG": "C.UTF-8"}
ELSEWHERE = {**dict.fromkeys(THREADS, "2"), "PYTHONHASHSEED": "2", "TZ": "Asia/Kolkata", "LC_ALL": "C", "LANG": "C"}


def run(script: str, lines: str, folder: Path, surroundings: dict[str, str], umask: int = 0o022) -> str:
    """Run a script on the smoke tier's configuration in a folder; return what it printed."""
    folder.mkdir(parents=True)
    config = [str(PROJECT / "config.yaml"), str(PROJECT / "workflow/tiers/smoke.yaml")]
    ended = subprocess.run(
        [sys.executable, "-c", script, *config], input=lines.strip(), cwd=folder, env={**os.environ, **surroundings},
        umask=umask, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert ended.returncode == 0, ended.stderr
    return ended.stdout


@pytest.mark.slow
def test_surroundings_change_no_byte(tmp_path: Path) -> None:
    here, elsewhere = tmp_path / "here", tmp_path / "else where/ünd dort"
    run(SCRIPT, STAGES, here, HERE)
    run(SCRIPT, STAGES, elsewhere, ELSEWHERE, umask=0o077)
    expected = digests(here)
    written = {word for line in STAGES.split("\n") for word in shlex.split(line) if "." in word}
    assert written <= expected.keys()
    assert {
        "run/manifest.json",
        "run/behaviour.parquet",
        "network/checkpoints/step00000060.safetensors",
    } <= expected.keys()
    assert digests(elsewhere) == expected


@pytest.mark.long
def test_every_stage_computes_with_one_thread(tmp_path: Path) -> None:
    """Also those that ask for no device, whatever the environment says: the last digit of a sum depends on it."""
    script = f"{SCRIPT}\nimport torch\nprint(torch.get_num_threads())"
    tasks = STAGES.strip().splitlines()[0]
    assert run(script, tasks, tmp_path / "here", dict.fromkeys(THREADS, "2")).strip() == "1"
