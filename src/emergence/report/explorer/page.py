"""Stage ``explorer``: one HTML file with the data, the figures and the code that shows them, which needs no network.

Numbers have four significant digits there: tables have all.
"""

import base64
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from emergence.analysis.neuromfa.degree_of_emergence import MEASURED
from emergence.claims.claims_table import TOY
from emergence.config.study import TITLES
from emergence.config.types import Name, Strict
from emergence.errors import EmergenceError
from emergence.figures import panels, style
from emergence.figures.declarations import declared
from emergence.io import tables
from emergence.measures.declarations import signal_labels
from emergence.report.explorer import arms, study
from emergence.report.explorer.study import ExploredStudy
from emergence.report.json_values import columns, number
from emergence.report.offline_page import write_page
from emergence.schemas.analysis import CLAIMS, COLLAPSE, EVENTS, LEADS, NULL_LEADS, ONSETS, PRECURSORS, SCORES
from emergence.schemas.interventions import ARM_EFFECTS, ARM_RUNS
from emergence.schemas.language import PHASES
from emergence.schemas.trajectories import CALIBRATION, MEASURE

ASSETS = Path(__file__).parent / "assets"
SCRIPTS = ("claims.js", "arms.js", "calibration.js", "main.js")
NO_FILES: list[Path] = []


class ExplorerSettings(Strict):
    """The studies on the page, and what is marked in them."""

    tier: Name
    toy: bool = False
    """whether the numbers mean nothing"""
    studies: list[ExploredStudy]


class ExplorerError(EmergenceError):
    """Inputs that do not belong together; the message names the one that is missing."""


def build_explorer(
    settings: ExplorerSettings,
    claims: Path,
    calibration: Path,
    figures: list[Path],
    captions: list[Path],
    page: Path,
    scores: list[Path] = NO_FILES,
    events: list[Path] = NO_FILES,
    measures: list[Path] = NO_FILES,
    onsets: list[Path] = NO_FILES,
    collapses: list[Path] = NO_FILES,
    phases: list[Path] = NO_FILES,
    leads: list[Path] = NO_FILES,
    null_leads: list[Path] = NO_FILES,
    precursors: list[Path] = NO_FILES,
    arm_runs: list[Path] = NO_FILES,
    arm_effects: list[Path] = NO_FILES,
) -> None:
    """Write the explorer; precursors in the order of the studies. A study that is switched off has no tables."""
    rows = {
        "scores": tables.read(SCORES, *scores),
        "events": tables.read(EVENTS, *events),
        "measures": _shown(tables.read(MEASURE, *measures), settings),
        "onsets": tables.read(ONSETS, *onsets),
        "collapses": tables.read(COLLAPSE, *collapses),
        "phases": tables.read(PHASES, *phases),
        "leads": tables.read(LEADS, *leads),
        "null_leads": tables.read(NULL_LEADS, *null_leads),
    }
    content = {
        "tier": settings.tier,
        "warning": TOY if settings.toy else "",
        "titles": TITLES,
        "colours": {"tasks": style.TASK_COLOURS, "other": panels.MEASURE_COLOUR},
        "measures": signal_labels(),
        "claims": [_claim(row) for row in tables.read(CLAIMS, claims).to_dict("records")],
        "arms": arms.payload(tables.read(ARM_RUNS, *arm_runs), tables.read(ARM_EFFECTS, *arm_effects)),
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
    scripts = [ASSETS / name for name in SCRIPTS]
    body = ASSETS / "page.html"
    write_page(page, "Emergence: explorer", body, scripts, content, _figures(figures, captions))


def _shown(rows: pd.DataFrame, settings: ExplorerSettings) -> pd.DataFrame:
    """Rows of a measure that some study shows: one variant of many. Those of NeuroMFA give variants of their own."""
    variants = {signal.variant for one in settings.studies for signal in one.signals.values()}
    return rows[rows["variant"].isin(variants) | (rows["measure"] == MEASURED)]


def _claim(row: Mapping[str, Any]) -> dict[str, Any]:
    """A claim as the page shows it: texts, numbers, and lists of figures and tables."""
    return {
        **{key: value for key, value in row.items() if isinstance(value, str)},
        **{key: number(row[key]) for key in ("value", "low", "high", "rule_low", "rule_high")},
        **{key: tables.names_in(row[key]) for key in ("figures", "tables")},
    }


def _figures(figures: list[Path], captions: list[Path]) -> dict[str, dict[str, str]]:
    """Pictures with their captions, by number.

    Raises:
        ExplorerError: if a figure has no caption.
    """
    texts = {path.stem: path for path in captions}
    drawn = {}
    for path in figures:
        if path.stem not in texts:
            raise ExplorerError(f"{path}: has no caption among those given; add {path.stem}.rst")
        figure = declared()[path.stem]
        caption = " ".join(texts[path.stem].read_text(encoding="utf-8").split())
        drawn[figure.number] = {
            "title": figure.title,
            "caption": caption.removeprefix(f"**{figure.title}.**").lstrip(),
            "image": "data:image/png;base64," + base64.b64encode(path.read_bytes()).decode(),
        }
    return drawn
