"""A run ends in a summary of its verdicts, where it made the claims or drew the explorer of the reference."""

from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from synthetic.reference_run import CLAIM_ROWS

from emergence import run_end
from emergence.claims.claims_table import TOY
from emergence.config import loading
from emergence.io import tables
from emergence.release import record
from emergence.schemas.analysis import CLAIMS


def folder(path: str) -> str:
    return path.replace("<", "").replace(">", "")


@pytest.mark.parametrize(
    ("changed", "files", "shown", "hidden"),
    [
        ({}, {"results/claims.parquet"}, ["show results/claims.parquet", "reproduce results"], [TOY]),
        ({"tier": "other"}, {"results/claims.parquet"}, ["--configfile workflow/tiers/"], ["reproduce"]),
        ({"toy": True}, {"results/claims.parquet"}, [TOY], ["Findings"]),
        ({"source": "reference"}, {"results/explorer.html"}, ["show reference/tables/claims.parquet"], []),
        ({}, {"figures/fig3.pdf"}, [], ["Verdicts"]),
    ],
)
def test_a_run_that_made_the_claims_ends_in_their_summary(
    changed: dict[str, Any],
    files: set[str],
    shown: list[str],
    hidden: list[str],
    settings_values: dict[str, Any],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    for path in ("results/claims.parquet", "reference/tables/claims.parquet"):
        tables.write(CLAIMS, pd.DataFrame(CLAIM_ROWS), tmp_path / path)
    nothing = {"stage": "explorer", "settings": {}, "inputs": {}}
    kept = tmp_path / "reference" / settings_values["keep"]["folder"]
    record.write_record({"tier": settings_values["tier"]}, {}, nothing, kept / "record.json")
    run_end.summarise(loading.load({**settings_values, **changed}), folder, Path("reference"), files)
    said = capsys.readouterr().out
    assert [words for words in shown if words not in said] == []
    assert [words for words in hidden if words in said] == []
    assert len(said.splitlines()) <= 40
