"""What is installed is what the locks say; each lock has all that is needed and nothing else; all of it is declared.

An audit that needs no network: advisories are the part that does (see docs/robustness.md).
"""

import ast
import re
import sys
import tomllib
from collections.abc import Iterator
from importlib.metadata import distribution, packages_distributions
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from support.project import PROJECT

DECLARED = tomllib.loads((PROJECT / "pyproject.toml").read_text())["project"]
EXTRAS = ("dev", "docs")  # the peers of `make bench` have a lock of their own


def locked(lock: str) -> dict[str, str]:
    """Versions of a lock, by the name of the package."""
    lines = [line for line in (PROJECT / lock).read_text().splitlines() if not line.startswith("#")]
    assert [line for line in lines if not re.fullmatch(r"[A-Za-z0-9._-]+==[0-9][0-9A-Za-z.]*", line)] == []
    versions = {canonicalize_name(line.partition("==")[0]): line.partition("==")[2] for line in lines}
    assert len(versions) == len(lines) > 5
    return versions


RUN = locked("requirements.lock")
BEYOND = {extra: locked(f"requirements-{extra}.lock") for extra in EXTRAS}
LOCK = RUN | BEYOND["dev"] | BEYOND["docs"]
NOT_IMPORTED = {
    "snakemake": "runs the workflow, whose rules import the package",
    "snakemake-executor-plugin-slurm": "loaded by Snakemake for workflow/profiles/slurm",
}
"""Dependencies that no module of src imports, each with its reason."""
# What torch brings for the accelerator of a machine; its wheel alone knows the versions.
OF_THE_MACHINE = ("cuda-", "nvidia-", "triton")
CONDA_NAMES = {"pytorch": "torch", "matplotlib-base": "matplotlib", "snakemake-minimal": "snakemake"}


def needed(requirement: Requirement) -> Iterator[Requirement]:
    """What an installed package needs here, by its own word."""
    for line in distribution(requirement.name).requires or []:
        inner = Requirement(line)
        wanted = (
            any(inner.marker.evaluate({"extra": extra}) for extra in ("", *requirement.extras))
            if inner.marker
            else True
        )
        if wanted and not inner.name.startswith(OF_THE_MACHINE):
            yield inner


def closure(lines: list[str]) -> list[Requirement]:
    """All that some requirements need, and all that those need, and so on."""
    reached: dict[str, Requirement] = {}
    waiting = [Requirement(line) for line in lines]
    while waiting:
        requirement = waiting.pop()
        if str(requirement) not in reached:
            reached[str(requirement)] = requirement
            waiting += needed(requirement)
    return list(reached.values())


def names(requirements: list[Requirement]) -> set[str]:
    return {canonicalize_name(requirement.name) for requirement in requirements}


@pytest.mark.long
def test_the_locks_have_what_is_needed_and_nothing_else() -> None:
    assert names(closure(DECLARED["dependencies"])) == RUN.keys()
    for extra in EXTRAS:
        assert names(closure(DECLARED["optional-dependencies"][extra])) - RUN.keys() == BEYOND[extra].keys()


def test_locked_versions_are_allowed_and_the_same_in_all_locks() -> None:
    declared = [
        *DECLARED["dependencies"],
        *(line for extra in EXTRAS for line in DECLARED["optional-dependencies"][extra]),
    ]
    versions = {str(requirement): LOCK[canonicalize_name(requirement.name)] for requirement in closure(declared)}
    refused = {
        name: version
        for name, version in versions.items()
        if not Requirement(name).specifier.contains(version, prereleases=True)
    }
    assert refused == {}
    assert all(version == LOCK[name] for lock in BEYOND.values() for name, version in lock.items())


BROUGHT = {"lightning"}
"""Libraries that a user of an integration has; nothing else imports them."""


def test_what_is_installed_is_what_is_locked() -> None:
    installed = {name: distribution(name).version.partition("+")[0] for name in LOCK}
    assert installed == LOCK, "make test sets up an environment from the lock"


def test_the_conda_environment_has_every_dependency_in_the_locked_version() -> None:
    *conda, by_pip = yaml.safe_load((PROJECT / "environment.yml").read_text())["dependencies"]
    pins = dict(re.split("==?", line) for line in [*conda, *by_pip["pip"]] if re.search(r"[^>]=\d", line))
    pinned = {canonicalize_name(CONDA_NAMES.get(name, name)): pin for name, pin in pins.items()}
    assert pinned.items() <= RUN.items()
    assert {canonicalize_name(Requirement(line).name) for line in DECLARED["dependencies"]} <= pinned.keys()


def imported(path: Path) -> set[str]:
    """Packages from elsewhere that a file imports."""
    packages = set()
    if path.parent.name == "bench":  # scripts, whose peers have a lock of their own
        return packages
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            packages |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            packages.add(str(node.module).partition(".")[0])
    return packages - sys.stdlib_module_names - {"emergence", "support", "synthetic"}


def providers(folder: str) -> dict[str, set[str]]:
    """Distributions that provide each package that the files of a folder import."""
    provided = packages_distributions()
    packages = {name for path in (PROJECT / folder).rglob("*.py") for name in imported(path)}
    assert len(packages) > 5
    return {name: {canonicalize_name(each) for each in provided.get(name, [name])} for name in packages}


@pytest.mark.long
def test_every_import_is_declared() -> None:
    """By the package as a dependency, by the tests at least as something that is locked."""
    declared = names([Requirement(line) for line in DECLARED["dependencies"]])
    for folder, allowed in (("src", declared | BROUGHT), ("tests", set(LOCK))):
        assert [name for name, candidates in providers(folder).items() if not candidates & allowed] == []


@pytest.mark.long
def test_every_dependency_is_imported() -> None:
    declared = names([Requirement(line) for line in DECLARED["dependencies"]])
    assert declared - set.union(*providers("src").values()) == NOT_IMPORTED.keys()
