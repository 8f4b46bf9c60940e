"""The explorer in a browser: offline, without a complaint, by mouse and keyboard, on a desk and on a phone."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, expect
from support.browser_page import BrowserPage, wait_until
from synthetic.explorer_tables import HOSTILE

from emergence.figures.declarations import declared

pytestmark = pytest.mark.browser

SECTIONS = ("claims", "run", "leads", "arms", "calibration")
PHONE = 360


@pytest.fixture
def page(chromium: Browser, explorer: Path) -> Iterator[Page]:
    opened = BrowserPage.of(chromium, explorer)
    yield opened.page
    opened.close()


SHAPES = "() => [...document.querySelectorAll('#run-chart path')].map((path) => path.getAttribute('d'))"
"""Of all curves of the picture; names of parts differ with each drawing."""


def options(select: Locator) -> list[str]:
    return [option.get_attribute("value") or "" for option in select.locator("option").all()]


def overflow(page: Page) -> int:
    """Pixels by which the page is wider than the window."""
    return int(page.evaluate("document.documentElement.scrollWidth - innerWidth"))


def claims_shown(page: Page) -> list[str]:
    return page.locator("#claims-table .open").all_inner_texts()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [PHONE, 1280])
def test_it_is_drawn_without_the_network_a_complaint_or_a_scroll_bar(
    chromium: Browser, explorer: Path, width: int, scheme: str
) -> None:
    opened = BrowserPage.of(chromium, explorer, width, scheme)
    expect(opened.page.locator("#problem")).to_be_hidden()
    for button in opened.page.locator("#claims-table .open").all():
        button.click()
    assert overflow(opened.page) <= 0
    for chart in ("run-chart", "run-lead", "leads-chart"):
        drawn = opened.page.locator(f"#{chart} svg").bounding_box()
        assert drawn is not None
        assert 0.7 * (width - 140) < drawn["width"] <= width
    opened.close()


def test_nothing_can_be_fetched_even_if_asked_for(chromium: Browser, explorer: Path) -> None:
    opened = BrowserPage.of(chromium, explorer)
    assert opened.page.evaluate("fetch('https://example.org').then(() => false, () => true)")
    assert opened.said
    assert all("Content Security Policy" in message for message in opened.said)
    assert opened.requests == []
    opened.page.close()


@pytest.mark.parametrize("section", SECTIONS)
def test_every_option_of_every_control_shows_something(chromium: Browser, explorer: Path, section: str) -> None:
    opened = BrowserPage.of(chromium, explorer)
    controls = opened.page.locator(f"#{section}-controls select")
    assert controls.count() == {"claims": 2, "run": 11, "leads": 4, "arms": 2, "calibration": 1}[section]
    for place in range(controls.count()):
        control = controls.nth(place)
        for value in options(control):
            control.select_option(value)
            expect(control).to_have_value(value)
    opened.page.wait_for_timeout(300)
    expect(opened.page.locator(f"#{section}")).not_to_contain_text(re.compile(r"\b(undefined|NaN|Infinity|object)\b"))
    opened.close()


CHOICES = {
    ("Task", "CTL"): "CTL ADD-2 does not emerge in 4x16, seed 1",
    ("Level", "2"): "ADD 2 emerges",
    ("Size", "2x8"): "emerges in 2x8, seed 1",
    ("Seed", "2"): "in 4x16, seed 2",
    ("Score", "log_probability"): "(log probability)",
    ("Layer", "1"): "RankMe of layer 1 has its onset at step 22.",
    ("Lead by", "change-point"): "By change-point: a lead of −4 checkpoints; the measure lags.",
    ("Study", "language"): "syntax emerges in neox16",
}


def test_a_choice_is_what_the_summary_tells(page: Page) -> None:
    summary = page.locator("#run-summary")
    first = (
        "ADD 1 emerges in 4x16, seed 1 at step 62 (exact match). RankMe of layer 2 has its onset at step 22. "
        "By onset: a lead of 3.25 checkpoints; the measure leads."
    )
    for (label, value), expected in CHOICES.items():
        expect(summary).to_have_text(first)
        control = page.locator("#run").get_by_label(label, exact=True)
        before = control.input_value()
        control.select_option(value)
        expect(summary).to_contain_text(expected)
        control.select_option(before)


def test_another_choice_is_another_picture(page: Page) -> None:
    for label in ("Layer", "Beside it", "Steps", "Seed", "Score", "Measure"):
        control = page.locator("#run").get_by_label(label, exact=True)
        before = page.evaluate(SHAPES)
        control.select_option(options(control)[-1])
        wait_until(page, f"before => JSON.stringify(({SHAPES})()) !== JSON.stringify(before)", before)


def test_the_picture_has_curves_band_nulls_event_and_marks(page: Page) -> None:
    texts = page.locator("#run-chart svg text").all_text_contents()
    assert {"event 62", "onset 22", "floor 10", "collapse 6", "change-point 55"} <= set(texts)
    lines = page.locator("#run-chart svg .mark-line.role-mark path")
    assert lines.count() == 4  # score and measure: of the run, and of the control
    assert page.locator("#run-chart svg .mark-area.role-mark path").count() == 2
    assert "a shifted curve 73 %" in page.locator("#run-chances").inner_text()
    assert {"shift", "control"} <= set(page.locator("#run-lead svg text").all_text_contents())


def test_numbers_are_there_for_those_who_do_not_see_the_picture(page: Page) -> None:
    for section, first in (("run", ["0", "0.04743", "12350"]), ("leads", ["RankMe", "observed", "40"])):
        page.locator(f"#{section}-numbers summary").click()
        cells = page.locator(f"#{section}-numbers tbody tr").first.locator("td").all_inner_texts()
        assert cells[:3] == first


def test_rates_follow_the_study(page: Page) -> None:
    page.locator("#leads-numbers summary").click()
    rates = page.locator("#leads-numbers tbody tr:first-child td:nth-child(5)")
    expect(rates).to_have_text("0.55 [0.4, 0.95]")
    page.locator("#leads").get_by_label("Study").select_option("parity")
    expect(rates).to_have_text("0.4 [0.4, 0.95]")


def test_claims_are_sorted_by_every_head(page: Page) -> None:
    expected = {
        "Claim": ["A5 v1", "A6", "J4 rankme", "L1", "LM1", "N7"],
        "Here": ["L1", "J4 rankme", "A5 v1", "A6", "LM1", "N7"],
        "Verdict": ["L1", "LM1", "A6", "J4 rankme", "A5 v1", "N7"],
    }
    for name, order in expected.items():
        head = page.get_by_role("columnheader", name=name)
        head.get_by_role("button").click()
        expect(head).to_have_attribute("aria-sort", "ascending")
        assert claims_shown(page) == order
    head = page.get_by_role("columnheader", name="Claim")
    for _ in range(2):
        head.get_by_role("button").click()
    expect(head).to_have_attribute("aria-sort", "descending")
    assert claims_shown(page) == expected["Claim"][::-1]
    page.get_by_role("columnheader", name="Error").get_by_role("button").click()
    assert page.locator("#calibration-table tbody td:first-child").all_inner_texts() == ["RankMe", "LLC"]


def test_claims_are_filtered_and_counted(page: Page) -> None:
    panel = page.locator("#claims")
    counts = panel.locator(".counts")
    expect(counts).to_have_text("2 hold2 fail1 undecided1 not testable at this tier")
    panel.get_by_label("Study").select_option("anatomy")
    assert claims_shown(page) == ["A5 v1", "A6"]
    panel.get_by_label("Verdict").select_option("fails")
    assert claims_shown(page) == ["A6"]
    expect(counts).to_have_text("0 hold1 fail0 undecided0 not testable at this tier")
    panel.get_by_label("Words").fill("no such words")
    expect(panel.get_by_role("status")).to_have_text("0 of 6 claims")


def test_evidence_is_one_click_away(page: Page) -> None:
    button = page.locator("#A6 .open")
    button.click()
    expect(button).to_have_attribute("aria-expanded", "true")
    evidence = page.locator("#A6 + .evidence")
    table = "anatomy/analysis/precursors.parquet"
    for text in ("rate at or above 0.75", "shift 0.91", "figure 4", table):
        expect(evidence).to_contain_text(text)
    expect(evidence.locator("svg.interval")).to_be_visible()
    picture = evidence.locator("img")
    title = declared()["fig4"].title
    expect(picture).to_have_attribute("alt", f"Figure 4: {title}")
    assert picture.evaluate("image => image.decode().then(() => image.naturalWidth)") == 1
    expect(evidence.locator("figcaption")).to_have_text(f"Figure 4. {title}. What </script> it shows.")
    button.click()
    expect(evidence).to_have_count(0)


def test_stability_and_power_are_shown_where_there_are_any(page: Page) -> None:
    page.locator("#A5-v1 .open").click()
    evidence = page.locator("#A5-v1 + .evidence")
    expect(evidence).to_contain_text("same under all 13 alternatives")
    expect(evidence).to_contain_text("0.8 with 60 units")
    page.locator("#N7 .open").click()
    expect(page.locator("#N7 + .evidence")).not_to_contain_text("Power")


def test_an_address_opens_a_claim(chromium: Browser, explorer: Path) -> None:
    opened = BrowserPage.of(chromium, explorer, anchor="#J4-rankme")
    expect(opened.page.locator("#J4-rankme + .evidence")).to_be_in_viewport()
    opened.close()


def test_texts_are_never_markup(page: Page) -> None:
    expect(page.locator("#A6")).to_contain_text(HOSTILE)
    assert page.locator("#A6 img").count() == 0


def test_everything_is_reached_by_keyboard_with_a_name_and_a_visible_focus(page: Page) -> None:
    page.keyboard.press("Tab")
    expect(page.locator(".skip")).to_be_focused()
    expect(page.locator(".skip")).to_be_in_viewport()
    reached: list[str] = []
    for _ in range(80):
        page.keyboard.press("Tab")
        focused = page.locator(":focus")
        if focused.count() == 0:
            break
        assert focused.evaluate("node => getComputedStyle(node).outlineStyle") != "none"
        reached.append(str(focused.evaluate("node => node.labels?.[0]?.textContent ?? node.innerText")).strip())
    assert all(reached)
    assert {"Claims", "One run", "Study", "Verdict", "Words", "Claim", "A6"} <= set(reached)
    assert {"Task", "Beside it", "The numbers", "Estimator"} <= set(reached)


def test_a_claim_opens_and_a_control_changes_by_keyboard(page: Page) -> None:
    page.locator("#A6 .open").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#A6 + .evidence")).to_be_visible()
    page.keyboard.press("Space")
    expect(page.locator("#A6 + .evidence")).to_have_count(0)
    page.locator("#run").get_by_label("Layer", exact=True).focus()
    page.keyboard.press("ArrowDown")
    expect(page.locator("#run-summary")).to_contain_text("RankMe of layer 1")


TEXTS = "p, h1, h2, h3, nav a, label, select, .verdict, .counts li, td, th button, dt, dd, figcaption, summary, .open"
CONTRAST = """node => {
  const light = (colour) => {
    const [r, g, b] = colour.match(/[0-9.]+/g).map(Number).map((v) => v / 255)
      .map((v) => (v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  let ground = node;
  while (ground && /, 0\\)$|transparent/.test(getComputedStyle(ground).backgroundColor)) ground = ground.parentElement;
  const [one, other] = [light(getComputedStyle(node).color), light(getComputedStyle(ground).backgroundColor)];
  return [node.outerHTML.slice(0, 80), (Math.max(one, other) + 0.05) / (Math.min(one, other) + 0.05)];
}"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_texts_stand_out_from_their_ground(chromium: Browser, explorer: Path, scheme: str) -> None:
    opened = BrowserPage.of(chromium, explorer, scheme=scheme)
    for button in opened.page.locator("#claims-table .open").all():
        button.click()
    contrasts = opened.page.locator(TEXTS).filter(visible=True).evaluate_all(f"nodes => nodes.map({CONTRAST})")
    assert len(contrasts) > 100
    assert [text for text, contrast in contrasts if contrast < 4.5] == []
    opened.close()


def test_a_turn_of_the_window_or_of_the_scheme_redraws(page: Page) -> None:
    chart = page.locator("#run-chart svg").first
    assert chart.locator("path[stroke*=color-mix]").count() == 0
    page.set_viewport_size({"width": PHONE, "height": 740})
    wait_until(page, f"document.querySelector('#run-chart svg').clientWidth < {PHONE}")
    assert overflow(page) <= 0
    page.set_viewport_size({"width": 1280, "height": 800})
    wait_until(page, "document.querySelector('#run-chart svg').clientWidth > 900")
    page.emulate_media(color_scheme="dark")
    expect(chart.locator("path[stroke*=color-mix]").first).to_be_visible()


def test_damaged_data_end_in_words(chromium: Browser, explorer: Path, tmp_path: Path) -> None:
    damaged = tmp_path / "damaged.html"
    text = explorer.read_text()
    damaged.write_text(re.sub(r'(id="content">.{40}).{40}', r"\1", text))
    page = chromium.new_page()
    page.goto(damaged.as_uri())
    expect(page.get_by_role("alert")).to_contain_text("This page cannot be drawn")
    page.close()
