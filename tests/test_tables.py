from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest

from emergence import tables
from emergence.schemas import analysis, trajectories
from emergence.tables import Schema, TableError

SCHEMA = Schema(
    "things",
    {"name": "string", "count": "int64", "value": "float64", "maybe?": "float64", "layer?": "int64", "on": "bool"},
)
GOOD = pd.DataFrame(
    {
        "name": ["a", "b", "c"],
        "count": [1, 2, 3],
        "value": [0.5, 1.5, -1e300],
        "maybe": [np.nan, 1.0, 2.0],
        "layer": [0.0, np.nan, 2.0],
        "on": [True, False, True],
    }
)
SCHEMAS = [value for module in (analysis, trajectories) for value in vars(module).values() if isinstance(value, Schema)]
WRONG: list[tuple[str, list[Any]]] = [
    ("name", [1, 2, 3]),
    ("name", [["a"], ["b"], ["c"]]),
    ("count", [1.5, 2.0, 3.0]),
    ("count", ["x", "y", "z"]),
    ("count", [2**63, 1, 1]),
    ("count", [1j, 2j, 3j]),
    ("value", ["x", "y", "z"]),
    ("value", [[1.0], [2.0], [3.0]]),
    ("on", ["x", "y", "z"]),
    ("maybe", ["x", "y", "z"]),
]
CONVERTIBLE: list[tuple[str, list[Any]]] = [
    ("count", [True, False, True]),
    ("count", ["1", "2", "3"]),
    ("value", ["1.5", "2", "3"]),
    ("value", [True, False, True]),
    ("on", [1, 0, 1]),
    ("on", ["true", "false", "true"]),
]
NULLS: list[tuple[str, list[Any]]] = [
    ("name", ["a", None, "c"]),
    ("count", [1, np.nan, 3]),
    ("value", [0.5, np.nan, 1.5]),
    ("on", [True, None, False]),
]


def test_round_trip(tmp_path: Path) -> None:
    path = tmp_path / "things.parquet"
    tables.write(SCHEMA, GOOD, path)
    pd.testing.assert_frame_equal(tables.read(SCHEMA, path), GOOD, check_dtype=False)
    assert list(tmp_path.iterdir()) == [path]


def test_file_holds_the_declared_types_and_name(tmp_path: Path) -> None:
    tables.write(SCHEMA, GOOD[GOOD.columns[::-1]], tmp_path / "things.parquet")
    kept = pq.read_schema(tmp_path / "things.parquet")
    assert kept.names == list(GOOD.columns)
    assert [str(kept.field(name).type) for name in kept.names] == [
        "string",
        "int64",
        "double",
        "double",
        "int64",
        "bool",
    ]
    assert [kept.field(name).nullable for name in kept.names] == [False, False, False, True, True, False]


def test_index_is_not_kept(tmp_path: Path) -> None:
    tables.write(SCHEMA, GOOD.iloc[[2, 0]], tmp_path / "things.parquet")
    found = tables.read(SCHEMA, tmp_path / "things.parquet")
    assert found.index.tolist() == [0, 1]
    assert found["name"].tolist() == ["c", "a"]


def test_many_files_are_read_as_one(tmp_path: Path) -> None:
    paths = [tmp_path / f"{number}.parquet" for number in range(3)]
    for number, path in enumerate(paths):
        tables.write(SCHEMA, GOOD.assign(count=number), path)
    found = tables.read(SCHEMA, *paths)
    assert found["count"].tolist() == [0, 0, 0, 1, 1, 1, 2, 2, 2]
    assert found.index.is_unique


@pytest.mark.parametrize("empty", [GOOD.iloc[:0], pd.DataFrame(columns=list(GOOD.columns))], ids=["typed", "untyped"])
def test_empty_frame_round_trips(tmp_path: Path, empty: pd.DataFrame) -> None:
    tables.write(SCHEMA, empty, tmp_path / "empty.parquet")
    found = tables.read(SCHEMA, tmp_path / "empty.parquet")
    assert list(found.columns) == list(GOOD.columns)
    assert len(found) == 0
    tables.write(SCHEMA, GOOD, tmp_path / "full.parquet")
    both = tables.read(SCHEMA, tmp_path / "empty.parquet", tmp_path / "full.parquet")
    pd.testing.assert_frame_equal(both, GOOD, check_dtype=False)


