"""Stage ``explorer``: one HTML file with the data, the figures and the code that shows them, which needs no network.

The code is small and stands in `assets`; charts are Vega-Lite's, whose JavaScript comes out of the package
vl-convert-python. The page forbids itself every request. Numbers have four significant digits there: tables have all.
"""

import base64
import gzip
import json
import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import pandas as pd
import vl_convert

from emergence import tables
from emergence.analysis.multifractal.degree import MEASURED
from emergence.errors import EmergenceError
from emergence.figures import rates, style
from emergence.files import replacing
from emergence.report import evidence
from emergence.report.explorer import study
from emergence.report.explorer.bounds import bounds
from emergence.report.explorer.compact import columns, number
from emergence.schemas.analysis import CLAIMS, COLLAPSE, EVENTS, LEADS, NULL_LEADS, PRECURSORS, SCORES
from emergence.schemas.calibration import CALIBRATION
from emergence.schemas.limits import ONSETS
from emergence.schemas.phases import PHASES
from emergence.schemas.trajectories import MEASURE
from emergence.settings.explorer import ExplorerSettings

ASSETS = Path(__file__).parent / "assets"
SCRIPTS = ("elements.js", "tables.js", "charts.js", "claims.js", "run.js", "leads.js", "calibration.js", "main.js")
TITLES = {
    "anatomy": "Anatomy",
    "solvable": "Solvable model",
    "multifractal": "NeuroMFA",
    "language": "Language models",
}
"""Of studies, as in the report of Snakemake."""
TITLE = re.compile(r"\*\*(.+?)\.?\*\*\s*")


class ExplorerError(EmergenceError):
    """Inputs that do not belong together; the message names the one that is missing."""


def make(
    settings: ExplorerSettings,
    claims: Path,
    calibration: Path,
    scores: list[Path],
    events: list[Path],
    measures: list[Path],
    onsets: list[Path],
    collapses: list[Path],
    phases: Path,
    leads: list[Path],
    null_leads: list[Path],
    precursors: list[Path],
    figures: list[Path],
    captions: list[Path],
    page: Path,
) -> None:
    """Write the explorer; precursors in the order of the studies."""
    rows = {
        "scores": tables.read(SCORES, *scores),
        "events": tables.read(EVENTS, *events),
        "measures": pd.concat([_shown(tables.read(MEASURE, path), settings) for path in measures], ignore_index=True),
        "onsets": tables.read(ONSETS, *onsets),
        "collapses": tables.read(COLLAPSE, *collapses),
        "phases": tables.read(PHASES, phases),
        "leads": tables.read(LEADS, *leads),
        "null_leads": tables.read(NULL_LEADS, *null_leads),
    }
    content = {
        "tier": settings.tier,
        "titles": TITLES,
        "definition": settings.definition,
        "threshold": settings.threshold,
        "precursor_rate": settings.precursor_rate,
        "colours": {"tasks": style.TASK_COLOURS, "other": rates.COLOUR},
        "measures": style.MEASURE_NAMES,
        "claims": [_claim(row) for row in tables.read(CLAIMS, claims).to_dict("records")],
        "calibration": columns(tables.read(CALIBRATION, calibration)),
        "studies": [
            study.payload(
                one,
                TITLES[one.study],
                study.Tables(
                    **{name: table[table["study"] == one.study] for name, table in rows.items()},
                    precursors=tables.read(PRECURSORS, of_study),
                ),
            )
            for one, of_study in zip(settings.studies, precursors, strict=True)
        ],
    }
    with replacing(page) as temporary:
        temporary.write_text(html(content, _figures(figures, captions)), encoding="utf-8")


def _shown(rows: pd.DataFrame, settings: ExplorerSettings) -> pd.DataFrame:
    """Rows of a measure that some study shows: one variant of many. Those of NeuroMFA give variants of their own."""
    variants = {signal.variant for one in settings.studies for signal in one.signals.values()}
    return rows[rows["variant"].isin(variants) | (rows["measure"] == MEASURED)]


def html(content: Mapping[str, Any], figures: Mapping[str, Any]) -> str:
    """The page: template, style, scripts, content and pictures in one text."""
    parts = {
        "style": (ASSETS / "style.css").read_text(encoding="utf-8"),
        "content": base64.b64encode(gzip.compress(_json(content).encode(), mtime=0)).decode(),
        "figures": _json(figures),
        "library": _library(),
        "scripts": _script("\n".join((ASSETS / name).read_text(encoding="utf-8") for name in SCRIPTS)),
    }
    template = (ASSETS / "page.html").read_text(encoding="utf-8")
    return re.sub(r"{{(\w+)}}", lambda found: parts[found[1]], template)


@cache  # a second or two
def _library() -> str:
    """Vega-Lite with all it needs, which sets ``window.vegaEmbed``."""
    return _script(vl_convert.javascript_bundle("window.vegaEmbed = vegaEmbed;"))


def _json(content: Mapping[str, Any]) -> str:
    """JSON that cannot end the element it stands in."""
    return json.dumps(content, ensure_ascii=False, allow_nan=False, separators=(",", ":")).replace("<", "\\u003c")


def _script(code: str) -> str:
    """JavaScript that cannot end the element it stands in: ``</script`` can only stand in texts and expressions."""
    return re.sub(r"</(?=script)", r"<\\/", code, flags=re.IGNORECASE).replace("<!--", r"<\!--")


def _claim(row: Mapping[str, Any]) -> dict[str, Any]:
    """A claim with what it rests on."""
    rests = evidence.of(row["claim"])
    texts = {key: value for key, value in row.items() if isinstance(value, str)}
    return {
        **texts,
        **{key: number(row[key]) for key in ("value", "low", "high")},
        "bounds": bounds(row["rule"]),
        "figures": rests.figures,
        "tables": [(path, evidence.TABLES[path]) for path in rests.tables],
        "judge": evidence.JUDGES[row["study"]],
    }


def _figures(figures: list[Path], captions: list[Path]) -> dict[str, dict[str, str]]:
    """Pictures with their captions, by number.

    Raises:
        ExplorerError: if a figure has no caption.
    """
    texts = {path.stem: path for path in captions}
    found = {}
    for path in figures:
        if path.stem not in texts:
            raise ExplorerError(f"{path}: has no caption among those given; add {path.stem}.rst")
        caption = " ".join(texts[path.stem].read_text(encoding="utf-8").split())
        title = TITLE.match(caption)
        found[path.stem.removeprefix("fig")] = {
            "title": title[1] if title else path.stem,
            "caption": caption[title.end() :] if title else caption,
            "rule": path.stem,
            "image": "data:image/png;base64," + base64.b64encode(path.read_bytes()).decode(),
        }
    return found
