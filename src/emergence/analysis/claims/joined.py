"""The claims of all studies in one table, and the same as text for the terminal."""

from pathlib import Path

import numpy as np
import pandas as pd

from emergence import tables
from emergence.analysis.claims.stability import beside, is_marked
from emergence.files import replacing
from emergence.schemas.analysis import CLAIMS, STABILITY
from emergence.settings.analysis import AllClaimsSettings

MARK = "*"
LEGEND = f"{MARK} another verdict under other settings, one changed at a time"


def as_text(table: pd.DataFrame) -> str:
    """The claims as text for the terminal; a verdict that other settings change is marked."""
    lines = []
    for row in table.itertuples():
        verdict = row.verdict.upper() + MARK * is_marked(row.stability)
        lines += [
            f"{row.claim:<7} {verdict:<12} {row.statement}",
            f"        published  {row.published}",
            f"        here       {_value(row.value, row.low, row.high)}  ({row.interval})",
            f"        beside it  {row.control}",
            f"        rule       {row.rule}",
        ]
        more = {"stability": row.stability, "power": row.power}
        lines += [f"        {name:<10} {text}" for name, text in more.items() if text]
    return "\n".join([*lines, LEGEND] if table["stability"].map(is_marked).any() else lines)


def _value(value: float, low: float, high: float) -> str:
    if np.isnan(value):
        return "no value"
    return f"{value:.3g}" + ("" if np.isnan(low) else f" [{low:.3g}, {high:.3g}]")


def make(settings: AllClaimsSettings, claims: list[Path], stability: list[Path], table: Path, csv: Path) -> None:
    """Join the claims, study by study, with the stability of verdicts; the CSV copy is for reports and eyes."""
    every = beside(tables.read(CLAIMS, *claims), tables.read(STABILITY, *stability))
    joined = every.sort_values("study", key=lambda names: names.map(settings.studies.index), kind="stable")
    tables.write(CLAIMS, joined, table)
    with replacing(csv) as temporary:
        joined[CLAIMS.arrow.names].to_csv(temporary, index=False)
