"""Power of rules on leads: what counts as the smallest lead, and one rule on planted runs."""

import pandas as pd
import pytest
from synthetic.parity_run import ParityRun

from emergence.claims.lead_power import LeadPowerSettings, find_smallest, try_rules
from emergence.config import loading
from emergence.config.project import settings_for
from emergence.io import tables
from emergence.schemas.analysis import EVENTS, LEAD_POWER, SCORES
from emergence.schemas.trajectories import MEASURE

pytestmark = pytest.mark.long


def trials(shares: dict[int, float], common: int = 0) -> pd.DataFrame:
    """Ten trials for each lead, and ten of curves with one common time."""
    row = {"study": "s", "measure": "rankme", "rule": "any", "classes": "all", "difficulty": "all"}
    rows = [
        {**row, "kind": "own", "lead": lead, "count": round(10 * share), "trials": 10, "share": share}
        for lead, share in shares.items()
    ]
    rows.append({**row, "kind": "common", "lead": 8, "count": common, "trials": 10, "share": common / 10})
    return pd.DataFrame(rows).reindex(columns=LEAD_POWER.arrow.names)


@pytest.mark.parametrize(
    ("shares", "smallest"),
    [
        ({0: 0.0, 2: 0.5, 5: 0.8, 8: 1.0}, 5),
        ({0: 0.0, 2: 0.9, 5: 0.5, 8: 1.0}, 8),  # not from 2 on
        ({0: 1.0, 2: 1.0, 5: 1.0, 8: 1.0}, 2),  # a lead of zero is none
        ({0: 0.0, 2: 0.0, 5: 0.0, 8: 0.7}, None),
    ],
)
def test_smallest_lead(shares: dict[int, float], smallest: int | None) -> None:
    (row,) = find_smallest(trials(shares), 0.8, 0.95).to_dict("records")
    assert pd.isna(row["smallest"]) if smallest is None else row["smallest"] == smallest
    assert row["false_positives"] == 10 * shares[0]


def test_curves_that_announce_nothing_are_false_positives() -> None:
    (row,) = find_smallest(trials({0: 0.1, 8: 1.0}, common=4), 0.8, 0.95).to_dict("records")
    assert (row["false_positives"], row["trials"], row["share"]) == (5, 20, 0.25)
    assert row["low"] < 0.25 < row["high"]


@pytest.fixture(scope="module")
def tried(parity_run: ParityRun, default: loading.Config) -> pd.DataFrame:
    settings = settings_for(default, "lead_power", study="parity")["settings"]
    assert isinstance(settings, LeadPowerSettings)
    few = settings.power.model_copy(update={"leads": [0, 20], "trials": 3})
    verdicts = settings.verdicts.model_copy(update={"minimum_runs": 3})
    signals = {"rankme": settings.signals["rankme"]}
    chosen = settings.model_copy(update={"power": few, "signals": signals, "runs": 3, "verdicts": verdicts})
    scored, events = (tables.read(schema, parity_run.path(schema.name)) for schema in (SCORES, EVENTS))
    return try_rules(scored, events, tables.read(MEASURE, parity_run.path("rankme")), chosen)


def test_leads_that_are_planted_are_seen_and_no_others(tried: pd.DataFrame) -> None:
    """Skills of the planted run rise in a few checkpoints, so that 20 are well ahead of the score."""
    seen = tried.set_index(["rule", "kind", "lead"])["share"]
    assert seen["lead differences", "own", 20] == 1
    assert seen["lead differences", "own", 0] == 0
    assert seen["lead differences", "common", 20] == seen["lead differences", "another's", 20] == 0
    assert seen["rate alone", "common", 20] == 1, "the rate alone is taken in"
