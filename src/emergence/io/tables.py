"""Tables as Parquet files, checked against schema and hash whenever they are read.

Tables are tidy: one row per value. Every table about runs begins with the columns of `RUN`, so that any two can be
joined. The schemas themselves stand in `emergence.schemas`.

The hash, in the metadata of the file, is taken over the content in a canonical form, so that it does not change when a
newer pyarrow compresses or lays out files differently.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from pandas.api.types import infer_dtype

from emergence.errors import EmergenceError
from emergence.io.files import replacing, sha256

RUN = {"study": "string", "run": "string", "size": "string", "parameters": "int64", "seed": "int64"}
LEVEL = {"task": "string", "level": "string"}
UNIT = {**RUN, **LEVEL}

# Names that pandas may infer for a column of each type; an integer column with nulls holds floats in pandas.
KINDS = {
    "string": ("string",),
    "bool": ("boolean",),
    "int64": ("integer", "floating"),
    "float64": ("integer", "floating", "mixed-integer-float"),
}


@dataclass(frozen=True)
class Schema:
    """A table: its name and its columns; a name that ends in ``?`` marks a column that may be null."""

    name: str
    columns: Mapping[str, str]
    added: frozenset[str] = frozenset()
    """texts that are newer than the reference run, whose tables are read with empty ones"""

    @property
    def arrow(self) -> pa.Schema:
        """The same schema for Parquet."""
        fields = [pa.field(key.rstrip("?"), kind, nullable=key.endswith("?")) for key, kind in self.columns.items()]
        return pa.schema(fields, metadata={"table": self.name})


class TableError(EmergenceError):
    """A table that does not match its schema; the message names file, column and remedy."""


COMMA = ", "


def cell_of(names: Iterable[str]) -> str:
    """Several names, none of which has a comma, as the text of one cell.

    >>> cell_of(["2", "S1"]), cell_of([])
    ('2, S1', '')
    """
    return COMMA.join(names)


def names_in(cell: str) -> list[str]:
    """The names in a cell that `cell_of` made.

    >>> names_in("2, S1"), names_in("")
    (['2', 'S1'], [])
    """
    return cell.split(COMMA) if cell else []


def _checked(table: Schema, frame: pd.DataFrame, source: str) -> pa.Table:
    schema = table.arrow
    missing = [field.name for field in schema if field.name not in frame]
    unknown = [column for column in frame if column not in schema.names]
    unknown += frame.columns[frame.columns.duplicated()].tolist()
    wrong = f"{source}: table {table.name!r}"
    problems = [f"lacks columns {missing}"] if missing else []
    problems += [f"has unknown or repeated columns {unknown}"] if unknown else []
    if problems:
        raise TableError(f"{wrong} {', '.join(problems)}; delete it and run again")
    without_values = frame.columns[frame.isna().all()]  # pandas calls them floats, whatever they are of
    frame = frame.astype(dict.fromkeys(without_values, object))
    for field, kind in zip(schema, table.columns.values(), strict=True):
        inferred = infer_dtype(frame[field.name], skipna=True)
        if inferred not in (*KINDS[kind], "empty"):
            raise TableError(
                f"{wrong} has {inferred} values in column {field.name!r}, not {kind}; delete it and run again"
            )
        if not field.nullable and frame[field.name].isna().any():
            raise TableError(f"{wrong} has nulls in column {field.name!r}; delete it and run again")
    try:
        return pa.Table.from_pandas(frame[schema.names], schema=schema, preserve_index=False)
    except (pa.ArrowInvalid, pa.ArrowTypeError) as error:
        raise TableError(f"{wrong} has a column of the wrong type ({error}); delete it and run again") from None


def write(table: Schema, frame: pd.DataFrame, path: Path) -> None:
    """Check ``frame`` against a schema and write it as Parquet; columns that the schema does not name are refused.

    Raises:
        TableError: if a column is missing, unknown, of the wrong type or null where it must not be.
    """
    checked = _checked(table, frame, str(path))
    # Bytes of equal significance side by side: doubles of a measure take a third less room.
    numbers = [field.name for field in checked.schema if pa.types.is_floating(field.type)]
    with (
        replacing(path) as temporary,
        pq.ParquetWriter(
            temporary,
            checked.schema,
            compression="zstd",
            compression_level=15,  # a second for all tables of a run, and a tenth less room
            use_dictionary=[name for name in checked.schema.names if name not in numbers] or False,
            use_byte_stream_split=numbers,
            write_statistics=False,
            store_schema=False,
        ) as writer,
    ):
        writer.write_table(checked)
        writer.add_key_value_metadata({"table": table.name, "sha256": digest(table.name, checked)})


def read(table: Schema, *paths: Path | None) -> pd.DataFrame:
    """Read Parquet files of a schema as one frame; integers that may be null are ``Int64``.

    Args:
        table: The schema.
        *paths: The files; None is one that was not asked for. Without any the frame has no rows.

    Raises:
        TableError: if a file is damaged, has changed since it was written, or does not match the schema.
    """
    written = [
        conformed(table, _with_added(table, _frame(_as_written(path))), str(path)) for path in paths if path is not None
    ]
    return pd.concat(written or [conformed(table, _frame(table.arrow.empty_table()), table.name)], ignore_index=True)


def _with_added(table: Schema, frame: pd.DataFrame) -> pd.DataFrame:
    return frame.assign(**dict.fromkeys(table.added - set(frame), ""))


def conformed(table: Schema, frame: pd.DataFrame, source: str) -> pd.DataFrame:
    """Rows that were in no file, as `read` would return them: with the columns and types of a schema.

    Raises:
        TableError: if a column is missing, unknown, of the wrong type or null where it must not be.
    """
    integers = {field.name: "int64" for field in table.arrow if field.type == pa.int64() and not field.nullable}
    return _frame(_checked(table, frame, source)).astype(integers)


def _frame(content: pa.Table) -> pd.DataFrame:
    """The same in pandas, every integer as ``Int64``: as floats, those beside nulls would lose their last digits."""
    return content.to_pandas(types_mapper={pa.int64(): pd.Int64Dtype()}.get, ignore_metadata=True)


def name(path: Path) -> str:
    """Name of the schema of a table; empty if `write` did not write it.

    Raises:
        TableError: if the file is damaged.
    """
    with _refusing(path):
        return (pq.read_schema(path).metadata or {}).get(b"table", b"").decode()


def _as_written(path: Path) -> pa.Table:
    """Content of a file, without metadata, after its hash is verified."""
    with _refusing(path):
        content = pq.read_table(path)
        metadata = content.schema.metadata or {}
    if b"sha256" not in metadata:
        raise TableError(f"{path}: has no hash, so it was not written by this version; delete it and run again")
    with _refusing(path):
        intact = digest(metadata.get(b"table", b"").decode(), content).encode() == metadata[b"sha256"]
    if not intact:
        raise TableError(f"{path}: has changed since it was written (its hash differs); delete it and run again")
    return content.replace_schema_metadata(None)


@contextmanager
def _refusing(path: Path) -> Iterator[None]:
    """A damaged file makes pyarrow raise nearly anything."""
    try:
        yield
    except MemoryError:
        raise
    except FileNotFoundError:
        raise TableError(f"{path}: no such file; check its path, or run what makes it") from None
    except (pa.ArrowException, OSError, ValueError, TypeError, KeyError) as error:
        reason = " ".join(str(error).split())
        raise TableError(f"{path}: not a readable Parquet file ({reason}); delete it and run again") from None


def digest(name: str, content: pa.Table) -> str:
    """SHA-256 of a table: its name and length; name, type and number of nulls of each column; the values.

    Raises:
        ValueError: if a column is of a type that no schema has.
    """
    header = [
        [field.name, str(field.type), column.null_count]
        for field, column in zip(content.schema, content.columns, strict=True)
    ]
    values = (part for column in content.columns for part in _values(column.combine_chunks()))
    return sha256(json.dumps([name, content.num_rows, header]).encode(), *values)


def _values(column: pa.Array) -> Iterator[bytes]:
    """Values as little-endian numbers; texts as a list of distinct ones and an index into it."""
    if column.null_count:
        yield np.packbits(column.is_null().to_numpy(zero_copy_only=False)).tobytes()
    match str(column.type):
        case "string":
            encoded = pc.dictionary_encode(column)  # in order of first appearance
            yield json.dumps(encoded.dictionary.to_pylist()).encode()
            yield encoded.indices.fill_null(0).to_numpy().astype("<i4", copy=False).tobytes()
        case "bool":
            yield np.packbits(column.fill_null(False).to_numpy(zero_copy_only=False)).tobytes()
        case "int64" | "double" as kind:
            yield column.fill_null(0).to_numpy().astype("<i8" if kind == "int64" else "<f8", copy=False).tobytes()
        case kind:
            raise ValueError(f"a column of type {kind}")
