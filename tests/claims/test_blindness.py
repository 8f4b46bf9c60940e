"""A rule on leads that sees no planted lead decides nothing, unless it saw a real one."""

from collections.abc import Callable

import pandas as pd
import pytest
from synthetic.claims_tables import lead_differences
from synthetic.random_tables import random_table

from emergence.claims.followers import FOLLOWER
from emergence.claims.rates import DIFFERENCES, RATE
from emergence.schemas.analysis import SMALLEST_LEADS

pytestmark = pytest.mark.long

Judge = Callable[..., pd.DataFrame]

BLIND = "not testable at this tier"
FAMILY = {"classes": "family", "difficulty": "easy"}
OVER_ALL = {"classes": "all", "difficulty": "all"}


def smallest(measure: str, lead: int | None, rule: str = DIFFERENCES, cell: dict[str, str] = OVER_ALL) -> pd.DataFrame:
    """The smallest planted lead that a rule sees of a measure; another rule sees every lead."""
    rows = [
        random_table(SMALLEST_LEADS, measure=measure, rule=name, **cell).assign(smallest=pd.array([least], "Int64"))
        for name, least in ((rule, lead), (RATE, 1))
    ]
    return pd.concat(rows, ignore_index=True)


@pytest.mark.parametrize(
    ("claim", "planted"),
    [
        ("A7", smallest("rankme", None, cell=FAMILY)),
        ("A7", smallest("rankme", None)),  # easy tasks are all there are
        ("A8", smallest("llc", None)),
        ("A9", smallest("llc", None, FOLLOWER)),
    ],
)
def test_a_verdict_of_no_lead_needs_a_rule_that_sees_leads(judge: Judge, claim: str, planted: pd.DataFrame) -> None:
    blind = judge(smallest_leads=planted)
    assert judge().loc[claim, "verdict"] == "holds"
    assert judge(smallest_leads=planted.assign(smallest=8)).loc[claim, "verdict"] == "holds"
    assert blind.loc[claim, "verdict"] == BLIND
    assert "smallest_leads" in blind.loc[claim, "tables"]
    others = blind.index.drop({"A7", "A8", "A9"})
    assert blind.loc[others, "verdict"].equals(judge().loc[others, "verdict"])


@pytest.mark.parametrize(("claim", "measure"), [("A11", "linear_probe"), ("A6", "rankme")])
def test_a_lead_that_was_seen_stands(judge: Judge, claim: str, measure: str) -> None:
    """Also where few planted ones are seen; where none was, none could have been."""
    planted = smallest(measure, None)
    assert judge(smallest_leads=planted).loc[claim, "verdict"] == "holds"
    none = lead_differences(leading=())
    assert judge(lead_differences=none).loc[claim, "verdict"] == "fails"
    assert judge(lead_differences=none, smallest_leads=planted).loc[claim, "verdict"] == BLIND


def test_the_smallest_lead_that_is_seen_stands_beside(judge: Judge) -> None:
    seen = judge(smallest_leads=smallest("rankme", 8, cell=FAMILY)).loc["A7", "control"]
    assert "smallest planted lead that the rule sees: 8 checkpoints" in seen
    assert "planted" not in judge(smallest_leads=smallest("fisher", 8)).loc["A7", "control"]
