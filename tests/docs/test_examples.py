"""The tour, and examples of CONTRIBUTING and of other pages, carried out in a copy of the project."""

import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from itertools import chain
from pathlib import Path

import pandas as pd
import pytest
from support.documentation import CONTRIBUTING, blocks, shell_commands, with_title
from support.project import PROJECT, SMOKE, ProjectCopy, overlay

from emergence.io import tables
from emergence.schemas.trajectories import BEHAVIOUR, MEASURE

pytestmark = pytest.mark.workflow


@contextmanager
def example(smoke: ProjectCopy, heading: str, page: str = CONTRIBUTING) -> Iterator[list[str]]:
    """A section of a page with its blocks in place; yields the arguments of its call of Snakemake."""
    section = blocks(page, heading)
    (command,) = (words for words in shell_commands(section) if words[0] == "snakemake")
    with ExitStack() as files:
        for block in with_title(section):
            files.enter_context(block.put(smoke.folder))
        yield command[1:]


def planned(smoke: ProjectCopy, arguments: list[str]) -> dict[str, int]:
    assert arguments[0] == "--dry-run"
    return smoke.planned(*arguments[1:])


def test_a_task(smoke: ProjectCopy) -> None:
    elsewhere = overlay(smoke, "elsewhere.yaml", "pathvars: {results: more, logs: more/logs, benchmarks: more/times}")
    with example(smoke, "Add a task") as arguments:
        jobs = planned(smoke, arguments)
        behaviour = "more/anatomy/trajectories/2x8-s1/behaviour.parquet"
        smoke.snakemake("--cores", "1", behaviour, *SMOKE, "task.yaml", elsewhere[-1])
    assert jobs["task_data"] == 1
    assert jobs["train"] == 4
    levels = overlay(smoke, "levels.yaml", "anatomy: {tasks: {PAR: [2, 3, 5, 7]}}")
    assert not {"train_network", "train_sweep", "train_language_model"} & set(smoke.planned(*levels))
    rows = tables.read(BEHAVIOUR, smoke.folder / behaviour)
    assert set(rows.loc[rows["task"] == "MAX", "level"]) == {"3", "5"}


def test_a_measure(smoke: ProjectCopy) -> None:
    with example(smoke, "Add a measure") as arguments:
        printed = smoke.snakemake("--verbose", *arguments)
        (config,) = [word for word in arguments if word == "measure.yaml"]
        jobs = smoke.planned(*SMOKE, config)
        table = smoke.folder / arguments[-1]
        rows = tables.read(MEASURE, table)
        table.unlink()
    assert (rows["value"] > 0).all()
    assert rows["layer"].isna().all()
    assert set(rows["measure"]) == {"weight_norm"}
    assert printed.count("Ready jobs:") == 1  # not looked for every second
    assert jobs["measure_run"] == 3  # of the other runs
    assert jobs["leads"] == 1  # it has become a signal
    assert jobs["figure"] >= 1
    assert "train" not in jobs


def test_a_figure(copy: ProjectCopy) -> None:
    with example(copy, "Add a figure") as arguments:
        jobs = planned(copy, arguments)
    assert jobs["figure"] == jobs["events"] == 1


def test_a_study(copy: ProjectCopy) -> None:
    with example(copy, "Add a study") as arguments:
        jobs = planned(copy, ["--dry-run", "--forceall", *arguments[1:]])
    assert jobs["train"] == 2 * 3
    assert jobs["study_claims"] == 1
    assert not {"train_network", "train_language_model"} & jobs.keys()


def test_a_claim(copy: ProjectCopy) -> None:
    section = blocks(CONTRIBUTING, "Add a claim")
    (_, *asked), (program, *arguments) = shell_commands(section)
    assert program == "emergence"
    page = copy.folder / "reference/CLAIMS.md"
    before = {path: path.read_text() for path in copy.folder.rglob("*.md")}
    with ExitStack() as files:
        for block in with_title(section):
            files.enter_context(block.put(copy.folder))
        python(copy, f"import pytest, sys; sys.exit(pytest.main(['-q', '-n0', *{asked!r}]))")
        python(copy, f"import sys; from emergence.cli import main; sys.exit(main({arguments!r}))")
    added = page.read_text().partition("## Added since the reference run")[2]
    assert "| A99 | The collapse takes more than half of the initial rank |" in added
    assert [path for path in before if path.read_text() != before[path]] == [page]
    page.write_text(before[page])


