"""The workflow where it runs elsewhere: in a container."""

import os
import sys
from pathlib import Path

import pytest
from support.project import ProjectCopy, overlay

pytestmark = pytest.mark.workflow

STAND_IN = """#!/bin/sh
[ "$1" = --version ] && echo apptainer version 1.3.0 && exit
echo "$@" >> "$CALLS"
while [ "${1%.sif}" = "$1" ]; do shift; done
shift
exec "$@"
"""


def test_jobs_are_started_in_the_container(copy: ProjectCopy, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("apptainer", "singularity"):
        (tmp_path / name).write_text(STAND_IN)
        (tmp_path / name).chmod(0o755)
    python = Path(sys.executable).parent  # the image's, so to speak
    monkeypatch.setenv("PATH", f"{tmp_path}:{python}:{os.environ['PATH']}")
    monkeypatch.setenv("CALLS", str(tmp_path / "calls"))
    image = copy.folder / "workflow/envs/emergence.sif"
    image.touch()
    contained = overlay(
        copy, "contained.yaml", "pathvars: {results: contained, logs: contained, benchmarks: contained}"
    )
    option = ("--software-deployment-method", "apptainer", "--cores", "1")
    copy.snakemake("contained/anatomy/tasks/probes.safetensors", *option, *contained)
    (call,) = (tmp_path / "calls").read_text().split("exec --home")[1:]
    before, _, after = call.partition("workflow/envs/emergence.sif")
    assert str(copy.folder) in before
    assert "python3 -m emergence stage task_data" in after
    assert "PATH=$PATH" in after  # not that of Snakemake's own environment
    image.unlink()
