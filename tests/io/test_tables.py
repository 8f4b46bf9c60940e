import hashlib
import json
import struct
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from support.damage import flipped

from emergence.io import tables
from emergence.io.tables import Schema, TableError
from emergence.schemas import analysis, trajectories

SCHEMA = Schema(
    "things",
    {"name": "string", "count": "int64", "value": "float64", "maybe?": "float64", "layer?": "int64", "on": "bool"},
)
GOOD = pd.DataFrame(
    {
        "name": ["a", "b", "c"], "count": [1, 2, 3], "value": [0.5, 1.5, -1e300], "maybe": [np.nan, 1.0, 2.0],
        "layer": [0.0, np.nan, 2.0], "on": [True, False, True],
    }
)  # fmt: skip
SCHEMAS = [value for module in (analysis, trajectories) for value in vars(module).values() if isinstance(value, Schema)]
WRONG: list[tuple[str, list[Any]]] = [
    ("name", [1, 2, 3]), ("name", [["a"], ["b"], ["c"]]), ("count", [1.5, 2.0, 3.0]), ("count", ["x", "y", "z"]),
    ("count", [2**63, 1, 1]), ("count", [1j, 2j, 3j]), ("value", ["x", "y", "z"]), ("value", [[1.0], [2.0], [3.0]]),
    ("on", ["x", "y", "z"]), ("maybe", ["x", "y", "z"]), ("count", [True, False, True]), ("count", ["1", "2", "3"]),
    ("value", ["1.5", "2", "3"]), ("value", [True, False, True]), ("on", [1, 0, 1]), ("on", ["true", "false", "true"]),
]  # fmt: skip
NULLS: list[tuple[str, list[Any]]] = [
    ("name", ["a", None, "c"]), ("count", [1, np.nan, 3]), ("value", [0.5, np.nan, 1.5]), ("on", [True, None, False]),
]  # fmt: skip


def test_round_trip(tmp_path: Path) -> None:
    path = tmp_path / "things.parquet"
    tables.write(SCHEMA, GOOD, path)
    pd.testing.assert_frame_equal(tables.read(SCHEMA, path), GOOD, check_dtype=False)
    assert list(tmp_path.iterdir()) == [path]


def test_rows_that_were_in_no_file_are_as_if_read(tmp_path: Path) -> None:
    reordered = GOOD[GOOD.columns[::-1]].astype({"name": object})
    tables.write(SCHEMA, reordered, tmp_path / "things.parquet")
    pd.testing.assert_frame_equal(
        tables.conformed(SCHEMA, reordered, "here"), tables.read(SCHEMA, tmp_path / "things.parquet")
    )
    with pytest.raises(TableError, match=r"^here: .*'things'.*\['on'\]"):
        tables.conformed(SCHEMA, GOOD.drop(columns="on"), "here")


def test_file_holds_the_declared_types_and_name(tmp_path: Path) -> None:
    tables.write(SCHEMA, GOOD[GOOD.columns[::-1]], tmp_path / "things.parquet")
    kept = pq.read_schema(tmp_path / "things.parquet")
    assert kept.names == list(GOOD.columns)
    assert [str(kept.field(name).type) for name in kept.names] == [
        "string", "int64", "double", "double", "int64", "bool",
    ]  # fmt: skip
    assert [kept.field(name).nullable for name in kept.names] == [False, False, False, True, True, False]


def test_index_is_not_kept(tmp_path: Path) -> None:
    tables.write(SCHEMA, GOOD.iloc[[2, 0]], tmp_path / "things.parquet")
    restored = tables.read(SCHEMA, tmp_path / "things.parquet")
    assert restored.index.tolist() == [0, 1]
    assert restored["name"].tolist() == ["c", "a"]


