import re
import tomllib
from pathlib import Path

import yaml

PROJECT = Path(__file__).parents[1]
CONDA_NAMES = {"pytorch": "torch", "matplotlib-base": "matplotlib", "snakemake-minimal": "snakemake"}


def locked() -> dict[str, str]:
    lines = (PROJECT / "requirements.lock").read_text().splitlines()
    return dict(line.lower().split("==") for line in lines if not line.startswith("#"))


def test_environment_has_the_versions_of_the_lock() -> None:
    dependencies = yaml.safe_load((PROJECT / "environment.yml").read_text())["dependencies"]
    pins = dict(line.split("=", 1) for line in dependencies if isinstance(line, str) and re.match(r"[\w-]+=\d", line))
    assert {CONDA_NAMES.get(name, name): pin for name, pin in pins.items()}.items() <= locked().items()


def test_every_direct_dependency_is_locked_and_in_the_environment() -> None:
    project = tomllib.loads((PROJECT / "pyproject.toml").read_text())["project"]
    direct = {re.split(r"[<>=]", name)[0] for name in project["dependencies"]}
    every = direct | {name for extra in project["optional-dependencies"].values() for name in extra}
    environment = (PROJECT / "environment.yml").read_text()
    assert every <= set(locked())
    conda = {pip: name for name, pip in CONDA_NAMES.items()}
    assert all(f"- {conda.get(name, name)}=" in environment for name in direct)
