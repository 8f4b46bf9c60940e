"""What claims on leads say of the smallest lead that their rule sees in the run (table ``smallest_leads``)."""

from collections.abc import Callable

import pandas as pd

from emergence.analysis.select import select
from emergence.claims.lead_power import DIFFERENCES
from emergence.claims.registry import Tables

Caveat = Callable[[Tables], str]


def lead_caveat(*measures: str, difficulty: str = "all") -> Caveat:
    """A caveat of a claim that judges whether some measures are precursors, by the lead over every rival.

    Where no planted lead is seen, the rule could not have called the measure a precursor: a verdict that it is none
    says nothing of it.

    Args:
        *measures: that are judged.
        difficulty: of the events, by task family.
    """
    cell = {"rule": DIFFERENCES, "classes": "all" if difficulty == "all" else "family", "difficulty": difficulty}

    def told(tables: Tables) -> str:
        if "smallest_leads" not in tables:
            return ""
        rows = select(tables["smallest_leads"], measure=measures, **cell)
        each = ", ".join(f"{row['measure']} {_smallest(row['smallest'])}" for row in rows.to_dict("records"))
        care = "read with care: " if rows["smallest"].isna().any() else ""
        return f"{care}smallest planted lead that the rule sees, in checkpoints: {each}" if each else ""

    return told


def _smallest(lead: float | None) -> str:
    return "none that was tried" if pd.isna(lead) else f"{lead:g}"


def joined(*caveats: Caveat) -> Caveat:
    """What several say."""
    return lambda tables: "; ".join(filter(None, (caveat(tables) for caveat in caveats)))