def test_nullable_column_may_be_null_throughout(tmp_path: Path) -> None:
    tables.write(SCHEMA, GOOD.assign(maybe=None, layer=None), tmp_path / "things.parquet")
    assert tables.read(SCHEMA, tmp_path / "things.parquet")[["maybe", "layer"]].isna().all(axis=None)


@pytest.mark.parametrize("column", GOOD.columns)
def test_missing_column_is_named(tmp_path: Path, column: str) -> None:
    with pytest.raises(TableError, match=rf"things.parquet.*'{column}'"):
        tables.write(SCHEMA, GOOD.drop(columns=column), tmp_path / "things.parquet")
    assert list(tmp_path.iterdir()) == []


def test_unknown_column_is_named(tmp_path: Path) -> None:
    with pytest.raises(TableError, match=r"things.parquet.*unknown.*'surprise'"):
        tables.write(SCHEMA, GOOD.assign(surprise=1), tmp_path / "things.parquet")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("column", "values"), [*WRONG, *CONVERTIBLE])
def test_wrong_type_is_named_on_writing(tmp_path: Path, column: str, values: list[Any]) -> None:
    with pytest.raises(TableError, match=rf"things.parquet.*\b{column}\b"):
        tables.write(SCHEMA, GOOD.assign(**{column: values}), tmp_path / "things.parquet")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("column", "values"), NULLS)
def test_null_is_named_on_writing(tmp_path: Path, column: str, values: list[Any]) -> None:
    with pytest.raises(TableError, match=rf"things.parquet.*\b{column}\b"):
        tables.write(SCHEMA, GOOD.assign(**{column: values}), tmp_path / "things.parquet")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("column", "values"), [("count", ["x", "y", "z"]), ("count", ["1", "2", "3"]), *NULLS])
def test_bad_column_is_named_on_reading(tmp_path: Path, column: str, values: list[Any]) -> None:
    path = tmp_path / "foreign.parquet"
    GOOD.assign(**{column: values}).to_parquet(path)
    with pytest.raises(TableError, match=rf"foreign.parquet.*\b{column}\b"):
        tables.read(SCHEMA, path)


def test_file_of_another_table_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "foreign.parquet"
    tables.write(
        Schema("others", {"name": "string", "other": "int64"}), pd.DataFrame({"name": ["a"], "other": [1]}), path
    )
    with pytest.raises(TableError, match=r"foreign.parquet.*'count'.*'other'"):
        tables.read(SCHEMA, path)


def test_column_that_stands_twice_is_refused(tmp_path: Path) -> None:
    with pytest.raises(TableError, match=r"things.parquet.*name"):
        tables.write(SCHEMA, pd.concat([GOOD, GOOD[["name"]]], axis=1), tmp_path / "things.parquet")


def damaged(whole: bytes, how: str) -> bytes:
    damage = {"empty": b"", "text": b"no table", "cut": whole[:-9], "headless": whole[100:]}
    return damage.get(how, whole[:90] + bytes(80) + whole[170:])


@pytest.mark.parametrize("how", ["empty", "text", "cut", "headless", "zeros"])
def test_damaged_file_is_named_in_one_line(tmp_path: Path, how: str) -> None:
    path = tmp_path / "things.parquet"
    tables.write(SCHEMA, GOOD, path)
    path.write_bytes(damaged(path.read_bytes(), how))
    with pytest.raises(TableError, match=r"things.parquet.*run again") as caught:
        tables.read(SCHEMA, path)
    assert "\n" not in str(caught.value)


def test_absent_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(TableError, match=r"absent.parquet"):
        tables.read(SCHEMA, tmp_path / "absent.parquet")


@pytest.mark.parametrize("schema", SCHEMAS, ids=lambda schema: schema.name)
def test_every_schema_writes_and_reads_an_empty_table(tmp_path: Path, schema: Schema) -> None:
    tables.write(schema, pd.DataFrame(columns=schema.arrow.names), tmp_path / "table.parquet")
    assert list(tables.read(schema, tmp_path / "table.parquet").columns) == schema.arrow.names


def test_schema_names_are_unique() -> None:
    names = [schema.name for schema in SCHEMAS]
    assert len(names) >= 10
    assert len(set(names)) == len(names)
