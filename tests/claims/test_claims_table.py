"""The claims table as it is written, joined and printed."""

from pathlib import Path
from typing import get_args

import numpy as np
import pandas as pd
import pytest
from synthetic.claims_tables import collapses, events, order_prediction

from emergence.analysis.precursors import DEFINITIONS, RateCells, estimate_hierarchy, estimate_rates, with_own_loss
from emergence.claims import claims_table
from emergence.claims.anatomy import ANATOMY, judge_claims
from emergence.claims.claims_table import REGISTRIES, as_text
from emergence.claims.registry import RegistryError
from emergence.claims.settings import ClaimSettings
from emergence.claims.verdicts import Verdict
from emergence.io import tables as files
from emergence.schemas.analysis import CLAIMS, LEADS, SCORES

Tables = dict[str, pd.DataFrame]
NUMBERS = ["value", "low", "high", "rule_low", "rule_high"]


def written(tables: Tables, folder: Path) -> list[Path]:
    """Files of these tables."""
    for name, schema in ANATOMY.schemas.items():
        if name in tables:
            files.write(schema, tables[name], folder / f"{name}.parquet")
    return sorted(folder.glob("*.parquet"))


def joined(folder: Path, *paths: Path) -> pd.DataFrame:
    claims_table.join_claims(list(paths), folder / "claims.parquet", folder / "claims.csv")
    return files.read(CLAIMS, folder / "claims.parquet")


def without_events(precursors: pd.DataFrame, settings: ClaimSettings) -> Tables:
    nothing = with_own_loss(pd.DataFrame(columns=LEADS.arrow.names))
    cells = RateCells(list(precursors["measure"].unique()), ["exact_match"], DEFINITIONS, [])
    numbers = ["value", "low", "high", "null", "null_low", "null_high", "p", "task_p", "holm_p"]
    return {
        "events": events(32),
        "precursors": estimate_rates(nothing, cells, ["metric"], settings.statistics),
        "hierarchy": estimate_hierarchy(nothing, cells, settings.statistics),
        "order_prediction": order_prediction().assign(**dict.fromkeys(numbers, np.nan), pairs=0, runs=0),
    }


@pytest.mark.parametrize("learned", [True, False])
def test_the_table_follows_its_schema(learned: bool, tables: Tables, settings: ClaimSettings, tmp_path: Path) -> None:
    other = collapses(missing=32).assign(variant="mean/centred/sigma")
    given = tables | {"collapse": pd.concat([other, tables["collapse"]])}
    if not learned:
        given |= without_events(tables["precursors"], settings)
        given["lead_differences"] = tables["lead_differences"].iloc[:0]
    (tmp_path / "tables").mkdir()
    judge_claims(settings, written(given, tmp_path / "tables"), tmp_path / "anatomy.parquet")
    table = joined(tmp_path, tmp_path / "anatomy.parquet")
    rows = table[table["study"] == "anatomy"]
    assert rows["claim"].tolist() == ANATOMY.judge({}, settings)["claim"].tolist()
    assert set(rows["verdict"]) <= set(get_args(Verdict))
    assert rows.set_index("claim").loc["A2", "value"] == 1.0, "other variants are left out"
    assert (rows[["statement", "published", "interval", "control", "rule", "tables"]].map(len) > 0).all(axis=None)
    known = rows.dropna(subset=["value"])
    assert ((known["low"] <= known["value"]) & (known["value"] <= known["high"])).all()
    assert ((rows["power"] != "") == (rows["verdict"] == "undecided")).all(), "power is of what is undecided"
    nulls = {"keep_default_na": False, "na_values": dict.fromkeys(NUMBERS, "")}
    kept = pd.read_csv(tmp_path / "claims.csv", dtype={"figures": str}, **nulls)
    columns = table.columns.drop("stable")  # null throughout, which CSV writes as nothing
    pd.testing.assert_frame_equal(kept[columns], table[columns], check_dtype=False)
    text = as_text(rows)
    assert all(row.statement in text and row.verdict.upper() in text for row in rows.itertuples())
    assert text.count("no value") == rows["value"].isna().sum()
    valued = {*rows.dropna(subset=["value"])["id"]}
    assert "A15" not in valued, "sizes that differ in width and depth at once"
    assert ({"A1", "A6", "A12"} <= valued) is learned


