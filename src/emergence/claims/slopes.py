"""Exponents of emergence times in the rank of skills, from table ``power_laws``, as claims of Study 2 judge them."""

import numpy as np
import pandas as pd

from emergence.claims.estimates import OverRuns, ends
from emergence.claims.rules import Rule
from emergence.claims.settings import ParityClaimSettings
from emergence.claims.verdicts import Judged, Row, judge, undecided


def slope_row(power_laws: pd.DataFrame, network: str, share: float) -> Row:
    """The row of table ``power_laws`` of one kind of network and share, against the rank of skills.

    Args:
        power_laws: Table ``power_laws``.
        network: Kind of network, as in its column ``network``.
        share: Strength R/S at which a skill counts as emerged.
    """
    chosen = (power_laws["network"] == network) & (power_laws["share"] == share) & (power_laws["against"] == "k")
    (row,) = power_laws[chosen].to_dict("records")
    return row


def judge_slope(row: Row, rule: Rule, settings: ParityClaimSettings, expected: float | None = None) -> Judged:
    """Verdict on an exponent; there is none where too few skills emerged.

    Args:
        row: A row of table ``power_laws``, or one with other values of ``slope``, ``low`` and ``high``.
        rule: What the exponent's interval is held against.
        settings: Confidence, and the least number of skills.
        expected: The exponent for which power is stated.
    """
    estimate = OverRuns(*ends(row, "slope"), row["seeds"], settings.confidence)
    if np.isnan(row["slope"]) and row["seeds"] > 1:
        return undecided(f"needs {settings.powers.minimum} skills that emerge in every run, has {row['fitted']}")
    return judge(estimate, rule, expected)
