"""Every addition that CONTRIBUTING describes is short, touches few files, and passes the test that it comes with."""

import os
import re
import subprocess
import sys
from contextlib import ExitStack
from pkgutil import resolve_name

import pytest
from support.documentation import CONTRIBUTING, DOCS, blocks, with_title
from support.project import ProjectCopy

TEXT = (DOCS / CONTRIBUTING).read_text()
ADDITIONS = re.findall(r"^## (Add .*)$", TEXT, re.MULTILINE)


@pytest.mark.parametrize("heading", ADDITIONS)
def test_it_takes_ten_lines_and_few_files(heading: str) -> None:
    section = TEXT.partition(f"## {heading}\n")[2].partition("\n## ")[0]
    prose = re.sub(r"```.*?```", "", section, flags=re.DOTALL)
    assert len([line for line in prose.splitlines() if line]) <= 10
    titles = [block.title for block in with_title(blocks(CONTRIBUTING, heading))]
    assert len(titles) <= 3
    assert any(title.startswith("tests/") for title in titles)


@pytest.mark.parametrize("name", sorted({*re.findall(r"`(emergence\.[\w.]+)`", TEXT)}))
def test_what_it_names_exists(name: str) -> None:
    assert resolve_name(name)


@pytest.mark.slow
@pytest.mark.parametrize("heading", ADDITIONS)
def test_its_test_passes(heading: str, copy: ProjectCopy) -> None:
    with ExitStack() as files:
        paths = [files.enter_context(block.put(copy.folder)) for block in with_title(blocks(CONTRIBUTING, heading))]
        tests = [str(path) for path in paths if path.is_relative_to(copy.folder / "tests")]
        ended = subprocess.run(
            [
                sys.executable,
                "-m",
                "pytest",
                "-q",
                "-n",
                "0",
                "-p",
                "no:cacheprovider",
                *tests,
                "tests/test_architecture.py",
            ],
            cwd=copy.folder,
            env={**os.environ, "PYTHONPATH": str(copy.folder / "src")},
            capture_output=True,
            text=True,
            check=False,
        )
    assert ended.returncode == 0, ended.stdout + ended.stderr