@pytest.mark.parametrize(
    ("missing", "not_run"),
    [
        ("events", ["A1"]),
        ("floors", ["A3", "A4"]),
        ("hierarchy", ["A9", "A10"]),
        ("order_prediction", ["A12", "A13 v1", "A13 v3", "A14"]),
    ],
)
def test_a_claim_without_its_tables_is_not_run(
    missing: str, not_run: list[str], tables: Tables, settings: ClaimSettings, tmp_path: Path
) -> None:
    (tmp_path / "tables").mkdir()
    given = {name: table for name, table in tables.items() if name != missing}
    judge_claims(settings, written(given, tmp_path / "tables"), tmp_path / "anatomy.parquet")
    rows = files.read(CLAIMS, tmp_path / "anatomy.parquet").set_index("claim")
    silent = rows[rows["verdict"] == "not run"]
    assert {*not_run} <= {*silent.index}
    assert silent["tables"].str.contains(f"/{missing}.parquet", regex=False).all(), "no other claim falls silent"
    assert silent["value"].isna().all()


def test_a_table_that_no_claim_is_read_from_is_refused(settings: ClaimSettings, tmp_path: Path) -> None:
    files.write(SCORES, pd.DataFrame(columns=SCORES.arrow.names), tmp_path / "scores.parquet")
    with pytest.raises(RegistryError, match="'scores'"):
        judge_claims(settings, [tmp_path / "scores.parquet"], tmp_path / "anatomy.parquet")


def row(**values: object) -> dict[str, object]:
    """A row of the claims table."""
    empty = {key.rstrip("?"): {"string": "x", "bool": False}.get(kind, np.nan) for key, kind in CLAIMS.columns.items()}
    return {**empty, "stable": None, **values}


def test_values_without_an_interval_are_printed() -> None:
    assert "here       0.5  (x)" in as_text(pd.DataFrame([row(value=0.5)]))


NAMES = {
    "interventions": ["I2 loss"], "language": ["P1"], "parity": ["B2", "B10"], "neuromfa": ["N1 anatomy"],
    "anatomy": ["A9", "A1"],
}  # fmt: skip


def judged(folder: Path, *studies: str) -> list[Path]:
    """Files of the claims of these studies."""
    paths = [folder / f"{study}.parquet" for study in studies]
    for study, path in zip(studies, paths, strict=True):
        files.write(CLAIMS, pd.DataFrame([row(study=study, claim=name, value=1.0) for name in NAMES[study]]), path)
    return paths


def test_studies_are_joined_in_their_order_and_claims_keep_theirs(tmp_path: Path) -> None:
    rows = joined(tmp_path, *judged(tmp_path, *NAMES))
    assert rows["claim"].tolist() == ["A9", "A1", "B2", "B10", "N1 anatomy", "P1", "I2 loss"]


@pytest.mark.parametrize("off", REGISTRIES)
def test_claims_of_a_study_that_is_switched_off_are_not_run(off: str, tmp_path: Path) -> None:
    rows = joined(tmp_path, *judged(tmp_path, *(study for study in NAMES if study != off)))
    assert rows["study"].unique().tolist() == list(REGISTRIES)
    of_study = rows[rows["study"] == off]
    assert set(of_study["id"]) == {claim.id for claim in REGISTRIES[off].claims}
    assert of_study["claim"].is_unique
    assert set(of_study["verdict"]) == {"not run"}
    assert of_study[["value", "rule_low", "stable"]].isna().all(axis=None)
    assert "not run" not in set(rows.loc[rows["study"] != off, "verdict"])
