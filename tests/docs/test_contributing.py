"""Every addition that CONTRIBUTING describes is short, touches few files, and passes the test that it comes with."""

import ast
import os
import re
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path
from pkgutil import resolve_name

import pytest
from support.documentation import CONTRIBUTING, DOCS, blocks, shell_commands, with_title
from support.project import ProjectCopy

TEXT = (DOCS / CONTRIBUTING).read_text()
MADE = {("emergence", "snapshot", "--claims"): "reference/CLAIMS.md"}
"""Files that commands of an addition make anew; that there are no others, the tests of made files tell."""
SCHEMA = "tests/config/test_loading.py::test_schema_file_is_up_to_date"
QUIET = ("-q", "-n", "0", "-p", "no:cacheprovider")
ADDITIONS = re.findall(r"^## (Add .*)$", TEXT, re.MULTILINE)


@pytest.mark.parametrize("heading", ADDITIONS)
def test_it_takes_ten_lines_and_few_files(heading: str) -> None:
    section = TEXT.partition(f"## {heading}\n")[2].partition("\n## ")[0]
    prose = re.sub(r"```.*?```", "", section, flags=re.DOTALL)
    assert len([line for line in prose.splitlines() if line]) <= 10
    titles = [block.title for block in with_title(blocks(CONTRIBUTING, heading))]
    commands = {tuple(words) for words in shell_commands(blocks(CONTRIBUTING, heading)) if words[0] == "emergence"}
    made = [MADE[command] for command in commands]
    assert len([*titles, *made]) <= 3
    assert all(f"`{file}`" in prose for file in made)
    assert any(title.startswith("tests/") for title in titles)


@pytest.mark.parametrize("name", sorted({*re.findall(r"`(emergence\.[\w.]+)`", TEXT)}))
def test_what_it_names_exists(name: str) -> None:
    assert resolve_name(name)


@pytest.mark.slow
def test_all_of_them_together_pass_their_tests_and_those_of_the_architecture(copy: ProjectCopy) -> None:
    sections = [blocks(CONTRIBUTING, heading) for heading in ADDITIONS]
    asked = [words[1:] for section in sections for words in shell_commands(section) if words[0] == "pytest"]
    with ExitStack() as files:
        paths = {files.enter_context(block.put(copy.folder)) for each in sections for block in with_title(each)}
        tests = [str(path) for path in paths if path.name.startswith("test_")]
        for arguments in ([*tests, SCHEMA, "tests/test_architecture.py"], *asked):
            ended = python(copy, "pytest", *QUIET, *arguments)
            assert ended.returncode == 0, ended.stdout + ended.stderr


@pytest.mark.slow
def test_a_threshold_of_its_own_is_a_setting(tmp_path: Path) -> None:
    project = ProjectCopy.at(tmp_path)
    claim = blocks(CONTRIBUTING, "Add a claim")
    for block in with_title(claim):
        path = tmp_path / block.title
        path.write_text(f"{path.read_text()}\n\n{block.text.replace('< 0.5', '< settings.verdicts.deep')}")
    section = blocks(CONTRIBUTING, "A claim with a threshold of its own")
    (field,) = (block.text for block in section if block.language == "python")
    put_at_the_end("Verdicts", field, tmp_path / "src/emergence/config/protocol.py")
    ((program, command, to, schema),) = shell_commands(section)
    assert (program, to) == ("emergence", ">")
    (tmp_path / schema).write_text(python(project, program, command).stdout)
    (judged,) = (words[1:] for words in shell_commands(claim) if words[0] == "pytest")
    for arguments in ([SCHEMA], judged):
        ended = python(project, "pytest", *QUIET, *arguments)
        assert ended.returncode == 0, ended.stdout + ended.stderr
    config = tmp_path / "config.yaml"
    config.write_text(config.read_text().replace("  verdicts:", "  verdicts:\n    deep: 0.1", 1))
    assert "'fails'" in python(project, "pytest", *QUIET, *judged).stdout, (
        "the planted floor is above another threshold"
    )


def python(project: ProjectCopy, module: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a module in a copy."""
    environment = {**os.environ, "PYTHONPATH": str(project.folder / "src")}
    command = [sys.executable, "-m", module, *arguments]
    return subprocess.run(
        command, cwd=project.folder, env=environment, capture_output=True, text=True, encoding="utf-8", check=False
    )


def put_at_the_end(name: str, lines: str, path: Path) -> None:
    """Add lines to a class of a module."""
    text = path.read_text()
    (node,) = (one for one in ast.parse(text).body if isinstance(one, ast.ClassDef) and one.name == name)
    before = text.splitlines(keepends=True)
    path.write_text("".join([*before[: node.end_lineno], lines, *before[node.end_lineno :]]))
