"""The site as it is built: strictly, and without anything that is fetched from elsewhere."""

import os
import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path

import pytest
from support.documentation import DOCS
from support.project import PROJECT

pytestmark = pytest.mark.slow

FETCHING = {
    "script": "src", "link": "href", "img": "src", "iframe": "src", "source": "src", "video": "src", "use": "href",
}  # fmt: skip
ELSEWHERE = re.compile(r"^(https?:)?//")


class Page(HTMLParser):
    """What a page fetches, the tags it has, and its text."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.fetched: list[str] = []
        self.tags: list[str] = []
        self.feed(path.read_text())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        given = dict(attrs)
        if tag in FETCHING and given.get(FETCHING[tag]) and given.get("rel") not in ("canonical", "prev", "next"):
            self.fetched.append(str(given[FETCHING[tag]]))


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    mkdocs = str(Path(sys.executable).with_name("mkdocs"))
    built = subprocess.run(
        [mkdocs, "build", "--strict", "--quiet", "--site-dir", str(folder)],
        cwd=PROJECT,
        env={**os.environ, "PYTHONPATH": str(PROJECT / "src"), "NO_MKDOCS_2_WARNING": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert built.returncode == 0, built.stderr
    return folder


@pytest.fixture(scope="module")
def pages(site: Path) -> dict[str, Page]:
    return {str(path.relative_to(site)): Page(path) for path in sorted(site.rglob("*.html"))}


def test_every_page_is_built(pages: dict[str, Page]) -> None:
    expected = {str(path.relative_to(DOCS).with_suffix(".html")) for path in DOCS.rglob("*.md")}
    assert set(pages) == expected | {"404.html", "contributing.html"}


def test_nothing_is_fetched_from_elsewhere(site: Path, pages: dict[str, Page]) -> None:
    assert [(name, url) for name, page in pages.items() for url in page.fetched if ELSEWHERE.match(url)] == []
    styles = [path.read_text() for path in site.rglob("*.css")]
    assert styles
    assert not any(re.search(r"@import|url\([\"']?(https?:)?//", style) for style in styles)


def test_what_is_fetched_is_there(site: Path, pages: dict[str, Page]) -> None:
    for name, page in pages.items():
        for url in page.fetched:
            if not url.startswith(("data:", "/")):
                assert (site / name).parent.joinpath(url.partition("?")[0].partition("#")[0]).resolve().is_file(), url


def test_search_needs_no_server(site: Path, pages: dict[str, Page]) -> None:
    assert (site / "search/search_index.js").read_text().startswith("var __index = ")
    assert any("iframe-worker" in url for url in pages["index.html"].fetched)


def test_equations_are_mathml(site: Path, pages: dict[str, Page]) -> None:
    for method in ("anatomy", "parity", "neuromfa", "language", "interventions"):
        text = (DOCS / f"methods/{method}.md").read_text()
        displayed = text.count("$$") // 2
        inline = len(re.findall(r"(?<!\$)\$[^$\n]+\$(?!\$)", text))
        assert pages[f"methods/{method}.html"].tags.count("math") == displayed + inline > 0
    assert not any("arithmatex" in path.read_text() for path in site.rglob("*.html"))


def test_made_pages_hold_what_they_are_for(site: Path) -> None:
    assert 'id="anatomy.training.learning_rate"' in (site / "reference/config.html").read_text()
    assert "emergence verify" in (site / "reference/cli.html").read_text()
    assert 'id="emergence.measures.rankme.rankme"' in (site / "reference/api/measures.html").read_text()
    assert "results/anatomy/claims.parquet" in (site / "appendix.html").read_text()
    module = re.sub(r"<[^>]+>", "", (site / "module.html").read_text())
    assert "use rule * from emergence" in module, "the Snakefile of the example is shown"
    assert "--8" not in module
