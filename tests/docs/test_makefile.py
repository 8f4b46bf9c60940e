"""The Makefile sets up an environment with a Python that torch has wheels for, and says so where it has none."""

import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml
from support.project import PROJECT

SUPPORTED = [(3, minor) for minor in (11, 12, 13, 14)]
FAKE = """#!/bin/sh
# A Python of another version; it answers questions, and stops when it is to do anything.
[ "$1" = -c ] && exec "{python}" -c 'import sys; sys.version_info = {version}; exec(sys.argv[1])' "$2"
echo "asked to: $*" >&2
exit 3
"""


def set_up(folder: Path, version: tuple[int, int]) -> str:
    """What `make` says when Python is of some version."""
    for name in ("Makefile", "pyproject.toml", "requirements.lock"):
        shutil.copy(PROJECT / name, folder)
    fake = folder / "python"
    fake.write_text(FAKE.format(python=sys.executable, version=(*version, 0)))
    fake.chmod(0o755)
    made = subprocess.run(["make", f"PYTHON={fake}", ".venv/ready"], cwd=folder, capture_output=True, text=True)
    assert made.returncode != 0
    return made.stderr


@pytest.mark.parametrize("version", SUPPORTED)
def test_supported_versions_go_on_to_the_environment(version: tuple[int, int], tmp_path: Path) -> None:
    assert "asked to: -m venv .venv" in set_up(tmp_path, version)


@pytest.mark.parametrize("version", [(3, 10), (3, 15)])
def test_other_versions_name_those_that_work(version: tuple[int, int], tmp_path: Path) -> None:
    said = set_up(tmp_path, version)
    assert "3.11 to 3.14" in said
    assert "make PYTHON=" in said
    assert "venv" not in said.partition("Makefile")[0]


def test_hosted_checks_have_the_supported_versions() -> None:
    checks = yaml.safe_load((PROJECT / ".github/workflows/checks.yml").read_text())
    stated = checks["jobs"]["fast"]["strategy"]["matrix"]["python"]
    assert stated == [f"{major}.{minor}" for major, minor in SUPPORTED]
    project = tomllib.loads((PROJECT / "pyproject.toml").read_text())["project"]
    assert project["requires-python"] == f">={stated[0]}"
