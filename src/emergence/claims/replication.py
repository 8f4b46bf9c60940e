"""Verdicts of other runs beside those of this one: an earlier one with other seeds, and one of larger models."""

from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from emergence.analysis.intervals import clopper_pearson
from emergence.claims.rules import JUDGED

ALONE: list[Path] = []
"""Files of another run, where none stands beside this one."""
DECIDED = tuple(sorted({*JUDGED} - {"undecided"}))
"""Verdicts that can be replicated."""


def beside_exploratory(claims: pd.DataFrame, exploratory: pd.DataFrame) -> pd.DataFrame:
    """The claims table with the verdicts of an exploratory run (``exploratory``), and what both say (``combined``).

    The combined verdict is that of both where they agree; where they do not it is open, whichever decided. A claim that
    the exploratory run did not have is left empty.

    Args:
        claims: Table ``claims`` of the confirmatory run.
        exploratory: The same of the exploratory one.
    """
    earlier = exploratory.set_index("claim")["verdict"]
    before = claims["claim"].map(earlier).fillna("")
    combined = claims["verdict"].where(before == claims["verdict"], "undecided").where(before != "", "")
    return claims.assign(exploratory=before, combined=combined)


def beside_published_sizes(claims: pd.DataFrame, larger: pd.DataFrame) -> pd.DataFrame:
    """The claims table with the verdicts of a run of models as large as published; empty where that run judged nothing.

    Args:
        claims: Table ``claims`` of this run.
        larger: The same of the run of larger models.
    """
    judged = larger[larger["verdict"] != "not run"].set_index("claim")["verdict"]
    return claims.assign(published_sizes=claims["claim"].map(judged).fillna(""))


@dataclass(frozen=True)
class Replicated:
    """How many of the verdicts that an exploratory run reached came out again."""

    count: int
    decided: int
    low: float
    high: float

    @property
    def share(self) -> float:
        """Of those that were decided."""
        return self.count / self.decided if self.decided else float("nan")


def replicated(claims: pd.DataFrame, confidence: float) -> Replicated | None:
    """The share of decided claims that have the same verdict again, with its exact interval; None of a single run.

    Args:
        claims: Table ``claims``, as `beside_exploratory` returns it.
        confidence: Of the interval.
    """
    if not claims["exploratory"].astype(bool).any():
        return None
    decided = claims[claims["exploratory"].isin(DECIDED)]
    count = int((decided["verdict"] == decided["exploratory"]).sum())
    return Replicated(count, len(decided), *clopper_pearson(count, len(decided), confidence))


def replication_text(row: pd.Series | dict[str, object]) -> str:
    """Replication of the exploratory verdict on one claim; empty without an exploratory run.

    >>> replication_text({"exploratory": "holds", "verdict": "holds"})
    'holds in the exploratory run as well'
    >>> replication_text({"exploratory": "holds", "verdict": "fails"})
    'holds in the exploratory run'
    """
    earlier = row["exploratory"]
    if not earlier:
        return ""
    return f"{earlier} in the exploratory run{' as well' if earlier == row['verdict'] else ''}"


def published_sizes_text(row: pd.Series | dict[str, object]) -> str:
    """Verdict on one claim at published sizes; empty without such a run.

    >>> published_sizes_text({"published_sizes": "fails"}), published_sizes_text({"published_sizes": ""})
    ('fails in the run at published sizes', '')
    """
    return f"{row['published_sizes']} in the run at published sizes" if row["published_sizes"] else ""
