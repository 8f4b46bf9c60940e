"""What is installed is what the lock says, the lock has all that is needed and nothing else, and all of it is declared.

An audit that needs no network: advisories are the part that does (see docs/robustness.md).
"""

import ast
import re
import sys
import tomllib
from collections.abc import Iterator
from importlib.metadata import distribution, packages_distributions
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from support import PROJECT

DECLARED = tomllib.loads((PROJECT / "pyproject.toml").read_text())["project"]
LINES = [line for line in (PROJECT / "requirements.lock").read_text().splitlines() if not line.startswith("#")]
LOCK = {canonicalize_name(line.partition("==")[0]): line.partition("==")[2] for line in LINES}
EXTRAS = [Requirement(line) for lines in DECLARED["optional-dependencies"].values() for line in lines]
DIRECT = [*map(Requirement, DECLARED["dependencies"]), *EXTRAS]
# What torch brings for the accelerator of a machine; its wheel alone knows the versions.
OF_THE_MACHINE = ("cuda-", "nvidia-", "triton")


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


def closure() -> list[Requirement]:
    """All that the project needs, and all that those need, and so on."""
    found: dict[str, Requirement] = {}
    waiting = list(DIRECT)
    while waiting:
        requirement = waiting.pop()
        if str(requirement) not in found:
            found[str(requirement)] = requirement
            waiting += needed(requirement)
    return list(found.values())


def test_every_line_of_the_lock_is_one_exact_version_from_the_index() -> None:
    assert [line for line in LINES if not re.fullmatch(r"[A-Za-z0-9._-]+==[0-9][0-9A-Za-z.]*", line)] == []
    assert len(LOCK) == len(LINES) > 50


def test_the_lock_has_all_that_is_needed_in_versions_that_are_allowed() -> None:
    locked = {str(requirement): LOCK.get(canonicalize_name(requirement.name)) for requirement in closure()}
    assert {
        name: version
        for name, version in locked.items()
        if version is None or not Requirement(name).specifier.contains(version, prereleases=True)
    } == {}


def test_the_lock_has_nothing_that_nobody_needs() -> None:
    assert LOCK.keys() - {canonicalize_name(requirement.name) for requirement in closure()} == set()


def test_what_is_installed_is_what_is_locked() -> None:
    installed = {name: distribution(name).version.partition("+")[0] for name in LOCK}
    assert installed == LOCK, "make test sets up an environment from the lock"


def imported(path: Path) -> set[str]:
    """Packages from elsewhere that a file imports."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found.add(str(node.module).partition(".")[0])
    own = {file.stem for file in (PROJECT / "tests").iterdir()} | {"emergence"}
    return found - sys.stdlib_module_names - own


def test_every_import_is_declared() -> None:
    """By the package as a dependency, by the tests at least as something that is locked."""
    providers = packages_distributions()
    declared = {canonicalize_name(Requirement(line).name) for line in DECLARED["dependencies"]}
    for folder, allowed in (("src", declared), ("tests", set(LOCK))):
        names = {name for path in (PROJECT / folder).rglob("*.py") for name in imported(path)}
        assert len(names) > 5
        given = {name: {canonicalize_name(each) for each in providers.get(name, [name])} for name in names}
        assert [name for name, candidates in given.items() if not candidates & allowed] == []
