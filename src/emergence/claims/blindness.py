"""Whether a rule on leads could have seen one: what planted precursors tell of a verdict (table ``smallest_leads``).

A rule that sees no planted lead in a run, however large, says "no lead" whatever the measure does. That is not a
verdict: the claim is not testable at this tier. A lead that it did see stands.
"""

from dataclasses import replace

import pandas as pd

from emergence.analysis.select import select
from emergence.claims.verdicts import UNTESTED, Finding, Judged, untested

OVER_ALL = ("all", "all")


def unless_blind(judged: Judged, rows: pd.DataFrame, seen: str) -> Judged:
    """The verdict, if the rule sees some planted lead or saw a real one.

    Args:
        judged: by the rule.
        rows: of table ``smallest_leads``, as `of_rule` chooses them; none if no lead was planted.
        seen: the verdict by which the rule sees a lead.
    """
    if rows.empty or rows["smallest"].notna().all() or judged.verdict in (seen, UNTESTED.verdict):
        return judged
    measure = rows["measure"].iloc[0]
    return untested(f"no planted lead of {measure} is seen in most trials, however large, so neither would a real one")


def of_rule(smallest_leads: pd.DataFrame | None, rule: str, cell: tuple[str, str, str]) -> pd.DataFrame:
    """The row of a rule and a cell (measure, classes, difficulty); over all events where the cell has all of them.

    Args:
        smallest_leads: Table ``smallest_leads``; None where no leads were planted.
        rule: A name in its column ``rule``.
        cell: Measure, classes and difficulty.
    """
    if smallest_leads is None:
        return pd.DataFrame(columns=["smallest"])
    measure, classes, difficulty = cell
    of_measure = select(smallest_leads, measure=measure, rule=rule)
    chosen = select(of_measure, classes=classes, difficulty=difficulty)
    return chosen if len(chosen) else select(of_measure, classes=OVER_ALL[0], difficulty=OVER_ALL[1])


def with_smallest_lead(finding: Finding, rows: pd.DataFrame) -> Finding:
    """The finding with the smallest planted lead that its rule sees, as text beside it."""
    if rows.empty:
        return finding
    least = rows["smallest"].iloc[0]
    told = "none of those tried" if pd.isna(least) else f"{least:g} checkpoints"
    return replace(finding, control=f"{finding.control}; smallest planted lead that the rule sees: {told}")
