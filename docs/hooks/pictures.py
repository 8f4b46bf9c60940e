"""The pictures of the reference run, from `reference/`, as `figures/NAME.png` of the site."""

from pathlib import Path
from typing import Any

from mkdocs.structure.files import File, Files

PROJECT = Path(__file__).parents[2]


def on_files(files: Files, config: Any) -> Files:
    """Add every picture that is there."""
    for path in sorted((PROJECT / "reference").rglob("*.png")):
        files.append(File.generated(config, f"figures/{path.name}", abs_src_path=str(path)))
    return files