def test_many_files_are_read_as_one(tmp_path: Path) -> None:
    paths = [tmp_path / f"{number}.parquet" for number in range(3)]
    for number, path in enumerate(paths):
        tables.write(SCHEMA, GOOD.assign(count=number), path)
    restored = tables.read(SCHEMA, *paths)
    assert restored["count"].tolist() == [0, 0, 0, 1, 1, 1, 2, 2, 2]
    assert restored.index.is_unique


def test_files_that_were_not_asked_for_are_a_table_without_rows(tmp_path: Path) -> None:
    tables.write(SCHEMA, GOOD.iloc[:0], tmp_path / "empty.parquet")
    none = tables.read(SCHEMA, None)
    assert none.empty
    assert none.dtypes.equals(tables.read(SCHEMA, tmp_path / "empty.parquet").dtypes)


@pytest.mark.parametrize("empty", [GOOD.iloc[:0], pd.DataFrame(columns=list(GOOD.columns))], ids=["typed", "untyped"])
def test_empty_frame_round_trips(tmp_path: Path, empty: pd.DataFrame) -> None:
    tables.write(SCHEMA, empty, tmp_path / "empty.parquet")
    restored = tables.read(SCHEMA, tmp_path / "empty.parquet")
    assert list(restored.columns) == list(GOOD.columns)
    assert len(restored) == 0
    tables.write(SCHEMA, GOOD, tmp_path / "full.parquet")
    both = tables.read(SCHEMA, tmp_path / "empty.parquet", tmp_path / "full.parquet")
    pd.testing.assert_frame_equal(both, GOOD, check_dtype=False)


@pytest.mark.parametrize("absent", [None, float("nan"), pd.NA], ids=str)
def test_nullable_column_may_be_null_throughout(tmp_path: Path, absent: Any) -> None:
    nothing = dict.fromkeys(["maybe", "layer", "remark"], absent)
    remarked = Schema("things", {**SCHEMA.columns, "remark?": "string"})
    tables.write(remarked, GOOD.assign(**nothing), tmp_path / "things.parquet")
    assert tables.read(remarked, tmp_path / "things.parquet")[list(nothing)].isna().all(axis=None)


def test_large_integers_beside_nulls_keep_their_last_digit(tmp_path: Path) -> None:
    layers = pd.array([2**53 + 1, None, 2**62 + 1], "Int64")
    tables.write(SCHEMA, GOOD.assign(layer=layers, count=2**53 + 1), tmp_path / "things.parquet")
    restored = tables.read(SCHEMA, tmp_path / "things.parquet")
    assert restored["layer"].tolist() == [2**53 + 1, pd.NA, 2**62 + 1]
    assert restored["count"].tolist() == [2**53 + 1] * 3
    assert (restored["layer"].dtype, restored["count"].dtype) == ("Int64", "int64")


@pytest.mark.parametrize("column", GOOD.columns)
def test_missing_column_is_named(tmp_path: Path, column: str) -> None:
    with pytest.raises(TableError, match=rf"things.parquet.*'{column}'"):
        tables.write(SCHEMA, GOOD.drop(columns=column), tmp_path / "things.parquet")
    assert list(tmp_path.iterdir()) == []


def test_unknown_column_is_named(tmp_path: Path) -> None:
    with pytest.raises(TableError, match=r"things.parquet.*unknown.*'surprise'"):
        tables.write(SCHEMA, GOOD.assign(surprise=1), tmp_path / "things.parquet")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("column", "values"), WRONG)
def test_wrong_type_is_named_on_writing(tmp_path: Path, column: str, values: list[Any]) -> None:
    with pytest.raises(TableError, match=rf"things.parquet.*\b{column}\b"):
        tables.write(SCHEMA, GOOD.assign(**{column: values}), tmp_path / "things.parquet")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("column", "values"), NULLS)
def test_null_is_named_on_writing(tmp_path: Path, column: str, values: list[Any]) -> None:
    with pytest.raises(TableError, match=rf"things.parquet.*\b{column}\b"):
        tables.write(SCHEMA, GOOD.assign(**{column: values}), tmp_path / "things.parquet")
    assert list(tmp_path.iterdir()) == []


