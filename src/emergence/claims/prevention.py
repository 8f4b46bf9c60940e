"""The presumption of claims about prevention: that the collapse was prevented.

The log rank of the runs with a penalty must fall by no more than a share of its fall in plain runs.
"""

import numpy as np
import pandas as pd

from emergence.claims.rules import Rule
from emergence.claims.verdicts import Judged


def is_prevented(effect: pd.Series, share: float) -> bool:
    """Whether the log rank fell by at most a share of its fall in plain runs; False without ranks.

    Args:
        effect: With the lowest rank over the initial one, ``lowest`` and, in plain runs, ``lowest_against``.
        share: Largest fall, as a share.
    """
    return bool(-np.log(effect["lowest"]) <= -share * np.log(effect["lowest_against"]))


def if_prevented(judged: Judged, effect: pd.Series, rule: Rule, share: float) -> Judged:
    """The verdict; undecided where the collapse was not prevented.

    Args:
        judged: The verdict on the effect itself.
        effect: As `is_prevented`.
        rule: Of the effect.
        share: As `is_prevented`.
    """
    if is_prevented(effect, share):
        return judged
    holds, fails = (f"the collapse is prevented and {condition}" for condition in rule.conditions)
    reason = f"the collapse is not prevented: the rank falls to {effect['lowest']:.2f} of its initial value"
    return Judged("undecided", reason, holds, fails)
