"""Tables as Parquet files, checked against their schema whenever they are written or read.

Tables are tidy: one row a value. Every table about runs begins with the columns of `RUN`, so that any two can be
joined. The schemas themselves stand in `emergence.schemas`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from pandas.api.types import infer_dtype

from emergence.errors import EmergenceError
from emergence.files import replacing

RUN = {"study": "string", "run": "string", "size": "string", "parameters": "int64", "seed": "int64"}
LEVEL = {"task": "string", "level": "string"}
UNIT = {**RUN, **LEVEL}

# What pandas may call the values of a column of each type; an integer column with nulls is one of floats in pandas.
KINDS = {
    "string": ("string",),
    "bool": ("boolean",),
    "int64": ("integer", "floating"),
    "float64": ("integer", "floating", "mixed-integer-float"),
}


@dataclass(frozen=True)
class Schema:
    """A table: its name and its columns, with ``?`` behind the name of one that may be null."""

    name: str
    columns: Mapping[str, str]

    @property
    def arrow(self) -> pa.Schema:
        """The same for Parquet."""
        fields = [pa.field(key.rstrip("?"), kind, nullable=key.endswith("?")) for key, kind in self.columns.items()]
        return pa.schema(fields, metadata={"table": self.name})


class TableError(EmergenceError):
    """A table that does not follow its schema; the message names file, column and remedy."""


def _checked(table: Schema, frame: pd.DataFrame, source: str) -> pa.Table:
    schema = table.arrow
    missing = [field.name for field in schema if field.name not in frame]
    unknown = [column for column in frame if column not in schema.names]
    unknown += frame.columns[frame.columns.duplicated()].tolist()
    wrong = f"{source}: table {table.name!r}"
    if missing or unknown:
        raise TableError(
            f"{wrong} lacks columns {missing}, has unknown or repeated columns {unknown}; delete it and run again"
        )
    for field, kind in zip(schema, table.columns.values(), strict=True):
        found = infer_dtype(frame[field.name], skipna=True)
        if found not in (*KINDS[kind], "empty"):
            raise TableError(
                f"{wrong} has {found} values in column {field.name!r}, not {kind}; delete it and run again"
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
    with replacing(path) as temporary:
        pq.write_table(checked, temporary, compression="zstd")


def read(table: Schema, *paths: Path) -> pd.DataFrame:
    """Read one or more Parquet files of a schema as one frame.

    Raises:
        TableError: if a file is damaged or does not follow the schema.
    """
    frames = []
    for path in paths:
        try:
            frame = pq.read_table(path).to_pandas()
        except (pa.ArrowInvalid, OSError) as error:
            reason = " ".join(str(error).split())
            raise TableError(f"{path}: not a readable Parquet file ({reason}); delete it and run again") from None
        frames.append(_checked(table, frame, str(path)).to_pandas())
    return pd.concat(frames, ignore_index=True)