LOOSE = Schema("things", {f"{name.rstrip('?')}?": kind for name, kind in SCHEMA.columns.items()})


def test_a_missing_file_is_no_damaged_one(tmp_path: Path) -> None:
    with pytest.raises(TableError, match=r"absent\.parquet: no such") as error:
        tables.read(SCHEMA, tmp_path / "absent.parquet")
    assert "delete" not in str(error.value)


@pytest.mark.parametrize(("column", "values"), NULLS)
def test_null_is_named_on_reading(tmp_path: Path, column: str, values: list[Any]) -> None:
    tables.write(LOOSE, GOOD.assign(**{column: values}), tmp_path / "things.parquet")
    with pytest.raises(TableError, match=rf"things.parquet.*\b{column}\b"):
        tables.read(SCHEMA, tmp_path / "things.parquet")


@pytest.mark.parametrize("column", ["count", "value", "on"])
def test_wrong_type_is_named_on_reading(tmp_path: Path, column: str) -> None:
    other = Schema("things", {**SCHEMA.columns, column: "string"})
    tables.write(other, GOOD.assign(**{column: ["1", "2", "3"]}), tmp_path / "things.parquet")
    with pytest.raises(TableError, match=rf"things.parquet.*\b{column}\b"):
        tables.read(SCHEMA, tmp_path / "things.parquet")


def test_file_that_no_stage_wrote_is_refused(tmp_path: Path) -> None:
    GOOD.to_parquet(tmp_path / "foreign.parquet")
    with pytest.raises(TableError, match=r"foreign\.parquet: .*hash"):
        tables.read(SCHEMA, tmp_path / "foreign.parquet")


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
    with pytest.raises(TableError, match=r"things\.parquet: ") as caught:
        tables.read(SCHEMA, path)
    assert "\n" not in str(caught.value)


def test_absent_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(TableError, match=r"absent.parquet"):
        tables.read(SCHEMA, tmp_path / "absent.parquet")


@pytest.mark.long
def test_a_flipped_bit_is_refused_or_changes_nothing(tmp_path: Path) -> None:
    """Some bits say nothing about the content: of statistics, of padding, or of the name of the writing program."""
    path = tmp_path / "things.parquet"
    tables.write(SCHEMA, GOOD, path)
    whole, before = path.read_bytes(), tables.read(SCHEMA, path)
    places = range(0, 8 * len(whole), 19)
    said = []
    for bit in places:
        path.write_bytes(flipped(whole, bit))
        try:
            pd.testing.assert_frame_equal(tables.read(SCHEMA, path), before, check_exact=True)
        except TableError as error:
            said.append(str(error))
    assert len(said) > 0.5 * len(places)
    assert [line for line in said if not line.startswith(f"{path}: ") or "\n" in line or "again" not in line] == []


OTHER: list[tuple[str, list[Any]]] = [
    ("name", ["a", "b", "d"]), ("name", ["b", "a", "c"]), ("name", ["a", "bc", ""]), ("count", [1, 2, 4]),
    ("value", [0.5, 1.5, np.nextafter(-1e300, 0)]), ("maybe", [np.nan, 1.0, np.nan]), ("maybe", [0.0, 1.0, 2.0]),
    ("layer", [0, 0, 2]), ("layer", [np.nan, 0, 2]), ("on", [True, True, True]),
]  # fmt: skip


@pytest.mark.parametrize(("column", "values"), OTHER)
def test_every_change_of_a_value_changes_the_hash(column: str, values: list[Any]) -> None:
    assert hash_of(GOOD.assign(**{column: values})) != hash_of(GOOD)


def hash_of(frame: pd.DataFrame) -> str:
    return tables.digest("things", pa.Table.from_pandas(frame[list(GOOD.columns)], schema=SCHEMA.arrow))


