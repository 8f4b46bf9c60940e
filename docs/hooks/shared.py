"""Files of the site that stand elsewhere in the project: `CONTRIBUTING.md`, and pictures of the reference run."""

from pathlib import Path
from typing import Any

from mkdocs.structure.files import File, Files

PROJECT = Path(__file__).parents[2]
CONTRIBUTING, PAGE = "CONTRIBUTING.md", "contributing.md"


def on_files(files: Files, config: Any) -> Files:
    """Add `CONTRIBUTING.md` as a page, and every picture of `reference/` as `figures/NAME.png`."""
    text = (PROJECT / CONTRIBUTING).read_text().replace("(docs/", "(")
    files.append(File.generated(config, PAGE, content=text))
    for path in sorted((PROJECT / "reference").rglob("*.png")):
        files.append(File.generated(config, f"figures/{path.name}", abs_src_path=str(path)))
    return files


def on_page_markdown(text: str, **_: Any) -> str:
    """Let links to `CONTRIBUTING.md`, right on the disk, lead to its page.

    >>> on_page_markdown("[how](../../CONTRIBUTING.md#add-a-task)")
    '[how](../contributing.md#add-a-task)'
    """
    return text.replace(f"../{CONTRIBUTING}", PAGE)
