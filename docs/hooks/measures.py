"""The measures as a table, in place of ``<!-- measures -->`` in a page: what each is called, and what it is."""

from typing import Any

from emergence.measures.declarations import declared

MARK = "<!-- measures -->"


def table() -> str:
    """A row for each measure, from the first line of its module's docstring."""
    rows = [f"| `{name}` | {measure.label} | {measure.about} |" for name, measure in declared().items()]
    return "\n".join(["| measure | in figures | what it is |", "|---|---|---|", *rows])


def on_page_markdown(text: str, **_: Any) -> str:
    """Replace the mark by the table."""
    return text.replace(MARK, table()) if MARK in text else text
