"""The tour and the examples of how to extend the workflow, carried out in a copy."""

import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pandas as pd
import pytest
from pages import Block, blocks, shell, titled
from support import PROJECT, SMOKE, Copy, overlay

from emergence import tables
from emergence.schemas.trajectories import BEHAVIOUR, MEASURE

pytestmark = pytest.mark.workflow


@contextmanager
def example(smoke: Copy, heading: str) -> Iterator[list[str]]:
    """A section of the page with its blocks in place; gives the arguments of its one call of Snakemake."""
    found = blocks("extend.md", heading)
    (command,) = shell(found)
    assert command[0] == "snakemake"
    with ExitStack() as files:
        for block in titled(found):
            files.enter_context(block.put(smoke.folder))
        yield command[1:]


def planned(smoke: Copy, arguments: list[str]) -> dict[str, int]:
    assert arguments[0] == "--dry-run"
    return smoke.planned(*arguments[1:])


def test_a_size_and_a_seed(smoke: Copy) -> None:
    with example(smoke, "A size, a seed") as arguments:
        jobs = planned(smoke, arguments)
    assert jobs["train"] == 9 - 4
    assert not {"tasks", "network", "ladder", "language_follow"} & set(jobs)


def test_a_task(smoke: Copy) -> None:
    elsewhere = overlay(smoke, "elsewhere.yaml", "pathvars: {results: more, logs: more/logs, benchmarks: more/times}")
    with example(smoke, "A task") as arguments:
        jobs = planned(smoke, arguments)
        behaviour = "more/trajectories/2x8-s1/behaviour.parquet"
        smoke.snakemake("--cores", "1", behaviour, *SMOKE, "task.yaml", elsewhere[-1])
    assert jobs["tasks"] == 1
    assert jobs["train"] == 4
    levels = overlay(smoke, "levels.yaml", "anatomy: {tasks: {PAR: [2, 3, 5, 7]}}")
    assert not {"network", "sweep", "ladder"} & set(smoke.planned(*levels))
    rows = tables.read(BEHAVIOUR, smoke.folder / behaviour)
    assert set(rows.loc[rows["task"] == "MAX", "level"]) == {"3", "5"}


def test_a_measure(smoke: Copy) -> None:
    with example(smoke, "A measure") as arguments:
        smoke.snakemake(*arguments)
        (config,) = [word for word in arguments if word == "measure.yaml"]
        jobs = smoke.planned(*SMOKE, config)
        table = smoke.folder / arguments[-1]
        rows = tables.read(MEASURE, table)
        table.unlink()
    assert (rows["value"] > 0).all()
    assert jobs["leads"] == 1  # it has become a signal
    assert jobs["fig4"] == 1
    assert "train" not in jobs


def test_a_language_model(smoke: Copy) -> None:
    with example(smoke, "A language model") as arguments:
        smoke.snakemake(*arguments)
        rows = tables.read(MEASURE, smoke.folder / arguments[-1])
    assert rows["step"].unique().tolist() == [0, 4, 24]
    ladder = tables.read(MEASURE, smoke.folder / arguments[-1].replace("mine", "neox8-s1"))
    same = ["step", "task", "layer", "variant", "value"]
    expected = ladder.loc[ladder["step"].isin([0, 4, 24]), same].reset_index(drop=True)
    pd.testing.assert_frame_equal(rows[same], expected)
    (smoke.folder / arguments[-1]).unlink()
    shutil.rmtree(smoke.folder / "results/smoke/trajectories/mine")


def python(smoke: Copy, code: str) -> str:
    """What a program prints that is run in the copy."""
    environment = {"PYTHONPATH": str(smoke.folder / "src"), "PATH": "/usr/bin:/bin"}
    run = subprocess.run(
        [sys.executable, "-c", code], cwd=smoke.folder, env=environment, capture_output=True, check=True
    )
    return run.stdout.decode()


def test_the_tour(smoke: Copy) -> None:
    found = blocks("tour.md")
    assert "smoke" in [words[1] for words in shell(found) if words[0] == "make"]
    makefile = (PROJECT / "Makefile").read_text()
    assert f"$(BIN)/snakemake --cores all {' '.join(SMOKE)}" in makefile.partition("\nsmoke:")[2].partition("\n\n")[0]
    (code,) = (block.text for block in found if block.language == "python")
    assert "undecided" in python(smoke, code)
    for words in shell(found):
        if words[0] == "emergence":
            python(smoke, f"import sys; from emergence.cli import main; sys.exit(main({words[1:]!r}))")
    assert (smoke.folder / "results/smoke/figures/fig1.pdf").exists()


def test_the_tour_changes_a_setting(smoke: Copy) -> None:
    found = blocks("tour.md")
    (changed,) = titled(found)
    (arguments,) = (words[1:] for words in shell(found) if changed.title in words)
    with Block.put(changed, smoke.folder):
        jobs = planned(smoke, arguments)
    assert {"events", "leads", "claims", "fig1"} <= set(jobs)
    assert not {"train", "network", "ladder", "follow", "collapse"} & set(jobs)


def test_own_trajectories_are_measured(smoke: Copy) -> None:
    ((program, *arguments),) = shell(blocks("own-checkpoints.md", "One of our trajectories"))
    assert program == "emergence"
    python(smoke, f"import sys; from emergence.cli import main; sys.exit(main({arguments!r}))")
    table = Path(smoke.folder, arguments[arguments.index("--table") + 1])
    assert set(tables.read(MEASURE, table)["measure"]) == {"linear_probe"}
    table.unlink()


def test_the_appendix_asks_for_what_there_is(copy: Copy) -> None:
    (targets,) = ([words[-1] for words in shell(blocks("appendix.md")) if words[0] == "snakemake"],)
    assert targets == ["source=reference"]
    for group in ("anatomy", "solvable", "language", "multifractal"):
        assert copy.planned(f"results/claims/{group}.parquet")
