"""A verdict about prevention stands where the log rank fell by half of its fall in plain runs, and no more."""

import pandas as pd
import pytest

from emergence.claims.prevention import if_prevented
from emergence.claims.rules import at_most
from emergence.claims.verdicts import Judged


@pytest.mark.parametrize(
    ("lowest", "verdict"), [(1.0, "holds"), (0.51, "holds"), (0.49, "undecided"), (0.2, "undecided")]
)
def test_half_of_the_plain_fall_is_allowed(lowest: float, verdict: str) -> None:
    effect = pd.Series({"lowest": lowest, "lowest_against": 0.25})
    assert if_prevented(Judged("holds"), effect, at_most(1.0), 0.5).verdict == verdict


def test_what_would_decide_is_said() -> None:
    effect = pd.Series({"lowest": 0.3, "lowest_against": 0.25})
    undecided = if_prevented(Judged("fails"), effect, at_most(1.0), 0.5)
    assert undecided.holds_if.startswith("the collapse is prevented and ")
    assert undecided.fails_if.startswith("the collapse is prevented and ")
