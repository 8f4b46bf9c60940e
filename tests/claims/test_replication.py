"""Verdicts of a confirmatory run beside those of the exploratory one."""

from pathlib import Path

import pandas as pd
import pytest
from synthetic.random_tables import random_table

from emergence.analysis.intervals import clopper_pearson
from emergence.claims.claims_table import as_text, join_claims
from emergence.claims.replication import beside_exploratory, beside_published_sizes, replicated
from emergence.io import tables
from emergence.schemas.analysis import CLAIMS

UNTESTED = "not testable at this tier"


def claims(**verdicts: str) -> pd.DataFrame:
    """Of Study 1, each with a verdict, as a run without an earlier one has them."""
    rows = random_table(CLAIMS, claim=list(verdicts)).assign(study="anatomy", stable=None)
    rows = rows.assign(exploratory="", combined="", published_sizes="")
    return rows.assign(verdict=list(verdicts.values()))


EARLIER = claims(A1="holds", A2="holds", A3="fails", A4="undecided", A5=UNTESTED, A9="holds")
LATER = claims(A1="holds", A2="fails", A3="undecided", A4="holds", A5=UNTESTED, A7="holds")


def test_a_verdict_counts_where_both_runs_agree() -> None:
    table = beside_exploratory(LATER, EARLIER).set_index("claim")
    assert table["exploratory"].to_dict() == {
        "A1": "holds", "A2": "holds", "A3": "fails", "A4": "undecided", "A5": UNTESTED, "A7": "",
    }  # fmt: skip
    assert table["combined"].to_dict() == {
        "A1": "holds", "A2": "undecided", "A3": "undecided", "A4": "undecided", "A5": UNTESTED, "A7": "",
    }  # fmt: skip


def test_the_share_that_replicated_is_of_what_had_been_decided() -> None:
    """Of A1, A2 and A3 one came out again; what the later run decided first is no replication."""
    again = replicated(beside_exploratory(LATER, EARLIER), 0.95)
    assert again is not None
    assert (again.count, again.decided) == (1, 3)
    assert again.share == pytest.approx(1 / 3)
    assert (again.low, again.high) == clopper_pearson(1, 3, 0.95)
    assert replicated(LATER, 0.95) is None


def test_the_joined_table_has_both(tmp_path: Path) -> None:
    paths = {name: tmp_path / f"{name}.parquet" for name in ("earlier", "later", "joined")}
    tables.write(CLAIMS, EARLIER, paths["earlier"])
    tables.write(CLAIMS, LATER, paths["later"])
    join_claims([paths["later"]], paths["joined"], tmp_path / "joined.csv", exploratory=[paths["earlier"]])
    joined = tables.read(CLAIMS, paths["joined"]).set_index("claim")
    assert joined.loc[["A1", "A2"], "combined"].tolist() == ["holds", "undecided"]
    told = as_text(joined.reset_index())
    assert told.count("holds in the exploratory run") == 2
    assert told.count("as well") == 3, "A1, A4 is another, and A5"


def test_verdicts_at_published_sizes_stand_beside_where_that_run_judged(tmp_path: Path) -> None:
    larger = claims(A1="fails", A2="not run", A5=UNTESTED, A9="holds")
    assert beside_published_sizes(LATER, larger).set_index("claim")["published_sizes"].to_dict() == {
        "A1": "fails", "A2": "", "A3": "", "A4": "", "A5": UNTESTED, "A7": "",
    }  # fmt: skip
    paths = {name: tmp_path / f"{name}.parquet" for name in ("later", "larger", "joined")}
    tables.write(CLAIMS, LATER, paths["later"])
    tables.write(CLAIMS, larger, paths["larger"])
    join_claims([paths["later"]], paths["joined"], tmp_path / "joined.csv", published_sizes=[paths["larger"]])
    assert "fails in the run at published sizes" in as_text(tables.read(CLAIMS, paths["joined"]))
