"""The claims table, and the same as text for the terminal."""

from pathlib import Path

import numpy as np
import pandas as pd

from emergence import tables
from emergence.analysis.claims import collapse, prediction
from emergence.analysis.claims.evidence import Evidence
from emergence.files import replacing
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


def as_text(table: pd.DataFrame) -> str:
    """The claims as text for the terminal."""
    lines = []
    for row in table.itertuples():
        lines += [
            f"{row.claim:<7} {row.verdict.upper():<12} {row.statement}",
            f"        published  {row.published}",
            f"        here       {_value(row.value, row.low, row.high)}  ({row.interval})",
            f"        beside it  {row.control}",
            f"        rule       {row.rule}",
        ]
    return "\n".join(lines)


def _value(value: float, low: float, high: float) -> str:
    if np.isnan(value):
        return "no value"
    return f"{value:.3g}" + ("" if np.isnan(low) else f" [{low:.3g}, {high:.3g}]")


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
    csv: Path,
) -> None:
    """Judge the claims; the CSV copy is for reports and eyes."""
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
    judged = claims(evidence, settings)
    tables.write(CLAIMS, judged, table)
    with replacing(csv) as temporary:
        judged[CLAIMS.arrow.names].to_csv(temporary, index=False)
