"""Whether verdicts are the same under all other settings, from table ``stability``, which belongs to certain claims."""

import pandas as pd

from emergence.claims.rules import JUDGED
from emergence.errors import EmergenceError
from emergence.schemas.analysis import CONFIGURED


class StabilityError(EmergenceError):
    """Claims that were judged from other tables than their stability was; the message names one."""


def is_stable(judged: pd.DataFrame) -> bool | None:
    """Whether all alternatives give the configured verdict on a claim; None if the run could not test it.

    Args:
        judged: rows of one claim of table ``stability``.
    """
    first, others = judged[judged["factor"] == CONFIGURED].iloc[0], judging(judged)
    if first["verdict"] not in JUDGED or others.empty:
        return None
    return bool((others["verdict"] == first["verdict"]).all())


def judging(judged: pd.DataFrame) -> pd.DataFrame:
    """Rows of the alternatives that give a verdict; by some, such as a lag, certain claims cannot be judged."""
    return judged[(judged["factor"] != CONFIGURED) & judged["verdict"].isin(JUDGED)]


def check(claims: pd.DataFrame, stability: pd.DataFrame) -> None:
    """Refuse a table of stability that was made of other tables than the claims.

    Raises:
        StabilityError: if a claim was judged otherwise, as configured, where its stability was tried.
    """
    verdicts = claims.set_index("claim")["verdict"]
    first = stability[stability["factor"] == CONFIGURED]
    for claim, verdict in zip(first["claim"], first["verdict"], strict=True):
        if verdicts.get(claim) != verdict:
            raise StabilityError(
                f"claim {claim}: {verdicts.get(claim)} in its table, {verdict} where its stability was tried; "
                "delete the tables called stability and run again"
            )
