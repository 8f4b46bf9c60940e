"""Figures are declared by their modules: a module and its caption are all that names one."""

import inspect
import re
from importlib import import_module
from pathlib import Path

import pytest
from support.project import PROJECT

from emergence.figures import declarations
from emergence.figures.declarations import Input
from emergence.report import captions

CAPTIONS = PROJECT / "workflow/captions"
NEW = '''"""Figure S9. What it shows."""

TITLE = "A new one"
STUDY = "anatomy"
READS = {"metric": "anatomy.metric"}
INPUTS = {"measures": "anatomy/measures/rankme/{runs}.parquet"}
OTHER = unknown()


def draw(dpi: int, metric: str, events: Path, leads: list[Path], measures: list[Path], pdf: Path, png: Path,
         floors: Path | None = None) -> None:
    pass
'''


def test_figures_are_in_the_order_of_their_numbers() -> None:
    numbers = [figure.number for figure in declarations.declared().values()]
    assert numbers == sorted(numbers, key=lambda number: (number.startswith("S"), int(number.removeprefix("S"))))
    assert {"1", "10", "S1"} <= set(numbers)


@pytest.mark.parametrize(("name", "figure"), list(declarations.declared().items()))
def test_a_module_has_the_number_of_its_name_and_the_title_of_its_caption(
    name: str, figure: declarations.FigureDeclaration
) -> None:
    assert name == f"fig{figure.number}"
    assert re.fullmatch(declarations.NAME, name)
    (kind, title), *_ = captions.read(CAPTIONS / f"{name}.rst")
    assert kind == "strong"
    assert title == f"{figure.title}."
    parameters = inspect.signature(import_module(figure.module).draw).parameters
    assert {"dpi", *figure.reads, *figure.inputs, "pdf", "png"} == parameters.keys()
    assert {*getattr(import_module(figure.module), "INPUTS", {})} <= figure.inputs.keys()


def test_a_new_module_is_declared_without_being_imported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "fig_s9.py").write_text(NEW)
    monkeypatch.setattr(declarations, "FOLDER", tmp_path)
    assert declarations.declared.__wrapped__() == {
        "figS9": declarations.FigureDeclaration(
            "emergence.figures.fig_s9",
            "S9",
            "A new one",
            "anatomy",
            {"metric": "anatomy.metric"},
            inputs={
                "events": Input("anatomy/analysis/events.parquet"),
                "leads": Input("anatomy/analysis/leads/{signal_names}.parquet", several=True),
                "measures": Input("anatomy/measures/rankme/{runs}.parquet", several=True),
                "floors": Input("anatomy/analysis/floors.parquet", optional=True),
            },
        )
    }


@pytest.mark.parametrize(
    ("before", "after", "named"),
    [
        ("TITLE", "HEADING", "TITLE"),
        ('"A new one"', 'name("new")', "TITLE"),
        ("draw(", "paint(", "draw"),
    ],
)
def test_a_module_that_lacks_something_is_refused_by_name(
    before: str, after: str, named: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "fig_s9.py").write_text(NEW.replace(before, after))
    monkeypatch.setattr(declarations, "FOLDER", tmp_path)
    with pytest.raises(declarations.FigureError, match=rf"fig_s9\.py: .*{named}"):
        declarations.declared.__wrapped__()