def test_additions_pass_the_tests_of_all(copy: ProjectCopy) -> None:
    """With the four examples in place, nothing else needs to be touched."""
    shared = [
        "tests/config/test_loading.py", "tests/config/test_project.py", "tests/claims/test_claims_table.py",
        "tests/tasks/test_algorithmic.py", "tests/measures/test_api.py", "tests/test_architecture.py",
        "tests/docs/test_pages.py::test_every_measure_is_listed_with_what_it_is",
    ]  # fmt: skip
    headings = ("Add a task", "Add a measure", "Add a claim", "Add a figure")
    with ExitStack() as files:
        for block in chain.from_iterable(with_title(blocks(CONTRIBUTING, heading)) for heading in headings):
            files.enter_context(block.put(copy.folder))
        printed = python(copy, f"import pytest, sys; sys.exit(pytest.main(['-v', '-n0', *{shared!r}]))")
    assert "test_answers_agree_with_plain_python[MAX-16] PASSED" in printed
    assert "test_every_measure_measures_any_module[weight_norm] PASSED" in printed


def test_a_language_model(smoke: ProjectCopy) -> None:
    """It is measured as the model of the ladder is whose checkpoints it has."""
    trajectories = smoke.folder / "results/smoke/language/trajectories"
    behaviour = "results/smoke/language/trajectories/mine/behaviour.parquet"
    with example(smoke, "A series of language models", "own-checkpoints.md") as arguments:
        smoke.snakemake(*arguments, behaviour)
    for table, schema in ((behaviour, BEHAVIOUR), (arguments[-1], MEASURE)):
        mine, ladder = (
            tables.read(schema, smoke.folder / table.replace("mine", run)).drop(columns=["run", "size", "seed"])
            for run in ("mine", "neox8-s1")
        )
        expected = ladder[ladder["step"].isin([0, 4, 24])].reset_index(drop=True)
        pd.testing.assert_frame_equal(mine, expected)
    (smoke.folder / arguments[-1]).unlink()
    shutil.rmtree(trajectories / "mine")


def python(smoke: ProjectCopy, code: str) -> str:
    """Run a program in the copy; return its output."""
    environment = {"PYTHONPATH": str(smoke.folder / "src"), "PATH": "/usr/bin:/bin"}
    run = subprocess.run(
        [sys.executable, "-c", code], cwd=smoke.folder, env=environment, capture_output=True, check=True
    )
    return run.stdout.decode()


def test_the_tour(smoke: ProjectCopy) -> None:
    tour = blocks("tour.md")
    assert "smoke" in [words[1] for words in shell_commands(tour) if words[0] == "make"]
    makefile = (PROJECT / "Makefile").read_text()
    assert f"$(BIN)/snakemake --cores all {' '.join(SMOKE)}" in makefile.partition("\nsmoke:")[2].partition("\n\n")[0]
    (code,) = (block.text for block in tour if block.language == "python")
    assert "undecided" in python(smoke, code)
    for words in shell_commands(tour):
        if words[0] == "emergence":
            python(smoke, f"import sys; from emergence.cli import main; sys.exit(main({words[1:]!r}))")
    assert (smoke.folder / "results/smoke/figures/fig1.pdf").exists()


@pytest.mark.parametrize(
    ("title", "jobs", "spared"),
    [
        (
            "mine.yaml",
            {"events", "leads", "study_claims", "figure"},
            {"train", "train_network", "train_language_model", "measure_run", "collapse"},
        ),
        ("size.yaml", {"train", "events"}, {"task_data", "train_network", "train_language_model"}),
    ],
)
def test_the_tour_changes_a_setting(smoke: ProjectCopy, title: str, jobs: set[str], spared: set[str]) -> None:
    page = blocks("tour.md")
    (changed,) = (block for block in with_title(page) if block.title == title)
    (arguments,) = (words[1:] for words in shell_commands(page) if title in words)
    with changed.put(smoke.folder):
        plan = planned(smoke, arguments)
    assert jobs <= set(plan)
    assert not spared & set(plan)
    assert plan.get("train", 0) == (9 - 4 if title == "size.yaml" else 0)


def test_own_trajectories_are_measured(smoke: ProjectCopy) -> None:
    ((program, *arguments),) = shell_commands(blocks("own-checkpoints.md", "One of our trajectories"))
    assert program == "emergence"
    python(smoke, f"import sys; from emergence.cli import main; sys.exit(main({arguments!r}))")
    table = Path(smoke.folder, arguments[arguments.index("--table") + 1])
    assert set(tables.read(MEASURE, table)["measure"]) == {"linear_probe"}
    table.unlink()


def test_the_appendix_asks_for_what_there_is(copy: ProjectCopy) -> None:
    (targets,) = ([words[-1] for words in shell_commands(blocks("appendix.md")) if words[0] == "snakemake"],)
    assert targets == ["workflow/tiers/reference.yaml"]
    for group in ("anatomy", "parity", "language", "neuromfa", "interventions"):
        assert copy.planned(f"results/{group}/claims.parquet")
