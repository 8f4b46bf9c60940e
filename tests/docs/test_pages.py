"""What pages say: commands, modules and tests that they name exist; code that needs no workflow runs as it stands."""

import re
import subprocess
import sys
from itertools import chain
from pathlib import Path

import pytest
import torch
import yaml
from support.documentation import CONTRIBUTING, DOCS, blocks, hook, shell_commands, with_title
from support.project import PROJECT
from synthetic import trainer_run

from emergence.cli import COMMANDS, main
from emergence.integrations.transformers import EmergenceCallback
from emergence.io import tables
from emergence.measures.declarations import declared
from emergence.schemas.trajectories import MEASURE
from emergence.stages import STAGES

PAGES = [CONTRIBUTING, *sorted(str(path.relative_to(DOCS)) for path in DOCS.rglob("*.md"))]
METHODS = [page for page in PAGES if page.startswith("methods/")]
CODE = re.compile(r"`([^`\n]+)`")


def test_commands_exist() -> None:
    makefile = (PROJECT / "Makefile").read_text()
    commands = list(chain.from_iterable(shell_commands(blocks(page)) for page in PAGES))
    inline = chain.from_iterable(CODE.findall((DOCS / page).read_text()) for page in PAGES)
    commands += [words for text in inline if (words := text.split()) and words[0] in ("make", "emergence")]
    assert len(commands) > 20
    for program, *arguments in commands:
        if program == "make" and arguments:
            assert re.search(rf"^{re.escape(arguments[0])}:", makefile, re.MULTILINE), arguments
        if program == "emergence" and arguments and arguments[0].islower():
            assert arguments[0] in COMMANDS, arguments
            assert arguments[0] != "stage" or arguments[1] in (*STAGES, "NAME", "STAGE"), arguments


@pytest.mark.parametrize("page", METHODS)
def test_modules_that_methods_name_exist(page: str) -> None:
    names = [name for name in CODE.findall((DOCS / page).read_text()) if name.startswith("emergence.")]
    assert len(names) > 5
    paths = {name: PROJECT / "src" / name.replace(".", "/") for name in names}
    assert [name for name, path in paths.items() if not path.is_dir() and not path.with_suffix(".py").exists()] == []


def test_python_of_own_checkpoints_runs(monkeypatch: pytest.MonkeyPatch, capsys) -> None:
    examples = [block for block in blocks("own-checkpoints.md") if block.language == "python" and not block.title]
    first, second = (block.text for block in examples)
    monkeypatch.chdir(PROJECT)
    space: dict = {}
    exec(first, space)
    assert set(space["ranks"]["task"]) == {"easy", "hard"}
    assert set(space["curvature"]["variant"]) >= {"top", "trace"}
    exec(second, space)
    (position,) = re.findall(r"\[(.*)\]", capsys.readouterr().out.splitlines()[-1])
    assert abs(float(position) - 35) < 1  # half-way up a ramp from 30 to 40


@pytest.mark.long
def test_the_term_against_a_collapse_is_added_as_shown(tmp_path: Path) -> None:
    section = {
        block.title: block.text for block in blocks("own-checkpoints.md", "Keep representations from collapsing")
    }
    space: dict = {}
    exec(section["prevent_in_loop.py"], space)
    assert space["penalty"].steps == 20
    assert space["penalty"].initial
    callback = EmergenceCallback(trainer_run.probes(tmp_path / "probes.jsonl"), measures=["loss"], every=5)
    trainer = trainer_run.trainer(tmp_path / "run", [callback], steps=5)
    exec(section["prevent_with_trainer.py"], {"callback": callback, "trainer": trainer})
    assert any("emergence/collapse_penalty" in entry for entry in trainer.state.log_history)


def test_every_measure_is_listed_with_what_it_is() -> None:
    page = hook("measures").on_page_markdown((DOCS / "own-checkpoints.md").read_text())
    rows = re.findall(r"^\| `(\w+)` \| [^|]+ \| ([^|]+) \|$", page, re.MULTILINE)
    assert {*declared()} <= {name for name, _ in rows}
    assert all(about[0].isupper() for _, about in rows)


@pytest.mark.long
def test_a_folder_of_checkpoints_is_converted_and_measured(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    section = blocks("own-checkpoints.md", "A folder of checkpoints")
    for block in with_title(section):
        (tmp_path / block.title).write_text(block.text)
    ((program, *arguments),) = shell_commands(section)
    assert program == "emergence"
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    space: dict = {}
    exec((tmp_path / "my_model.py").read_text(), space)
    (tmp_path / "checkpoints").mkdir()
    for step in (1, 10):
        torch.save(space["build"]().state_dict(), tmp_path / f"checkpoints/step{step}.pt")
    pickles = [str(path) for path in (tmp_path / "checkpoints").iterdir()]
    subprocess.run([sys.executable, "convert.py", *pickles], check=True)
    subprocess.run([sys.executable, "data.py"], check=True)
    assert main(arguments) == 0
    assert tables.read(MEASURE, tmp_path / "rankme.parquet")["step"].unique().tolist() == [1, 10]


def test_pages_that_are_made_are_marked() -> None:
    marks = {hook(name).MARK for name in ("settings", "commands", "schemas", "costs", "measures")}
    marks |= {hook("times").TIMES, hook("times").KEPT_RUN}
    marked = [re.findall(r"<!-- \w+ -->", (DOCS / page).read_text()) for page in PAGES]
    assert sorted(chain.from_iterable(marked)) == sorted(marks)


def test_hooks_are_those_of_the_folder() -> None:
    text = (PROJECT / "mkdocs.yml").read_text()
    assert set(re.findall(r"docs/hooks/(\w+)\.py", text)) == {path.stem for path in (DOCS / "hooks").glob("*.py")}


def test_the_module_example_is_a_valid_section() -> None:
    section = yaml.safe_load((DOCS / "examples/module/config.yaml").read_text())["emergence"]
    from emergence.config import loading

    whole = loading.load(loading.merged(loading.contents(PROJECT / "config.yaml"), section))
    assert "2x8-s1" in whole.anatomy.runs
