"""Every addition that CONTRIBUTING describes is short, touches few files, and passes the test that it comes with."""

import os
import re
import subprocess
import sys
from contextlib import ExitStack
from pkgutil import resolve_name

import pytest
from support.documentation import CONTRIBUTING, DOCS, blocks, shell_commands, with_title
from support.project import ProjectCopy

TEXT = (DOCS / CONTRIBUTING).read_text()
MADE = {("emergence", "snapshot", "--claims"): "reference/CLAIMS.md"}
"""Files that commands of an addition make anew; that there are no others, the tests of made files tell."""
SCHEMA = "tests/config/test_loading.py::test_schema_file_is_up_to_date"
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
            ended = subprocess.run(
                [sys.executable, "-m", "pytest", "-q", "-n", "0", "-p", "no:cacheprovider", *arguments],
                cwd=copy.folder,
                env={**os.environ, "PYTHONPATH": str(copy.folder / "src")},
                capture_output=True,
                text=True,
                check=False,
            )
            assert ended.returncode == 0, ended.stdout + ended.stderr
