"""The claims of Study 1."""

from pathlib import Path

import pandas as pd

from emergence import tables
from emergence.analysis.claims import collapse, prediction
from emergence.analysis.claims.evidence import Evidence
from emergence.schemas.analysis import CLAIMS, COLLAPSE, EVENTS, FLOORS, HIERARCHY, PRECURSORS, TOP_DOWN
from emergence.schemas.limits import LIMITS
from emergence.settings.analysis import ClaimSettings

GROUPS = (
    collapse.emergence,
    collapse.collapse,
    collapse.scale,
    collapse.top_down,
    prediction.precursors,
    prediction.hierarchy,
    prediction.probes,
    prediction.limits,
)


def claims(evidence: Evidence, settings: ClaimSettings) -> pd.DataFrame:
    """All claims of Study 1 that the tables at hand can decide (table ``claims``)."""
    rows = [{"study": "anatomy", **row} for group in GROUPS for row in group(evidence, settings)]
    return pd.DataFrame(rows).astype(dict.fromkeys(("value", "low", "high"), "float64"))


def make(
    settings: ClaimSettings,
    events: Path,
    collapses: Path,
    floors: Path,
    top_down: Path,
    precursors: Path,
    hierarchy: Path,
    limits: Path,
    table: Path,
) -> None:
    """Judge the claims of Study 1."""
    found = tables.read(COLLAPSE, collapses)
    evidence = Evidence(
        events=tables.read(EVENTS, events),
        collapses=found[found["variant"] == settings.variant],
        floors=tables.read(FLOORS, floors),
        top_down=tables.read(TOP_DOWN, top_down),
        precursors=tables.read(PRECURSORS, precursors),
        hierarchy=tables.read(HIERARCHY, hierarchy),
        limits=tables.read(LIMITS, limits),
    )
    tables.write(CLAIMS, claims(evidence, settings), table)
