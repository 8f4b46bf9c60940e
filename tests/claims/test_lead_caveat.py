"""Claims on leads say which planted leads their rule sees, and that it is blind where it sees none."""

import pandas as pd
import pytest
from synthetic.random_tables import random_table

from emergence.claims.lead_caveat import joined, lead_caveat
from emergence.claims.lead_power import DIFFERENCES, RATE
from emergence.schemas.analysis import SMALLEST_LEADS


def smallest(**leads: int | None) -> pd.DataFrame:
    """Of the rule that claims use; another rule sees every lead."""
    cell = {"classes": "family", "difficulty": "hard"}
    every = [
        random_table(SMALLEST_LEADS, measure=name, rule=rule, smallest=lead if rule == DIFFERENCES else 1, **cell)
        for name, lead in leads.items()
        for rule in (DIFFERENCES, RATE)
    ]
    return pd.concat([rows.astype({"smallest": "Int64"}) for rows in every], ignore_index=True)


@pytest.mark.parametrize(
    ("leads", "told"),
    [
        ({"rankme": 8}, "smallest planted lead that the rule sees, in checkpoints: rankme 8"),
        ({"rankme": None}, "read with care: smallest planted lead that the rule sees, in checkpoints: "
         "rankme none that was tried"),
        ({"fisher": 3}, ""),
    ],
)  # fmt: skip
def test_the_smallest_lead_of_the_rule_is_said(leads: dict[str, int | None], told: str) -> None:
    assert lead_caveat("rankme", difficulty="hard")({"smallest_leads": smallest(**leads)}) == told


def test_other_cells_and_runs_without_planted_leads_say_nothing() -> None:
    assert lead_caveat("rankme", difficulty="easy")({"smallest_leads": smallest(rankme=8)}) == ""
    assert lead_caveat("rankme")({}) == ""


def test_several_caveats_stand_behind_each_other() -> None:
    assert joined(lambda _: "one", lambda _: "", lambda _: "two")({}) == "one; two"
