"""A figure whose declaration lacks something is refused in words that name it and what to write."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from support.project import SMOKE, ProjectCopy

pytestmark = pytest.mark.workflow

MODULE = '''"""Figure S99. Something new."""

from pathlib import Path

TITLE = "Something new"
STUDY = "anatomy"


def draw(dpi: int, events: Path, pdf: Path, png: Path) -> None:
    """Draw figure S99 from tables."""
'''
CAPTION = "**Something new.** Events."


@pytest.fixture
def new(copy: ProjectCopy) -> Iterator[tuple[ProjectCopy, Path, Path]]:
    """A copy, and where the module and the caption of a new figure belong in it; without both afterwards."""
    module, caption = copy.folder / "src/emergence/figures/fig_s99.py", copy.folder / "workflow/captions/figS99.rst"
    yield copy, module, caption
    module.unlink(missing_ok=True)
    caption.unlink(missing_ok=True)


def said(copy: ProjectCopy) -> str:
    """What a dry run prints, in which no line of Python is seen."""
    printed = copy.snakemake("--dry-run", *SMOKE, check=False)
    assert "Traceback" not in printed
    assert "MissingInputException" not in printed
    return printed


def test_a_module_and_a_caption_make_a_figure(new: tuple[ProjectCopy, Path, Path]) -> None:
    copy, module, caption = new
    module.write_text(MODULE)
    caption.write_text(CAPTION)
    assert "results/smoke/figures/figS99.pdf" in said(copy)


def test_a_figure_without_a_caption_is_told_where_to_write_one(new: tuple[ProjectCopy, Path, Path]) -> None:
    copy, module, caption = new
    module.write_text(MODULE)
    assert f"{caption}: figS99 has no caption; write this file, beginning with **Something new.**" in said(copy)


def test_a_figure_without_its_tables_is_told_which(new: tuple[ProjectCopy, Path, Path]) -> None:
    copy, module, caption = new
    module.write_text(MODULE.replace("events", "none"))
    caption.write_text(CAPTION)
    assert "figS99: no rule makes results/smoke/anatomy/analysis/none.parquet" in said(copy)
