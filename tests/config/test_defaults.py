"""The settings of an installed package are those of `config.yaml`, which states them once."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from support.project import PROJECT

from emergence.config import loading
from emergence.config.defaults import default_protocol, default_signals


def test_they_are_those_of_the_default_tier() -> None:
    config = loading.read(PROJECT / "config.yaml")
    assert default_protocol() == config.protocol
    assert config.anatomy is not None
    first = {name: signals[0] for name, signals in default_signals().items()}
    assert {name: first[name] for name in config.anatomy.followed} == config.anatomy.followed


@pytest.mark.long
def test_a_wheel_has_them(tmp_path: Path) -> None:
    built = tmp_path / "built"
    source = shutil.copytree(
        PROJECT, tmp_path / "source", ignore=lambda *_: {".git", ".venv", "results", "reference", "tests"}
    )
    command = [sys.executable, "setup.py", "--quiet", "build_py", "--build-lib", str(built)]
    subprocess.run(command, cwd=source, check=True, capture_output=True)
    copied = built / "emergence/config/default.yaml"
    assert copied.read_bytes() == (PROJECT / "config.yaml").read_bytes()


def test_losses_of_every_kind_have_a_signal() -> None:
    assert {signal.variant for signal in default_signals()["loss"]} == {"known", "own"}
