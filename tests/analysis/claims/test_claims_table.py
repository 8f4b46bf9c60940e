"""The claims table as it is written and printed."""

from pathlib import Path
from typing import get_args

import numpy as np
import pandas as pd
import pytest
from evidence import collapses, events, limits

from emergence import tables
from emergence.analysis.claims import joined
from emergence.analysis.claims.evidence import Evidence
from emergence.analysis.claims.joined import as_text
from emergence.analysis.claims.table import make
from emergence.analysis.claims.verdicts import Verdict
from emergence.analysis.precursors import DEFINITIONS, Tier, hierarchy, rates, with_own_loss
from emergence.schemas.analysis import (
    CLAIMS,
    COLLAPSE,
    EVENTS,
    FLOORS,
    HIERARCHY,
    LEADS,
    PRECURSORS,
    STABILITY,
    TOP_DOWN,
)
from emergence.schemas.limits import LIMITS
from emergence.settings.analysis import AllClaimsSettings, ClaimSettings

SCHEMAS = {
    "events": EVENTS,
    "collapses": COLLAPSE,
    "floors": FLOORS,
    "top_down": TOP_DOWN,
    "precursors": PRECURSORS,
    "hierarchy": HIERARCHY,
    "limits": LIMITS,
}
CLAIMED = [
    "A1", "A2", "A3", "A4", "A5 v1", "A5 v3", "A6", "A7", "A8", "A9", "A10", "A11", "A12", "A13 v1", "A13 v3", "A14",
]  # fmt: skip


def untried(path: Path) -> list[Path]:
    """No claim was judged again."""
    tables.write(STABILITY, pd.DataFrame(columns=STABILITY.arrow.names), path)
    return [path]


def without_events(evidence: Evidence, settings: ClaimSettings) -> dict[str, pd.DataFrame]:
    nothing = with_own_loss(pd.DataFrame(columns=LEADS.arrow.names))
    tier = Tier(list(evidence.precursors["measure"].unique()), ["exact_match"], DEFINITIONS, [])
    numbers = ["value", "low", "high", "null", "null_low", "null_high", "p", "task_p", "holm_p"]
    return {
        "events": events(32),
        "precursors": rates(nothing, tier, ["metric"], settings.statistics),
        "hierarchy": hierarchy(nothing, tier, settings.statistics),
        "limits": limits().assign(**dict.fromkeys(numbers, np.nan), pairs=0, runs=0),
    }


@pytest.mark.parametrize("learned", [True, False])
def test_the_table_follows_its_schema(
    learned: bool, evidence: Evidence, settings: ClaimSettings, tmp_path: Path
) -> None:
    other = collapses(missing=32).assign(variant="mean/centred/sigma")
    written = {**vars(evidence), "collapses": pd.concat([other, evidence.collapses])}
    if not learned:
        written |= without_events(evidence, settings)
    paths = {name: tmp_path / f"{name}.parquet" for name in SCHEMAS}
    for name, schema in SCHEMAS.items():
        tables.write(schema, written[name], paths[name])
    make(settings, **paths, table=tmp_path / "anatomy.parquet")
    every = AllClaimsSettings(studies=["anatomy"])
    stability = untried(tmp_path / "stability.parquet")
    joined.make(every, [tmp_path / "anatomy.parquet"], stability, tmp_path / "claims.parquet", tmp_path / "claims.csv")
    found = tables.read(CLAIMS, tmp_path / "claims.parquet")
    assert found["claim"].tolist() == CLAIMED
    assert set(found["verdict"]) <= set(get_args(Verdict))
    assert found.set_index("claim").loc["A2", "value"] == 1.0, "other variants are left out"
    assert (found[["statement", "published", "interval", "control", "rule"]].map(len) > 0).all(axis=None)
    known = found.dropna(subset=["value"])
    assert ((known["low"] <= known["value"]) & (known["value"] <= known["high"])).all()
    assert ((found["power"] != "") == (found["verdict"] == "undecided")).all(), "power is of what is undecided"
    pd.testing.assert_frame_equal(
        pd.read_csv(tmp_path / "claims.csv", keep_default_na=False, na_values={"value": "", "low": "", "high": ""})[
            found.columns
        ],
        found,
        check_dtype=False,
    )
    text = as_text(found)
    assert all(row.statement in text and row.verdict.upper() in text for row in found.itertuples())
    assert text.count("no value") == (0 if learned else 10)


def test_values_without_an_interval_are_printed() -> None:
    row = dict.fromkeys(CLAIMS.arrow.names, "x") | {"value": 0.5, "low": np.nan, "high": np.nan}
    assert "here       0.5  (x)" in as_text(pd.DataFrame([row]))


def test_studies_are_joined_in_their_order_and_claims_keep_theirs(tmp_path: Path) -> None:
    row = dict.fromkeys(CLAIMS.arrow.names, "") | {"value": 1.0, "low": np.nan, "high": np.nan}
    names = {"solvable": ["B2", "B10"], "anatomy": ["A9", "A1"]}
    for study, claims in names.items():
        rows = pd.DataFrame([{**row, "study": study, "claim": claim} for claim in claims])
        tables.write(CLAIMS, rows, tmp_path / f"{study}.parquet")
    paths = [tmp_path / f"{study}.parquet" for study in names]
    settings = AllClaimsSettings(studies=["anatomy", "solvable"])
    stability = untried(tmp_path / "stability.parquet")
    joined.make(settings, paths, stability, tmp_path / "claims.parquet", tmp_path / "claims.csv")
    assert tables.read(CLAIMS, tmp_path / "claims.parquet")["claim"].tolist() == ["A9", "A1", "B2", "B10"]
