"""Sources of a module: what importing it runs, and no more; an edit of any other file changes no hash."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from emergence.io import provenance
from emergence.io.provenance import PACKAGE, source_hash, sources


def names(files: list[Path]) -> set[str]:
    return {path.relative_to(PACKAGE).as_posix() for path in files}


def test_sources_of_the_analysis_hold_no_learning() -> None:
    files = names(sources("emergence.analysis.events"))
    assert {"analysis/events.py", "io/tables.py", "io/files.py", "__init__.py", "analysis/__init__.py"} <= files
    assert {name.split("/")[0] for name in files} & {"training", "models", "measures", "figures"} == set()


def test_sources_of_training_hold_no_analysis() -> None:
    files = names(sources("emergence.training.task_transformer"))
    assert {"models/transformer.py", "tasks/algorithmic.py", "training/schedule.py"} <= files
    assert {name.split("/")[0] for name in files} & {"analysis", "figures", "measures"} == set()


@pytest.mark.long
def test_importing_the_claims_loads_their_sources_only_and_no_torch() -> None:
    script = (
        "import sys, emergence.claims.anatomy\n"
        "print('torch' in sys.modules)\n"
        "print(*[m.__file__ for n, m in sys.modules.items() if n.partition('.')[0] == 'emergence'], sep='\\n')\n"
    )
    output = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout
    torch, *files = output.splitlines()
    assert torch == "False"
    of_config = {PACKAGE / "measures" / name for name in ("__init__.py", "declarations.py")}
    loaded = [path for path in map(Path, sorted(files)) if path.relative_to(PACKAGE).parts[0] != "config"]
    expected = [path for path in sources("emergence.claims.anatomy") if path not in of_config]
    assert [path for path in loaded if path not in of_config] == expected


def test_sources_follow_imports_and_parents(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    contents = {
        "__init__.py": "", "one.py": "from emergence import two\nimport numpy",
        "two.py": "import emergence.deep.three", "deep/__init__.py": "from emergence.four import something",
        "deep/three.py": "from emergence import one", "four.py": "def f():\n    from emergence.five import g",
        "five.py": "", "six.py": "",
    }  # fmt: skip
    package = tmp_path / "emergence"
    for name, text in contents.items():
        (package / name).parent.mkdir(parents=True, exist_ok=True)
        (package / name).write_text(text)
    monkeypatch.setattr(provenance, "PACKAGE", package)
    files = [path.relative_to(package).as_posix() for path in sources("emergence.one")]
    assert sorted(files) == sorted(set(contents) - {"six.py"})


def test_source_hash_changes_with_a_source_and_nothing_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = tmp_path / "emergence"
    shutil.copytree(PACKAGE, package, ignore=shutil.ignore_patterns("__pycache__", ".*"))
    original = source_hash("emergence.analysis.events")
    monkeypatch.setattr(provenance, "PACKAGE", package)
    assert source_hash("emergence.analysis.events") == original
    with (package / "training" / "loop.py").open("a") as file:
        file.write("# edited\n")
    assert source_hash("emergence.analysis.events") == original
    with (package / "io" / "tables.py").open("a") as file:
        file.write("# edited\n")
    assert source_hash("emergence.analysis.events") != original


def test_versions_and_hardware_are_recorded() -> None:
    assert {"python", "torch", "numpy", "safetensors"} <= set(provenance.versions())
    assert provenance.versions()["python"] == ".".join(map(str, sys.version_info[:3]))
    assert provenance.hardware("cpu")["device"] == "cpu"
