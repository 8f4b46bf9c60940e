"""The claims of all studies in one table, and the same as text for the terminal."""

from pathlib import Path

import numpy as np
import pandas as pd

from emergence import tables
from emergence.files import replacing
from emergence.schemas.analysis import CLAIMS
from emergence.settings.analysis import AllClaimsSettings


def as_text(table: pd.DataFrame) -> str:
    """The claims as text for the terminal."""
    lines = []
    for row in table.itertuples():
        lines += [
            f"{row.claim:<7} {row.verdict.upper():<12} {row.statement}",
            f"        published  {row.published}",
            f"        here       {_value(row.value, row.low, row.high)}  ({row.interval})",
            f"        beside it  {row.control}",
            f"        rule       {row.rule}",
        ]
    return "\n".join(lines)


def _value(value: float, low: float, high: float) -> str:
    if np.isnan(value):
        return "no value"
    return f"{value:.3g}" + ("" if np.isnan(low) else f" [{low:.3g}, {high:.3g}]")


def make(settings: AllClaimsSettings, claims: list[Path], table: Path, csv: Path) -> None:
    """Join the claims, study by study; the CSV copy is for reports and eyes."""
    every = tables.read(CLAIMS, *claims)
    joined = every.sort_values("study", key=lambda names: names.map(settings.studies.index), kind="stable")
    tables.write(CLAIMS, joined, table)
    with replacing(csv) as temporary:
        joined[CLAIMS.arrow.names].to_csv(temporary, index=False)
