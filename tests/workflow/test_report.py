"""From a claim to its figure, its table and its rule: in `snakemake --report`, and in the explorer."""

import json
import re
import zipfile
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser
from support.browser_page import BrowserPage
from support.project import PROJECT, SMOKE, ProjectCopy

from emergence.claims.claims_table import bearing
from emergence.io import tables
from emergence.schemas.analysis import CLAIMS

pytestmark = pytest.mark.workflow

RESULTS = "results/smoke"
CATEGORIES = {
    "All claims": ("claims.csv", "calibration.csv", "explorer.html"),
    "Anatomy": ("1", "2", "3", "4", "5", "S1", "S3", "S4", "S11"),
    "Sparse parity": ("6", "7", "8", "S5", "S6", "S7", "S8", "S9", "S10"),
    "NeuroMFA": ("9",),
    "Language models": ("10",),
    "Interventions": ("11", "12", "13", "14", "15", "16"),
    "Calibration": ("S2",),
    "Paper": ("paper/paper.pdf",),
}
FIGURES = [name for contents in CATEGORIES.values() for name in contents if "." not in name]


@pytest.fixture(scope="module")
def report(smoke: ProjectCopy) -> Path:
    """The report, unpacked."""
    printed = smoke.snakemake(*SMOKE, "--report", "report.zip")
    assert "ERROR" not in printed  # as a caption that is no reStructuredText
    with zipfile.ZipFile(smoke.folder / "report.zip") as packed:
        packed.extractall(smoke.folder / "unpacked")
    (page,) = (smoke.folder / "unpacked").rglob("report.html")
    return page


def embedded(report: Path, name: str) -> Any:
    """A variable of the report's own script."""
    (text,) = re.findall(rf'<script id="{name}">\s*var {name} = (.*?)</script>', report.read_text(), re.DOTALL)
    return json.JSONDecoder().raw_decode(text)[0]


def path_of(name: str) -> str:
    return f"{RESULTS}/{name}" if "." in name else f"{RESULTS}/figures/fig{name}.png"


def test_report_has_everything_in_its_category(report: Path) -> None:
    categories = embedded(report, "categories")
    shown = {name: sorted(path for paths in parts.values() for path in paths) for name, parts in categories.items()}
    assert shown == {name: sorted(map(path_of, contents)) for name, contents in CATEGORIES.items()}
    assert next(iter(sorted(categories))) == "All claims"  # where a stranger should begin


def test_every_figure_says_what_it_shows_and_on_which_claims_it_bears(report: Path) -> None:
    results = embedded(report, "results")
    for number in FIGURES:
        shown = results[path_of(number)]
        assert shown["labels"] == {
            "figure": number,
            "shows": shown["labels"]["shows"],
            "claims": bearing(number),
        }
        title = re.match(r"\*\*(.+?)\*\*", (PROJECT / f"workflow/captions/fig{number}.rst").read_text())
        assert title is not None
        assert f"<strong>{title[1]}</strong>" in shown["caption"]
        assert shown["job_properties"]["rule"] == "figure"
        assert (report.parent / shown["data_uri"]).read_bytes().startswith(b"\x89PNG")
    for table in ("claims.csv", "calibration.csv", "explorer.html"):
        assert results[path_of(table)]["caption"]


def test_every_claim_leads_to_figures_and_tables_that_are_there(smoke: ProjectCopy, report: Path) -> None:
    claims = tables.read(CLAIMS, smoke.folder / RESULTS / "claims.parquet")
    results = embedded(report, "results")
    assert len(claims) > 70
    for row in claims.to_dict("records"):
        for table in row["tables"].split(", "):
            assert [*(smoke.folder / RESULTS).glob(table)], table
        for figure in filter(None, row["figures"].split(", ")):
            assert path_of(figure) in results


def test_no_verdict_contradicts_the_bounds_drawn_beside_it(smoke: ProjectCopy) -> None:
    claims = tables.read(CLAIMS, smoke.folder / RESULTS / "claims.parquet")
    bounded = claims.dropna(subset=["rule_low", "rule_high"], how="all")
    assert len(bounded) > len(claims) / 2
    held = bounded[(bounded["verdict"] == "holds") & bounded["low"].notna()]
    assert not (held["low"] < held["rule_low"]).any()
    assert not (held["high"] > held["rule_high"]).any()


@pytest.mark.browser
def test_the_explorer_of_a_run_in_which_nothing_emerges(smoke: ProjectCopy, chromium: Browser) -> None:
    opened = BrowserPage.of(chromium, smoke.folder / RESULTS / "explorer.html", width=360)
    assert opened.page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    assert "does not emerge" in opened.page.locator("#run-summary").inner_text()
    opened.page.locator("#A6 .open").click()
    assert opened.page.locator("#A6 + .evidence img").count() == 1
    opened.close()


@pytest.mark.browser
def test_the_explorer_works_within_the_report(report: Path, chromium: Browser) -> None:
    page = chromium.new_page()
    page.goto(report.as_uri())
    page.evaluate("""(path) => {
      const frame = document.createElement("iframe");
      frame.src = results[path].data_uri;
      document.body.append(frame);
    }""", path_of("explorer.html"))  # fmt: skip
    page.frame_locator("iframe").locator("html[data-ready] #A6").wait_for(state="attached")
    page.close()
