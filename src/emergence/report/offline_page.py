"""One HTML file with data, pictures and the code that shows them, which forbids itself every request.

Pages share a shell, a style, elements, sortable tables, charts of Vega-Lite, and the panels of one run and of rates of
leads, all in `assets`. A page adds a body, in which ``{{run}}`` and ``{{leads}}`` stand for these panels, and scripts,
the last of which calls ``start``.
"""

import base64
import gzip
import html
import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from emergence.io.files import read_asset, replacing

ASSETS = Path(__file__).parent / "assets"
PANELS = ("run", "leads")
SCRIPTS = ("elements.js", "tables.js", "charts.js", "run.js", "leads.js", "start.js")
VEGA = "343328f5ba197357aadd9afcede121ea95b14f71e3d3b8aff7dd5faac34033ee"
"""SHA-256 of Vega-Lite with all it needs, which sets ``window.vegaEmbed``."""


def write_page(
    path: Path, title: str, body: Path, scripts: Sequence[Path], content: Mapping[str, Any], figures: Mapping[str, Any]
) -> None:
    """Write a page; the same content gives the same bytes.

    Args:
        path: The file.
        title: Of the window; any text.
        body: HTML of the page.
        scripts: JavaScript of the page, after that which all pages share.
        content: Data for JSON; no text in it becomes markup or code.
        figures: Pictures that the scripts show on request.
    """
    panels = {name: _text(ASSETS / f"{name}.html") for name in PANELS}
    code = [*(ASSETS / name for name in SCRIPTS), *scripts]
    parts = {
        "title": html.escape(title),
        "style": _text(ASSETS / "style.css"),
        "body": _filled(_text(body), panels),
        "content": base64.b64encode(gzip.compress(_json(content).encode(), mtime=0)).decode(),
        "figures": _json(figures),
        "library": _script(read_asset("vega.js", VEGA)),
        "scripts": _script("\n".join(map(_text, code))),
    }
    with replacing(path) as temporary:
        temporary.write_text(_filled(_text(ASSETS / "shell.html"), parts), encoding="utf-8")


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def _filled(template: str, parts: Mapping[str, str]) -> str:
    """A template with its parts, in one pass: what looks like a place in a part stays."""
    return re.sub(r"{{(\w+)}}", lambda match: parts[match[1]], template)


def _json(content: Mapping[str, Any]) -> str:
    """JSON that cannot end the element it stands in."""
    return json.dumps(content, ensure_ascii=False, allow_nan=False, separators=(",", ":")).replace("<", "\\u003c")


def _script(code: str) -> str:
    """JavaScript that cannot end the element it stands in: ``</script`` can only stand in texts and expressions."""
    return re.sub(r"</(?=script)", r"<\\/", code, flags=re.IGNORECASE).replace("<!--", r"<\!--")
