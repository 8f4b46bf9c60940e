"""Tables of random values that follow a schema, for whatever reads them by their columns alone."""

from collections.abc import Collection
from itertools import product
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pandas as pd

from emergence.io import tables

PARAMETERS = {"small": 14_000, "middle": 53_000, "large": 203_000}
TEXT = {"study": "anatomy", "task": "ADD", "level": "1", "metric": "exact_match"}
FILL = {"string": lambda _, rows: ["any"] * rows, "bool": lambda _, rows: [True] * rows,
        "int64": lambda _, rows: [1] * rows, "float64": lambda rng, rows: rng.uniform(0.1, 0.9, rows)}  # fmt: skip


def random_table(schema: tables.Schema, **columns: Any) -> pd.DataFrame:
    """A table as it is read from a file: a row for each combination of the values given.

    Args:
        schema: Schema of the table.
        **columns: A value, or a list of values, for columns; runs are named ``small-s1`` and tell their size and seed.
            Other numbers are random, of the uniform distribution between 0.1 and 0.9; a null of a column is None.
    """
    factors = [key for key, value in columns.items() if isinstance(value, Collection) and not isinstance(value, str)]
    frame = pd.DataFrame(list(product(*(columns[key] for key in factors))), columns=factors)
    if not factors:
        frame = pd.DataFrame(index=[0])
    frame = frame.assign(**{key: value for key, value in columns.items() if key not in factors})
    if "run" in frame and "run" in schema.arrow.names:
        parts = frame["run"].str.split("-s", expand=True)
        frame = frame.assign(size=parts[0], seed=parts[1].astype(int), parameters=parts[0].map(PARAMETERS))
    rng = np.random.default_rng(sum(map(ord, schema.name)))
    for name, kind in ((key.rstrip("?"), kind) for key, kind in schema.columns.items()):
        if name not in frame:
            frame[name] = TEXT.get(name, FILL[kind](rng, len(frame)))
    return read_back(schema, frame[schema.arrow.names])


def read_back(schema: tables.Schema, frame: pd.DataFrame) -> pd.DataFrame:
    """A frame as it is read once it has been written: checked, and with the types of a table."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "table.parquet"
        tables.write(schema, frame, path)
        return tables.read(schema, path)
