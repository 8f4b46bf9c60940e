"""How verdicts fare under other settings, in words (from table ``stability``)."""

import pandas as pd

from emergence.errors import EmergenceError
from emergence.schemas.analysis import CONFIGURED

SAME = "same"
"""First word of what is said of a claim whose verdict no alternative changes."""
UNTESTED = "not testable at this tier"


class StabilityError(EmergenceError):
    """Claims that were judged from other tables than their stability was; the message names one."""


def is_marked(text: str) -> bool:
    """Whether some alternative gives another verdict.

    >>> is_marked("holds under 2 of 3 alternatives; fails with threshold 0.3"), is_marked("")
    (True, False)
    """
    return bool(text) and not text.startswith(SAME)


def in_words(judged: pd.DataFrame) -> str:
    """The verdicts on one claim; nothing if it could not be tested."""
    first, others = judged[judged["factor"] == CONFIGURED].iloc[0], judged[judged["factor"] != CONFIGURED]
    if first["verdict"] == UNTESTED or others.empty:
        return ""
    differ = others[others["verdict"] != first["verdict"]]
    if differ.empty:
        return f"{SAME} under all {len(others)} alternatives, {others['changed'].sum()} of which change its evidence"
    parts = [
        f"{verdict} with {', '.join(f'{row.factor} {row.setting}'.replace('_', ' ') for row in rows.itertuples())}"
        for verdict, rows in differ.groupby("verdict", sort=False)
    ]
    kept = len(others) - len(differ)
    return "; ".join([f"{first['verdict']} under {kept} of {len(others)} alternatives", *parts])


def beside(claims: pd.DataFrame, stability: pd.DataFrame) -> pd.DataFrame:
    """The claims table with what is known of the stability of verdicts.

    Raises:
        StabilityError: if a claim was judged otherwise, as configured, where its stability was looked at.
    """
    first = stability[stability["factor"] == CONFIGURED].set_index("claim")["verdict"]
    verdicts = claims.set_index("claim")["verdict"]
    for claim, verdict in first.items():
        if verdicts.get(claim) != verdict:
            raise StabilityError(
                f"claim {claim}: {verdicts.get(claim)} in its table, {verdict} where stability was looked at; "
                "delete the tables called stability and run again"
            )
    texts = {str(claim): in_words(rows) for claim, rows in stability.groupby("claim", sort=False)}
    return claims.assign(stability=claims["claim"].map(lambda claim: texts.get(claim, "")))
