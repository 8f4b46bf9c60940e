"""The page on one's own runs in a browser: offline, without a complaint, on a desk and on a phone."""

import re
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest
from playwright.sync_api import Browser, Page, expect
from support.browser_page import BrowserPage
from synthetic import own_run
from synthetic.own_run import CHECKPOINTS, JUMPS, SHUFFLED

from emergence.own_runs.findings import analyse_tables
from emergence.own_runs.page import write_report

pytestmark = pytest.mark.browser

HOSTILE = "<img src=x onerror=alert(1)> длинное имя " * 3
GROUPS = {**JUMPS, HOSTILE: 50, SHUFFLED: CHECKPOINTS}


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Of two runs, with a failed checkpoint."""
    runs = {"one": 1, HOSTILE: 2}
    findings = analyse_tables(own_run.measures(GROUPS, runs), own_run.scores(GROUPS, list(runs)), control=[SHUFFLED])
    failed = {"run": HOSTILE, "step": 300, "name": HOSTILE, "outcome": "failed", "reason": "weights are not finite"}
    path = tmp_path_factory.mktemp("own") / "report.html"
    write_report(findings, path, checkpoints=pd.DataFrame([failed]))
    return path


@pytest.fixture
def page(chromium: Browser, report: Path) -> Iterator[Page]:
    opened = BrowserPage.of(chromium, report)
    yield opened.page
    opened.close()


@pytest.mark.parametrize(("width", "scheme"), [(360, "light"), (800, "light"), (1280, "dark")])
def test_it_is_drawn_without_the_network_a_complaint_or_a_scroll_bar(
    chromium: Browser, report: Path, width: int, scheme: str
) -> None:
    opened = BrowserPage.of(chromium, report, width, scheme)
    expect(opened.page.locator("#problem")).to_be_hidden()
    for chart in ("scores-chart", "ahead-chart", "run-chart", "leads-chart"):
        drawn = opened.page.locator(f"#{chart} svg").first.bounding_box()
        assert drawn is not None
        assert 0.6 * (width - 140) < drawn["width"] <= width
    assert opened.page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    expect(opened.page.locator("main")).not_to_contain_text(re.compile(r"\b(undefined|NaN|Infinity)\b"))
    opened.close()


def test_a_run_in_which_nothing_emerges_is_drawn_without_a_complaint(chromium: Browser, tmp_path: Path) -> None:
    flat = dict.fromkeys(JUMPS, CHECKPOINTS)
    write_report(analyse_tables(own_run.measures(flat), own_run.scores(flat)), tmp_path / "flat.html")
    opened = BrowserPage.of(chromium, tmp_path / "flat.html")
    expect(opened.page.locator("#ahead-chart")).to_have_text("No event, so nothing can lead one.")
    expect(opened.page.locator("#limits-list")).to_contain_text("No group has an event")
    opened.close()


def test_every_event_has_a_dot_and_a_row(page: Page) -> None:
    assert page.locator("#scores-chart .mark-symbol.role-mark path").count() == 2 * len(JUMPS) + 2
    first = page.locator("#scores-table tbody tr").first
    expect(first).to_contain_text("1450 (1400 to 1500)")


def test_an_event_is_chosen_with_all_that_leads_it(page: Page) -> None:
    rows = page.locator("#ahead-table tbody tr")
    rankme = rows.filter(has_text="RankMe").locator("td").all_inner_texts()
    assert rankme[1:5] == ["5.5", "leads", rankme[3], "0 %"]  # no other group moves before the first event
    page.locator("#ahead").get_by_label("Event", exact=True).select_option(label="sort, one")
    after = rows.filter(has_text="RankMe").locator("td").all_inner_texts()
    assert after[4] == "67 %"  # two of the three others


def test_a_table_says_how_far_each_measure_is_before_its_rivals(page: Page) -> None:
    rows = page.locator("#rivals-table tbody tr")
    common = rows.filter(has_text="Hessian").locator("td").all_inner_texts()
    assert common[1].startswith("0 [0, 0]")  # it moves at one time in all groups
    ahead = rows.filter(has_text="RankMe").locator("td").all_inner_texts()
    assert float(ahead[1].split(" ")[0]) >= float(ahead[-1]) == 2


def test_controls_without_a_choice_are_left_out(page: Page) -> None:
    for label, shown in (("Study", False), ("Score", False), ("Measure", True), ("Run", True)):
        expect(page.locator("#run").get_by_label(label, exact=True)).to_be_visible(visible=shown)


def test_names_are_never_markup(page: Page) -> None:
    assert page.locator("img").count() == 0
    expect(page.locator("#checkpoints-table")).to_contain_text(HOSTILE.strip())
    expect(page.locator("#scores-table")).to_contain_text(f"{SHUFFLED} (control)")
