import ast
import inspect
import shutil
import subprocess
import sys
from pathlib import Path
from typing import get_type_hints

import pytest
from pydantic import BaseModel

from emergence import provenance, stages
from emergence.provenance import PACKAGE, source_hash, sources
from emergence.stages import STAGES

FLOORS = ("theory", "multifractal", "tasks", "models", "training", "measures", "analysis", "figures", "report")
MODULES = sorted(path.relative_to(PACKAGE).as_posix() for path in PACKAGE.rglob("*.py"))


def imports(path: Path) -> set[str]:
    """Names that a file imports, wherever in it."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative imports are not followed by provenance.sources"
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return found


def floor_of(name: str) -> str:
    return name.split(".")[1] if name.startswith("emergence.") else ""


def packages(path: Path) -> set[str]:
    return {name.partition(".")[0] for name in imports(path)}


def names(files: list[Path]) -> set[str]:
    return {path.relative_to(PACKAGE).as_posix() for path in files}


def test_the_package_was_found() -> None:
    assert {"cli.py", "tasks/data.py", "analysis/claims/table.py"} <= set(MODULES)


@pytest.mark.parametrize("module", [name for name in MODULES if name.split("/")[0] in FLOORS])
def test_lower_floors_never_import_higher_ones(module: str) -> None:
    own = FLOORS.index(module.split("/")[0])
    higher = {*FLOORS[own + 1 :], "reference", "config", "stages", "cli"}
    assert {name for name in imports(PACKAGE / module) if floor_of(name) in higher} == set()


@pytest.mark.parametrize("module", [name for name in MODULES if name.split("/")[0] in ("analysis", "figures")])
def test_analysis_and_figures_know_no_torch(module: str) -> None:
    reached = sources("emergence." + module.removesuffix(".py").removesuffix("/__init__").replace("/", "."))
    assert [path.name for path in reached if "torch" in packages(path)] == []
    assert {name.split("/")[0] for name in names(reached)} & {"models", "training", "measures"} == set()


ALLOWED_IN_FIGURES = {
    "emergence.figures.rates",
    "emergence.figures.style",
    "emergence.tasks.symbols",
    "emergence.tasks.symbols.CONTROL",
    "emergence.tasks.symbols.PASSAGES",
}


def test_figures_are_drawn_from_tables() -> None:
    for path in (PACKAGE / "figures").glob("*.py"):
        assert {name for name in imports(path) if floor_of(name) in FLOORS} <= ALLOWED_IN_FIGURES


@pytest.mark.parametrize("module", MODULES)
def test_the_package_knows_no_snakemake(module: str) -> None:
    assert "snakemake" not in packages(PACKAGE / module)


def test_sources_of_the_analysis_hold_no_learning() -> None:
    found = names(sources("emergence.analysis.events"))
    assert {"analysis/events.py", "tables.py", "files.py", "__init__.py", "analysis/__init__.py"} <= found
    assert {name.split("/")[0] for name in found} & {"training", "models", "measures", "figures"} == set()
    assert "config.py" not in found


def test_sources_of_training_hold_no_analysis() -> None:
    found = names(sources("emergence.training.train"))
    assert {"models/transformer.py", "tasks/algorithmic.py", "training/schedule.py", "settings/learning.py"} <= found
    assert {name.split("/")[0] for name in found} & {"analysis", "figures", "measures"} == set()
    assert "settings/analysis.py" not in found


def test_importing_the_claims_loads_their_sources_only_and_no_torch() -> None:
    script = (
        "import sys, emergence.analysis.claims.table\n"
        "print('torch' in sys.modules)\n"
        "print(*[m.__file__ for n, m in sys.modules.items() if n.partition('.')[0] == 'emergence'], sep='\\n')\n"
    )
    output = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout
    torch, *files = output.splitlines()
    assert torch == "False"
    assert sorted(files) == [str(path) for path in sources("emergence.analysis.claims.table")]


def test_sources_follow_imports_and_parents(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    contents = {
        "__init__.py": "",
        "one.py": "from emergence import two\nimport numpy",
        "two.py": "import emergence.deep.three",
        "deep/__init__.py": "from emergence.four import something",
        "deep/three.py": "from emergence import one",
        "four.py": "def f():\n    from emergence.five import g",
        "five.py": "",
        "six.py": "",
    }
    package = tmp_path / "emergence"
    for name, text in contents.items():
        (package / name).parent.mkdir(parents=True, exist_ok=True)
        (package / name).write_text(text)
    monkeypatch.setattr(provenance, "PACKAGE", package)
    found = [path.relative_to(package).as_posix() for path in sources("emergence.one")]
    assert sorted(found) == sorted(set(contents) - {"six.py"})


def test_source_hash_changes_with_a_source_and_nothing_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = tmp_path / "emergence"
    shutil.copytree(PACKAGE, package, ignore=shutil.ignore_patterns("__pycache__", ".*"))
    original = source_hash("emergence.analysis.events")
    monkeypatch.setattr(provenance, "PACKAGE", package)
    assert source_hash("emergence.analysis.events") == original
    with (package / "training" / "train.py").open("a") as file:
        file.write("# edited\n")
    assert source_hash("emergence.analysis.events") == original
    with (package / "tables.py").open("a") as file:
        file.write("# edited\n")
    assert source_hash("emergence.analysis.events") != original


def test_versions_and_hardware_are_recorded() -> None:
    assert {"python", "torch", "numpy", "safetensors"} <= set(provenance.versions())
    assert provenance.versions()["python"] == ".".join(map(str, sys.version_info[:3]))
    assert provenance.hardware("cpu")["device"] == "cpu"


@pytest.mark.parametrize("name", STAGES)
def test_stage_is_a_function_of_settings_and_paths(name: str) -> None:
    function = STAGES[name].load()
    hints = get_type_hints(function)
    assert list(inspect.signature(function).parameters)[0] == "settings"  # noqa: RUF015
    assert issubclass(hints.pop("settings"), BaseModel)
    assert hints.pop("return") is type(None)
    assert set(map(str, hints.values())) <= {str(Path), str(list[Path])}
    assert hints


@pytest.mark.parametrize("name", STAGES)
def test_sources_of_a_stage_begin_with_its_module(name: str) -> None:
    module = STAGES[name].module.removeprefix("emergence.").replace(".", "/") + ".py"
    found = stages.sources(name)
    assert str(PACKAGE / module) in found
    assert found == sorted(set(found))


def test_sources_of_measuring_hold_the_chosen_measure() -> None:
    rankme = str(PACKAGE / "measures" / "rankme.py")
    assert rankme in stages.sources("follow", measure="rankme")
    assert rankme not in stages.sources("follow")
