"""The notebook of one's own training, run cell by cell as it stands."""

import ast
from pathlib import Path
from typing import Any

import matplotlib.pyplot as plt
import nbformat
import pandas as pd
import pytest
from support.documentation import DOCS

NOTEBOOK = nbformat.read(DOCS / "examples/own_training.ipynb", as_version=4)


def run(source: str, space: dict[str, Any]) -> Any:
    """Run a cell; its last expression is what a notebook shows."""
    *statements, last = ast.parse(source).body
    exec(compile(ast.Module(statements, []), "cell", "exec"), space)
    if isinstance(last, ast.Expr):
        return eval(compile(ast.Expression(last.value), "cell", "eval"), space)
    return exec(compile(ast.Module([last], []), "cell", "exec"), space)


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """What each cell of code shows, and the names that they define."""
    space: dict[str, Any] = {}
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(tmp_path_factory.mktemp("notebook"))
        yield [run(cell.source, space) for cell in NOTEBOOK.cells if cell.cell_type == "code"], space
    plt.close("all")


@pytest.mark.long
def test_each_task_is_learned_after_the_easier_one(shown: tuple[list[Any], dict[str, Any]]) -> None:
    events: pd.DataFrame = shown[1]["events"].set_index("task")
    times = events.loc[["one sign", "two signs", "three signs"], "step"]
    assert times.notna().all()
    assert times.is_monotonic_increasing
    assert not events.loc["CTL", "emerged"]


@pytest.mark.long
def test_the_figure_has_each_curve_and_each_event(shown: tuple[list[Any], dict[str, Any]]) -> None:
    figure = shown[0][-1]
    assert [sum(len(line.get_xdata()) > 2 for line in axes.lines) for axes in figure.axes] == [4, 4]
    marked = {line.get_xdata()[0] for line in figure.axes[0].lines if len(line.get_xdata()) == 2}
    assert marked == set(shown[1]["events"]["step"].dropna())


def test_it_is_valid_and_stored_without_what_it_shows() -> None:
    nbformat.validate(NOTEBOOK)
    assert all(cell.outputs == [] for cell in NOTEBOOK.cells if cell.cell_type == "code")


def test_the_page_leads_to_it() -> None:
    assert Path("examples/own_training.ipynb").name in (DOCS / "own-checkpoints.md").read_text()
