"""The schema of every table, written once; checked whenever a table is written or read.

Tables are tidy: one row a value. Columns that end in ``?`` may be null. Every table about runs begins with the columns
of `RUN`, so that any two can be joined.
"""

from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from emergence.files import replacing

RUN = {"study": "string", "run": "string", "size": "string", "parameters": "int64", "seed": "int64"}
LEVEL = {"task": "string", "level": "string"}
UNIT = {**RUN, **LEVEL}

SCHEMAS: dict[str, dict[str, str]] = {
    # Best input-blind guess of each metric on the evaluation set: the most frequent answer, or the entropy of answers.
    "baselines": {**LEVEL, "metric": "string", "value": "float64"},
    # What a model can do at each evaluation.
    "behaviour": {**RUN, "step": "int64", **LEVEL, "metric": "string", "value": "float64"},
    # What is seen at one checkpoint; task, level and layer are null where the value is of the whole model.
    "measure": {
        **RUN,
        "step": "int64",
        "task?": "string",
        "level?": "string",
        "layer?": "int64",
        "measure": "string",
        "variant": "string",
        "value": "float64",
        "standard_error?": "float64",
    },
    # First persistent passage of a behaviour score; step is interpolated between the evaluations before and after.
    "events": {
        **UNIT,
        "metric": "string",
        "emerged": "bool",
        "step?": "float64",
        "step_before?": "float64",
        "step_after?": "float64",
        "width?": "float64",
        "final_score": "float64",
    },
    # Early collapse of a measure and the onset of its recovery.
    "collapse": {
        **UNIT,
        "layer": "int64",
        "measure": "string",
        "variant": "string",
        "initial": "float64",
        "floor": "float64",
        "floor_step": "float64",
        "depth": "float64",
        "collapse_step?": "float64",
        "onset_step?": "float64",
    },
    # Floors against parameters: slope of log10 floor on log10 parameters, by task and over all tasks.
    "floors": {
        "task": "string",
        "method": "string",
        "floor": "float64",
        "floor_low": "float64",
        "floor_high": "float64",
        "slope": "float64",
        "low": "float64",
        "high": "float64",
        "equivalence_p": "float64",
        "runs": "int64",
    },
    # Collapse step against layer for each task x size.
    "direction": {
        "task": "string",
        "size": "string",
        "parameters": "int64",
        "layer": "int64",
        "collapse_step?": "float64",
        "low?": "float64",
        "high?": "float64",
        "last_first": "bool",
        "downward": "bool",
    },
    # Share of events that a measure leads, and the same under each null.
    "precursors": {
        "measure": "string",
        "metric": "string",
        "difficulty": "string",
        "size": "string",
        "control": "string",
        "events": "int64",
        "rate?": "float64",
        "low?": "float64",
        "high?": "float64",
        "naive_low?": "float64",
        "naive_high?": "float64",
        "excess?": "float64",
        "excess_low?": "float64",
        "excess_high?": "float64",
    },
    # Each event against each measure.
    "leads": {
        **UNIT,
        "measure": "string",
        "metric": "string",
        "difficulty": "string",
        "event_step": "float64",
        "onset_step?": "float64",
        "lead?": "float64",
        "relation": "string",
        "shift_null": "float64",
        "placebo_null": "float64",
    },
    # Published claims with this run's evidence and verdict.
    "claims": {
        "claim": "string",
        "study": "string",
        "statement": "string",
        "published": "string",
        "value?": "float64",
        "low?": "float64",
        "high?": "float64",
        "interval": "string",
        "control": "string",
        "verdict": "string",
        "rule": "string",
    },
}


class TableError(ValueError):
    """A table that does not follow its schema; the message names file, column and remedy."""


def _schema(name: str) -> pa.Schema:
    fields = [pa.field(key.rstrip("?"), kind, nullable=key.endswith("?")) for key, kind in SCHEMAS[name].items()]
    return pa.schema(fields, metadata={"table": name})


def _checked(name: str, frame: pd.DataFrame, source: str) -> pa.Table:
    schema = _schema(name)
    missing = [field.name for field in schema if field.name not in frame]
    unknown = [column for column in frame if column not in schema.names]
    if missing or unknown:
        raise TableError(f"{source}: table {name!r} lacks columns {missing}, has unknown columns {unknown}; make it anew")
    try:
        table = pa.Table.from_pandas(frame[schema.names], schema=schema, preserve_index=False)
    except (pa.ArrowInvalid, pa.ArrowTypeError) as error:
        raise TableError(f"{source}: table {name!r} has a column of the wrong type ({error}); make it anew") from None
    for field in schema:
        if not field.nullable and table[field.name].null_count:
            raise TableError(f"{source}: table {name!r} has nulls in column {field.name!r}; make it anew")
    return table


def write(name: str, frame: pd.DataFrame, path: Path) -> None:
    """Check ``frame`` against schema ``name`` and write it as Parquet.

    Raises:
        TableError: if a column is missing, unknown, of the wrong type or null where it must not be.
    """
    table = _checked(name, frame, str(path))
    with replacing(path) as temporary:
        pq.write_table(table, temporary, compression="zstd")


def read(name: str, *paths: Path) -> pd.DataFrame:
    """Read one or more Parquet files of schema ``name`` as one frame.

    Raises:
        TableError: if a file is damaged or does not follow the schema.
    """
    frames = []
    for path in paths:
        try:
            frame = pq.read_table(path).to_pandas()
        except (pa.ArrowInvalid, OSError) as error:
            raise TableError(f"{path}: not a readable Parquet file ({error}); delete it and run again") from None
        frames.append(_checked(name, frame, str(path)).to_pandas())
    return pd.concat(frames, ignore_index=True)