def test_names_types_and_order_change_the_hash() -> None:
    whole = pa.table({"a": [1, 2], "b": [1, 2]})
    others = [
        whole.rename_columns(["a", "c"]), whole.set_column(1, "b", [[1.0, 2.0]]), whole.take([1, 0]),
        whole.slice(0, 1), whole.select(["a"]),
    ]  # fmt: skip
    hashes = {tables.digest("things", one) for one in [whole, *others]}
    assert len({*hashes, tables.digest("others", whole)}) == len(others) + 2


def test_the_hash_is_of_the_content_and_not_of_its_layout(tmp_path: Path) -> None:
    content = pa.Table.from_pandas(pd.concat([GOOD] * 4), schema=SCHEMA.arrow, preserve_index=False)
    pq.write_table(content, tmp_path / "one", compression="none", use_dictionary=False)
    pq.write_table(content, tmp_path / "two", row_group_size=5, version="1.0")
    chunked = pa.concat_tables([content.slice(0, 5), content.slice(5)])
    hashes = {tables.digest("things", one) for one in (content, chunked, *map(pq.read_table, tmp_path.iterdir()))}
    assert len(hashes) == 1


def test_the_hash_is_what_its_description_says() -> None:
    """Written out, so that a change of pyarrow that would change the hash of every table is noticed."""
    frame = pd.DataFrame({"word": ["b", None, "a", "b"], "number": [1.5, 2.0, np.nan, 0.0], "on": [True, False] * 2})
    schema = pa.schema([("word", "string"), ("number", "double"), ("on", "bool")])
    header = ["things", 4, [["word", "string", 1], ["number", "double", 1], ["on", "bool", 0]]]
    contents = [
        json.dumps(header).encode(),
        bytes([0b01000000]) + b'["b", "a"]' + struct.pack("<4i", 0, 0, 1, 0),
        bytes([0b00100000]) + struct.pack("<4d", 1.5, 2.0, 0.0, 0.0),
        bytes([0b10100000]),
    ]
    expected = hashlib.sha256(b"".join(contents)).hexdigest()
    assert tables.digest("things", pa.Table.from_pandas(frame, schema=schema)) == expected


def test_equal_tables_are_equal_files(tmp_path: Path) -> None:
    tables.write(SCHEMA, GOOD, tmp_path / "one.parquet")
    tables.write(SCHEMA, GOOD[GOOD.columns[::-1]].set_index(GOOD["count"] * 2), tmp_path / "two.parquet")
    assert (tmp_path / "one.parquet").read_bytes() == (tmp_path / "two.parquet").read_bytes()


@pytest.mark.parametrize("schema", SCHEMAS, ids=lambda schema: schema.name)
def test_every_schema_writes_and_reads_an_empty_table(tmp_path: Path, schema: Schema) -> None:
    tables.write(schema, pd.DataFrame(columns=schema.arrow.names), tmp_path / "table.parquet")
    assert list(tables.read(schema, tmp_path / "table.parquet").columns) == schema.arrow.names


def test_schema_names_are_unique() -> None:
    names = [schema.name for schema in SCHEMAS]
    assert len(names) >= 10
    assert len(set(names)) == len(names)


def test_measured_numbers_take_little_room(tmp_path: Path) -> None:
    """Doubles that differ in all digits but are of one order have 12 of 64 bits in common."""
    values = pd.DataFrame({"value": np.random.default_rng(1).uniform(1.0, 2.0, 20_000)})
    tables.write(Schema("numbers", {"value": "float64"}), values, tmp_path / "numbers.parquet")
    assert (tmp_path / "numbers.parquet").stat().st_size < 0.88 * 8 * len(values)
    pd.testing.assert_frame_equal(
        tables.read(Schema("numbers", {"value": "float64"}), tmp_path / "numbers.parquet"), values
    )
