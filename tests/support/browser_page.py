"""A page in a window of a browser, and what it said and asked for."""

import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, expect

PATIENCE = 20_000  # milliseconds, on a machine with other work
expect.set_options(timeout=PATIENCE)


def wait_until(page: Page, condition: str, argument: Any = None) -> None:
    """Wait for a condition in JavaScript. Playwright's own evaluates texts within the page, which forbids it."""
    deadline = time.monotonic() + PATIENCE / 1000
    while not page.evaluate(condition, argument):
        assert time.monotonic() < deadline, f"waited in vain for {condition}"
        page.wait_for_timeout(50)


@dataclass
class BrowserPage:
    """A page in a window, and what it said and asked for."""

    page: Page
    said: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)

    @classmethod
    def of(
        cls, browser: Browser, path: Path, width: int = 1280, scheme: str = "light", anchor: str = ""
    ) -> "BrowserPage":
        """Open a file and wait until it is drawn."""
        opened = cls(browser.new_page(viewport={"width": width, "height": 800}, color_scheme=scheme))  # type: ignore[arg-type]
        opened.page.set_default_timeout(PATIENCE)
        opened.page.on("console", lambda message: opened.said.append(f"{message.type}: {message.text}"))
        opened.page.on("pageerror", lambda error: opened.said.append(str(error)))
        opened.page.on("request", lambda request: opened.asked.append(request.url))
        opened.page.goto(f"{path.as_uri()}{anchor}")
        opened.page.wait_for_selector("html[data-ready]", state="attached")
        for chart in ("run-chart", "leads-chart"):
            opened.page.wait_for_selector(f"#{chart} svg, #{chart} p")
        return opened

    @property
    def requests(self) -> list[str]:
        """Of anything but the file itself and what stands in it."""
        return [url for url in self.asked[1:] if not url.startswith("data:")]

    def close(self) -> None:
        """Close the window; it must not have complained."""
        self.page.close()
        assert self.said == []
        assert self.requests == []
