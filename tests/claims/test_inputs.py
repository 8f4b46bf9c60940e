"""Tables that claims are read from: where they lie, and which of them a configuration makes."""

from typing import Any

import pytest
from support.project import tier_files

from emergence.claims import inputs
from emergence.config import loading
from emergence.layout import ResultsLayout


def judged_from(study: str, **changed: Any) -> list[str]:
    """Tables of the claims of a study of the smoke tier, below the results."""
    values = loading.merged(*map(loading.contents, tier_files("smoke")))
    paths = ResultsLayout(loading.load(loading.merged(values, changed))).judged_from(study)
    return [path.removeprefix("<results>/") for path in paths]


@pytest.mark.parametrize("study", inputs.TABLES)
def test_every_table_is_made_where_all_is_switched_on(study: str) -> None:
    paths = judged_from(study)
    folders = [inputs.place(study, name).path.partition("{")[0] for name in inputs.TABLES[study]]
    assert all(any(path.startswith(folder) for path in paths) for folder in folders)
    assert len(set(paths)) == len(paths) >= len(folders)


@pytest.mark.parametrize(
    ("study", "changed", "gone"),
    [
        ("anatomy", {"anatomy": {"measures": {"llc": None}}}, ["anatomy/analysis/llc_validity.parquet"]),
        ("language", {"language": {"measures": {"rankme": None}}}, ["language/analysis/onsets/rankme.parquet"]),
        (
            "neuromfa",
            {"anatomy": None},
            [f"anatomy/analysis/{name}.parquet" for name in ("precursors", "lead_differences")],
        ),
        (
            "parity",
            {"parity": {"measures": {"layer_balance": None}}},
            [f"parity/measures/layer_balance/mlp50-s{seed}.parquet" for seed in (1, 2)],
        ),
    ],
)
def test_a_table_of_what_is_switched_off_is_left_out(study: str, changed: dict[str, Any], gone: list[str]) -> None:
    before = judged_from(study)
    assert {*gone} <= {*before} - {*judged_from(study, **changed)}
